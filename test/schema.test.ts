import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

test("schema.graphql is shown to anyone as the subgraph SDL, also without introspection", async () => {
  const sdl = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");
  const { url } = await startService({ PLAYGROUND: "false" });

  expect((await send(url, { query: "{ _service { sdl } }" }, {})).body).toEqual({ data: { _service: { sdl } } });
  expect(sdl).toMatch(/type DataExtractionAction @key\(fields: "id"\)/);
  expect(sdl).toMatch(/type PageInfo @shareable/);
});

test("every type, field, argument, and enum value has a description", async () => {
  const { url } = await startService({});

  const { body } = await send(url, { query: getIntrospectionQuery() }, {});

  const { types } = (body.data as IntrospectionQuery).__schema;
  const isOurs = ({ name }: { readonly name: string }) => !/^_|__/.test(name);
  const described = types.filter(isOurs).flatMap((type) => {
    const fields = type.kind === "OBJECT" ? type.fields.filter(isOurs) : [];
    return [
      type,
      ...fields,
      ...fields.flatMap(({ args }) => args),
      ...(type.kind === "INPUT_OBJECT" ? type.inputFields : []),
      ...(type.kind === "ENUM" ? type.enumValues : []),
    ];
  });
  expect(described.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Mutation", "createDataExtractionAction", "input", "syncField", "YES_NO"]),
  );
  expect(described.filter(({ description }) => !description?.trim())).toEqual([]);
});
