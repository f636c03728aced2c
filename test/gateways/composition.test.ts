import { expect, test } from "@jest/globals";
import { buildASTSchema, isObjectType, parse } from "graphql";
import { startService } from "../helpers/service.ts";
import { siblingSdl } from "../helpers/sibling-subgraph.ts";
import { composers, readSubgraph, type Subgraph } from "./composition.ts";

const sibling: Subgraph = { name: "calls", url: "http://calls", sdl: siblingSdl };

test.each(Object.entries(composers))(
  "%s composes the running service, alone and with a sibling that extends DataExtractionAction",
  async (_name, compose) => {
    const ours = await readSubgraph("contactswing", (await startService({ PLAYGROUND: "false" })).url);

    const alone = compose([ours]);
    const { supergraphSdl = "", problems } = compose([ours, sibling]);

    expect([alone.problems, problems]).toEqual([[], []]);
    const read = (sdl: string) => buildASTSchema(parse(sdl), { assumeValidSDL: true });
    const action = read(supergraphSdl).getType("DataExtractionAction");
    expect(isObjectType(action) && Object.keys(action.getFields())).toEqual(
      expect.arrayContaining(["callCount", "isActive", "name"]),
    );
    expect(action?.description).toBe(read(ours.sdl).getType("DataExtractionAction")?.description);
    expect(supergraphSdl.match(/^type PageInfo\b[^{]*/m)?.[0].match(/@join__type\(graph: \w+/g)).toHaveLength(2);
  },
);
