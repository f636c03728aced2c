import { describe, expect, test } from "@jest/globals";
import { buildASTSchema, isObjectType, parse } from "graphql";
import { startService } from "../helpers/service.ts";
import { siblingSdl } from "../helpers/sibling-subgraph.ts";
import { composers, readSubgraph, type Subgraph } from "./composition.ts";

const readOurs = async () => readSubgraph("contactswing", (await startService({ PLAYGROUND: "false" })).url);
const sibling: Subgraph = { name: "calls", url: "http://calls", sdl: siblingSdl };

describe.each(Object.entries(composers))("%s", (_name, compose) => {
  test("composes the running service, alone and with a sibling that extends DataExtractionAction", async () => {
    const ours = await readOurs();

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
  });

  test("rejects a sibling that resolves a field of ours", async () => {
    const rival = { ...sibling, sdl: siblingSdl.replace("callCount: Int!", "callCount: Int!\n  isActive: Boolean") };

    const { problems } = compose([await readOurs(), rival]);

    expect(problems.join("\n")).toMatch(/isActive.+(shareable|non-shareable)/s);
  });
});
