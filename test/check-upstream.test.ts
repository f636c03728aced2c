import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import tls from "node:tls";
import { describe, expect, test } from "@jest/globals";
import { demoToken } from "../src/auth/demo-token.ts";
import { type Report, runChecks } from "../src/check-upstream/run-checks.ts";
import { operations } from "../src/operations/index.ts";
import { createCertificate } from "./helpers/certificate.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { type Differences, startDifferingContactSwing } from "./helpers/differing-contactswing.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { describeWith } from "./helpers/redis.ts";
import { createTestFolder } from "./helpers/test-folder.ts";
import type { ReceivedRequest } from "./helpers/upstream.ts";
import { createCampaign } from "./other-writes/create-campaign.ts";

const command = new URL("../dist/check-upstream.cjs", import.meta.url).pathname;

const check = (baseUrl: string) =>
  runChecks({ baseUrl, connectTimeoutMs: 1000, responseTimeoutMs: 5000, minIdleMs: 1, token: demoToken });

/** The checks that ended with a status, with what they observed: `name: observed`. */
const linesOf = ({ results }: Report, status: Report["results"][number]["status"]) =>
  results.filter((result) => result.status === status).map(({ name, observed }) => `${name}: ${observed}`);

/** @param found what is reported as different; a text that ends in … is the beginning of it. */
async function expectFound(differences: Differences, found: readonly string[]): Promise<void> {
  const report = await check((await startDifferingContactSwing(differences)).url);

  const expected = found.map((text) =>
    text.endsWith("…") ? expect.stringMatching(`^${RegExp.escape(text.slice(0, -1))}`) : text,
  );
  expect(linesOf(report, "different")).toEqual(expected);
  expect(report.exitCode).toBe(found.length > 0 ? 1 : 0);
}

test("everything is checked that can be, by nothing but GET requests", async () => {
  const { url, received } = await startDifferingContactSwing();

  const report = await check(url);

  expect(linesOf(report, "different")).toEqual([]);
  expect(linesOf(report, "not-checked")).toEqual(["reachability.tls: the URL is http:"]);
  const requestId = "headers.x-request-id: the header is not in the response (status 404)";
  expect(linesOf(report, "as-expected")).toContain(requestId);
  expect(new Set(received.map(({ method }) => method))).toEqual(new Set(["GET"]));
});

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const anotherAction = { type: "object", properties: { type: { const: "WEBHOOK" }, webhook: { type: "string" } } };
const company = { in: "header", name: "X-Company", required: true, schema: {} };

// A part of the OpenAPI document (a schema unless stated otherwise), what is there instead, and what is found.
test.each<[path: string, value: unknown, ...found: string[]]>([
  ["CreateAction", { oneOf: [anotherAction, ref("Create")], discriminator: { propertyName: "type" } }],
  ["Create.properties.is_active", { type: "boolean", default: true }],
  ["Create.properties.name.maxLength", 255],
  ["Create.properties.name.maxLength", 100, "create.limits: name: at most 100 characters, stricter than 255 here"],
  ["Create.properties.name.maxLength", 300, "create.limits: name: at most 300 characters, looser than 255 here"],
  ["Create.properties.name.minLength", 1],
  ["Create.properties.name.minLength", 3, "create.limits: name: at least 3 characters, stricter than 1 here"],
  ["Create.properties.name.pattern", "^a", "create.limits: name: must match ^a, which is not checked here"],
  ["Create.properties.name.enum", ["A"], 'create.enums: name: only "A", but any text in the graph'],
  ["Create.properties.name.type", "integer", "create.types: name: integer instead of string"],
  ["Create.properties.type.const", "OTHER", 'create.enums: type: the graph lacks "OTHER"; type: …'],
  ["Create.properties.action_timing.enum", [], 'create.enums: action_timing: "DURING" not accepted'],
  ["Create.properties.webhook", { title: "Webhook", allOf: [ref("Webhook")] }],
  ["Create.properties.webhook", { type: "array" }, "create.types: webhook: array instead of object"],
  ["Create.required", ["description"], "create.required: description: required, but optional in the graph"],
  ["Create.required", ["company_id"], "create.required: company_id: required, but never sent"],
  ["Webhook.required", ["mandatory"], "create.required: webhook.mandatory: required, but optional in the graph"],
  ["Webhook.properties.sync_field", undefined, "create.fields: webhook.sync_field: not known"],
  ["Webhook.properties.sync_data", { type: ["boolean", "null"] }],
  [
    "Webhook.properties.sync_data",
    { type: "string" },
    "create.types: webhook.sync_data: string instead of boolean",
    "read.response: not readable: …",
    "list.response: not readable: …",
  ],
  ["CreateAction", { properties: {}, additionalProperties: false }, "create.fields: name: rejected; …"],
  ["Created.properties.data.properties", { id: {} }, "create.response: not readable: …"],
  ["OneAction.properties.data", ref("Created"), "read.response: not readable: …"],
  ["ActionList.properties.data", { type: "array", items: {} }, "list.response: not readable: …"],
  ["openapi", "3.0.2"],
  // Nothing can be checked without a document, a schema of the response, or one of the request.
  ["openapi", undefined],
  ["paths./v2/_actions.post.responses", {}],
  ["paths./v2/_actions.post.requestBody", {}],
  ["paths./v2/_actions/{id}", { post: {} }, "read.path: not documented, but /v2/_actions/{id}"],
  ["paths./v2/_actions.post.security", [{ Key: [] }, { HTTPBearer: [] }]],
  ["paths./v2/_actions/{id}.get.security", [{ Key: [] }], "read.parameters: credentials in header X-API-Key, but …"],
  ["paths./v2/_actions/{id}.parameters", [company], "read.parameters: header X-Company: required, but never sent"],
  [
    "paths./v2/_actions.get.parameters",
    [
      { in: "query", name: "per_page", schema: { maximum: 50 } },
      { ...company, in: "query" },
    ],
    "list.parameters: query X-Company: required, but never sent; query page: not known; " +
      "query per_page: at most 50, but 100 is sent",
  ],
])("the OpenAPI document differs in %s: %j", async (path, value, ...found) => {
  const operations: Record<string, string> = {
    create: "createDataExtractionAction",
    read: "dataExtractionAction",
    list: "dataExtractionActions",
  };
  await expectFound(
    { openApi: { [path.replace(/^[A-Z]/, "components.schemas.$&")]: value } },
    found.map((line) => line.replace(/^\w+/, (name) => `openapi.${operations[name]}`)),
  );
});

/** Replaces a part of the JSON of all successful responses to a path. */
const replace = (path: RegExp, part: string | RegExp, by: string): Differences => ({
  change: (response, request) =>
    response.status === 200 && path.test(request.path)
      ? { ...response, body: JSON.parse(JSON.stringify(response.body).replaceAll(part, by)) }
      : undefined,
});
const list = /_actions\?/;
const action = /_actions\//;

test.each<[path: RegExp, part: string | RegExp, by: string, found: string]>([
  [list, '"pagination"', '"pages"', "list.envelope: 200 …"],
  [/page=1&/, '"current_page":1', '"current_page":0', "list.envelope: 200 …"],
  [/page=2&/, '"current_page":2', '"current_page":3', "list.page: 200 …"],
  [/per_page=1$/, /"id":"[^"]+"/g, '"id":"same"', "list.page: page 2 has the rows of page 1"],
  [list, '"total_records":13', '"total_records":20', "list.per_page: per_page=100 returns 13 of 20 rows"],
  [list, '"is_active"', '"active"', "list.row-details: is_active in 0 of 4; …"],
  [list, '"ctx_id"', '"context"', "responses.ctx_id: no usable ctx_id"],
  [list, /"ctx_id":"[^"]+"/g, '"ctx_id":"same"', "responses.ctx_id: the same ctx_id in two responses"],
  [action, '"data"', '"action"', "read.by-id: 200 …"],
  [action, /"id":"[^"]+"/g, '"id":"another"', "read.by-id: another ID: 200 …"],
  [action, '"My ', '"Your ', "read.by-id: another name than in the list"],
])("a response to %s with %s replaced by %s differs", async (path, part, by, found) => {
  await expectFound(replace(path, part, by), [found]);
});

type IsMeant = (request: ReceivedRequest) => boolean;
const respond = (isMeant: IsMeant, status: number, body: unknown): Differences => ({
  change: (_response, request) => (isMeant(request) ? { status, body } : undefined),
});
const requests = {
  "the token": ({ headers }) => headers.authorization === `Bearer ${demoToken}`,
  "a made-up token": ({ headers }) => /^Bearer (?!contactswing)/.test(headers.authorization ?? ""),
  "per_page=100": ({ path }) => path.endsWith("per_page=100"),
  "an unknown ID": ({ path }) => /_actions\/(?!sandbox)/.test(path),
  "an ID that is no UUID": ({ path }) => path.endsWith("/check-upstream-none"),
} satisfies Record<string, IsMeant>;
const emptyPage = { data: { data: [], pagination: { current_page: 1, per_page: 10, has_next: false } } };
const tooLarge = { detail: [{ type: "less_than_equal", loc: ["query", "per_page"], msg: "at most 50" }] };

test.each<[request: keyof typeof requests, status: number, body: unknown, ...found: string[]]>([
  ["the token", 401, { detail: "no" }, 'token.given: 401 {"detail":"no"}'],
  ["a made-up token", 403, {}, "token.made-up: 403 {}: FORBIDDEN"],
  ["a made-up token", 200, emptyPage, "token.made-up: 200 …"],
  ["per_page=100", 422, tooLarge, "list.per_page: per_page=100: 422 …"],
  ["an unknown ID", 200, { ctx_id: "c", data: null }, "read.unknown-uuid: 200 …", "read.unknown-text: 200 …"],
  ["an ID that is no UUID", 500, "oops", "read.unknown-text: 500 oops"],
])("the response to a request with %s differs if it is %i %j", async (request, status, body, ...found) => {
  await expectFound(respond(requests[request], status, body), found);
});

test("connections that are not kept alive differ", async () => {
  const change: Differences["change"] = (response) => ({ ...response, headers: { connection: "close" } });

  await expectFound({ change }, ["reachability.keep-alive: Connection: close"]);
});

test.each<[what: string, differences: Differences, ...notChecked: string[]]>([
  [
    "no schema of webhook",
    { openApi: { "components.schemas.Create.properties.webhook": { type: "object" } } },
    ...["fields", "required", "types", "enums", "limits"].map(
      (aspect) => `openapi.createDataExtractionAction.${aspect}: nothing is said about the fields of webhook`,
    ),
  ],
  [
    "only one action",
    replace(list, /"total_records":\d+/g, '"total_records":1'),
    "list.page: 1 actions: the list needs two",
    "list.per_page: 1 actions: the list needs two",
  ],
])("with %s, what needs it is reported as not checked", async (_what, differences, ...notChecked) => {
  const report = await check((await startDifferingContactSwing(differences)).url);

  expect(linesOf(report, "different")).toEqual([]);
  expect(linesOf(report, "not-checked")).toEqual(["reachability.tls: the URL is http:", ...notChecked]);
});

test("every operation of the registry is compared with the OpenAPI document", async () => {
  const { url } = await startDifferingContactSwing();
  const settings = { connectTimeoutMs: 1000, responseTimeoutMs: 5000, minIdleMs: 1, token: demoToken };

  const report = await runChecks({ baseUrl: url, ...settings, operations: [...operations, createCampaign] });

  expect(linesOf(report, "different")).toEqual(["openapi.createCampaign.path: not documented"]);
  const aspects = ["fields", "required", "types", "enums", "limits", "parameters", "response"];
  expect(linesOf(report, "not-checked")).toEqual(
    expect.arrayContaining(
      aspects.map((aspect) => `openapi.createCampaign.${aspect}: the document has no such operation`),
    ),
  );
});

test.each([
  ["refuses connections", async () => `http://127.0.0.1:${await findFreePort()}`, /^reachability.tcp: ECONNREFUSED$/m],
  ["has no address", async () => "http://contactswing.invalid", /^reachability.dns: (ENOTFOUND|EAI_AGAIN)$/m],
  [
    "is down for the moment",
    async () => (await startDifferingContactSwing(respond(() => true, 503, "no instance"))).url,
    /^openapi.document: no document: 503 no instance$/m,
  ],
])("an upstream that %s does not differ: nothing can be checked", async (_what, findUrl, reason) => {
  const report = await check(await findUrl());

  expect(report.exitCode).toBe(2);
  expect(linesOf(report, "different")).toEqual([]);
  expect(linesOf(report, "not-checked").join("\n")).toMatch(reason);
});

describeWith(["openssl"], "behind TLS", () => {
  test("a certificate that is not trusted, or expires soon, is found", async () => {
    const { key, cert } = createCertificate(5);
    const server = tls.createServer({ key, cert }, (socket) => socket.end());
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestEnd(async () => server.close());
    const url = `https://localhost:${(server.address() as { port: number }).port}`;
    const trusted = tls.getCACertificates();
    onTestEnd(async () => tls.setDefaultCACertificates(trusted));

    const untrustedReport = await check(url);
    tls.setDefaultCACertificates([...trusted, cert]);
    const trustedReport = await check(url);

    const remaining = "TLSv1\\.3, [45] days left$";
    expect([untrustedReport, trustedReport].flatMap((report) => linesOf(report, "different"))).toEqual([
      expect.stringMatching(`^reachability.tls: DEPTH_ZERO_SELF_SIGNED_CERT; ${remaining}`),
      expect.stringMatching(`^reachability.tls: ${remaining}`),
    ]);
  });
});

describe("the command", () => {
  /** Ends the check of the idle connection early. */
  const closeWhenIdle: Differences["change"] = (_response, { headers }, socket) => {
    if (headers.connection === "keep-alive" && headers.authorization === undefined) setTimeout(() => socket.end(), 50);
    return undefined;
  };

  async function run(environment: Record<string, string>, input = "", ...options: string[]) {
    const child = spawn(process.execPath, [command, ...options], { env: environment });
    child.stdin.on("error", () => undefined).end(input);
    const texts = [readText(child.stdout), readText(child.stderr)];
    const [exitCode] = await once(child, "exit");
    const [output = "", errors = ""] = await Promise.all(texts);
    return { output, errors, exitCode };
  }

  test("prints one line per check with the token from a file, and exits with 0", async () => {
    const { url } = await startDifferingContactSwing();
    const file = join(createTestFolder(), "token");
    writeFileSync(file, `${demoToken}\n`);

    const { output, errors, exitCode } = await run({ CONTACTSWING_URL: url, CHECK_TOKEN_FILE: file });

    expect({ errors, exitCode }).toEqual({ errors: "", exitCode: 0 });
    const [first, ...lines] = output.trimEnd().split("\n");
    expect(first).toBe(url);
    expect(lines.pop()).toMatch(/^\d+ as expected, 0 different, 1 not checked$/);
    for (const line of lines) expect(line).toMatch(/^(?:ok|not checked) {2,}[\w.-]+: expected: .+; observed: /);
  });

  test("prints JSON with the token from standard input, and exits with 1 if something differs", async () => {
    const { url } = await startDifferingContactSwing({
      change: (response, request, socket) =>
        list.test(request.path)
          ? { status: 418, body: { detail: `no ${request.headers.authorization}` } }
          : closeWhenIdle?.(response, request, socket),
    });

    const { output, exitCode } = await run({ CONTACTSWING_URL: url }, `Bearer ${demoToken}`, "--json");

    expect(exitCode).toBe(1);
    const report: Report = JSON.parse(output);
    expect(linesOf(report, "different")).toEqual([
      expect.stringMatching(/^reachability\.keep-alive: closed after \d\.\d s$/),
      expect.stringMatching(/^token\.made-up: 418 /),
      expect.stringMatching(/^list\.envelope: 418 /),
    ]);
    for (const result of report.results) expect("meaning" in result).toBe(result.status === "different");
    expect(output).not.toContain(demoToken);
  });

  test("checks without a token what needs none", async () => {
    const { url } = await startDifferingContactSwing({ change: closeWhenIdle });

    const { output } = await run({ CONTACTSWING_URL: url }, "", "--json", "--without-token");

    const report: Report = JSON.parse(output);
    expect(linesOf(report, "different")).toEqual([expect.stringMatching(/^reachability\.keep-alive: /)]);
    for (const line of linesOf(report, "not-checked")) {
      expect(line).toMatch(/^(?:reachability\.tls|token\.given|list|read|responses)/);
    }
  });

  test.each<[environment: Record<string, string>, input: string, ...options: string[]]>([
    [{}, ""],
    [{}, "canary-token canary-token"],
    [{ CHECK_TOKEN_FILE: "/nowhere/token" }, ""],
    [{}, demoToken, "canary-token"],
    [{}, demoToken, "--token=canary-token"],
    [{ CONTACTSWING_URL: "ftp://canary-token" }, demoToken],
  ])(
    "exits with 2 and one message that repeats nothing if it cannot run with %j and the token %j",
    async (...given) => {
      const { output, errors, exitCode } = await run(...given);

      expect({ output, exitCode }).toEqual({ output: "", exitCode: 2 });
      expect(errors).toMatch(/^[A-Z]/);
      expect(errors).not.toMatch(/canary|\n\s+at /);
    },
  );
});
