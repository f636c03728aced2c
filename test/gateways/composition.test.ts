import { describe, expect, test } from "@jest/globals";
import { buildASTSchema, isObjectType, parse } from "graphql";
import { startService } from "../helpers/service.ts";
import { startSiblingSubgraph } from "../helpers/sibling-subgraph.ts";
import { startUpstream } from "../helpers/upstream.ts";
import { composers, readSubgraph, type Subgraph } from "./composition.ts";

async function readOurs(): Promise<Subgraph> {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, PLAYGROUND: "false" });
  return readSubgraph("contactswing", url);
}

async function readSibling(): Promise<Subgraph> {
  const { url } = await startSiblingSubgraph();
  return readSubgraph("calls", url);
}

describe.each(Object.entries(composers))("%s", (_name, compose) => {
  test("composes the running service by itself, without an error or a hint", async () => {
    const { supergraphSdl, problems } = compose([await readOurs()]);

    expect(problems).toEqual([]);
    expect(supergraphSdl).toContain("createDataExtractionAction");
  });

  test("composes it with a sibling that extends DataExtractionAction by its key and shares PageInfo", async () => {
    const ours = await readOurs();

    const { supergraphSdl, problems } = compose([ours, await readSibling()]);

    expect(problems).toEqual([]);
    const read = (sdl = "") => buildASTSchema(parse(sdl), { assumeValidSDL: true });
    const supergraph = read(supergraphSdl);
    const action = supergraph.getType("DataExtractionAction");
    expect(isObjectType(action) && Object.keys(action.getFields()).sort()).toEqual([
      "callCount",
      "description",
      "id",
      "isActive",
      "name",
      "type",
      "webhook",
    ]);
    expect(Object.keys(supergraph.getQueryType()?.getFields() ?? {}).sort()).toEqual([
      "calls",
      "dataExtractionAction",
      "dataExtractionActions",
      "recentCalls",
    ]);
    expect(supergraphSdl?.match(/^type PageInfo\b[^{]*/m)?.[0].match(/@join__type\(graph: \w+/g)).toHaveLength(2);
    expect(action?.description).toBe(read(ours.sdl).getType("DataExtractionAction")?.description);
  });

  test("rejects a sibling that resolves a field of ours", async () => {
    const sibling = await readSibling();
    const rival = { ...sibling, sdl: sibling.sdl.replace("callCount: Int!", "callCount: Int!\n  isActive: Boolean") };
    expect(rival.sdl).not.toBe(sibling.sdl);

    const { problems } = compose([await readOurs(), rival]);

    expect(problems.join("\n")).toMatch(/isActive.+(shareable|non-shareable)/s);
  });
});
