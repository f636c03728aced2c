import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { describe, expect, test } from "@jest/globals";
import { type Report, runChecks } from "../src/check-upstream/run-checks.ts";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import {
  type Change,
  createOpenApi,
  type Differences,
  startDifferingContactSwing,
} from "./helpers/differing-contactswing.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { describeWith } from "./helpers/redis.ts";
import { certificate, privateKey } from "./helpers/self-signed-certificate.ts";
import type { ReceivedRequest } from "./helpers/upstream.ts";

const command = new URL("../dist/check-upstream.cjs", import.meta.url).pathname;

function check(baseUrl: string, { token = demoToken, minIdleMs = 1 }: { token?: string; minIdleMs?: number } = {}) {
  return runChecks({ baseUrl, connectTimeoutMs: 1000, responseTimeoutMs: 5000, minIdleMs, token });
}

async function checkDiffering(differences: Differences): Promise<Report> {
  return check((await startDifferingContactSwing(differences)).url);
}

/** What differs: check name → what was observed. */
const differencesOf = ({ results }: Report) =>
  Object.fromEntries(
    results.filter(({ status }) => status === "different").map(({ name, observed }) => [name, observed]),
  );
const observedOf = ({ results }: Report, name: string) => results.find((result) => result.name === name)?.observed;
const uncheckedOf = ({ results }: Report) =>
  results.filter(({ status }) => status === "not-checked").map(({ name }) => name);

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-check-"));
  onTestEnd(async () => rmSync(folder, { recursive: true }));
  return folder;
}

test("an upstream that is as assumed does not differ, and everything is checked that can be", async () => {
  const { url, received } = await startDifferingContactSwing({ document: createOpenApi() });

  const report = await check(url);

  expect(differencesOf(report)).toEqual({});
  expect(uncheckedOf(report)).toEqual(["reachability.tls"]);
  expect(observedOf(report, "headers.x-request-id")).toBe("the header is not in the response (status 404)");
  expect(report.exitCode).toBe(0);
  expect(new Set(received.map(({ method }) => method))).toEqual(new Set(["GET"]));
});

describe("the OpenAPI document", () => {
  const string = { type: "string" };
  const notReadable = expect.stringMatching(/^not readable: /) as unknown as string;
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

  test.each<[what: string, changes: Record<string, unknown>, differences: Record<string, string>]>([
    [
      "a union of kinds of actions",
      {
        "schemas.DataAction": { type: "object", properties: { type: { const: "WEBHOOK" }, webhook: string } },
        "create.requestBody.content.application/json.schema": {
          oneOf: [ref("DataAction"), ref("CreateAction")],
          discriminator: { propertyName: "type" },
        },
      },
      {},
    ],
    [
      "OpenAPI 3.0, with limits equal to ours and another optional field",
      {
        openapi: "3.0.2",
        "schemas.CreateAction.properties.is_active": { type: "boolean", default: true },
        "schemas.CreateAction.properties.name": { type: "string", minLength: 1, maxLength: 255 },
        "schemas.CreateAction.properties.webhook": { title: "Webhook", allOf: [ref("Webhook")] },
        "schemas.Webhook.properties.mandatory": { type: "boolean", nullable: true },
        "schemas.Webhook.properties.sync_module": { type: ["string", "null"] },
      },
      {},
    ],
    [
      "other fields",
      {
        "schemas.CreateAction.additionalProperties": false,
        "schemas.CreateAction.properties.action_timing": { type: "string", enum: ["BEFORE", "AFTER"] },
        "schemas.CreateAction.properties.description": undefined,
        "schemas.CreateAction.properties.name": { type: "string", minLength: 3, maxLength: 100 },
        "schemas.CreateAction.required": ["name", "description", "company_id"],
        "schemas.Webhook.properties.description": { type: "string", maxLength: 20_000, pattern: "^[a-z]+$" },
        "schemas.Webhook.properties.name": { anyOf: [{ type: "integer" }, { type: "null" }] },
        "schemas.Webhook.properties.sync_data": string,
        "schemas.Webhook.properties.sync_field": undefined,
        "schemas.Webhook.properties.sync_module": { type: "string", enum: ["customers"] },
        "schemas.Webhook.properties.type": { type: "string", enum: ["yes/no", "number"] },
        "schemas.Webhook.required": ["mandatory"],
      },
      {
        "createDataExtractionAction.fields": "description: rejected; webhook.sync_field: not known",
        "createDataExtractionAction.required":
          "description: required, but optional in the graph; company_id: required, but never sent; " +
          "webhook.mandatory: required, but optional in the graph",
        "createDataExtractionAction.types":
          "webhook.name: integer instead of string; webhook.sync_data: string instead of boolean",
        "createDataExtractionAction.enums":
          'action_timing: the graph lacks "BEFORE", "AFTER"; action_timing: "DURING" not accepted; ' +
          'webhook.type: the graph lacks "number"; webhook.sync_module: only "customers", but any text in the graph',
        "createDataExtractionAction.limits":
          "name: at most 100 characters, stricter than 255 here; name: at least 3 characters, stricter than 1 here; " +
          "webhook.description: at most 20000 characters, looser than 10000 here; " +
          "webhook.description: must match ^[a-z]+$, which is not checked here",
        // Read with the same schema.
        "dataExtractionAction.response": notReadable,
        "dataExtractionActions.response": notReadable,
      },
    ],
    [
      "a list instead of an object",
      { "schemas.CreateAction.properties.webhook": { type: "array", items: ref("Webhook") } },
      { "createDataExtractionAction.types": "webhook: array instead of object" },
    ],
    [
      "another path and another method",
      {
        "paths./v2/actions": { get: {}, post: {} },
        "paths./v2/_actions": undefined,
        "paths./v2/_actions/{id}": { post: {} },
      },
      {
        "createDataExtractionAction.path": "not documented, but /v2/actions",
        "dataExtractionAction.path": "not documented, but /v2/_actions/{id}",
        "dataExtractionActions.path": "not documented, but /v2/actions",
      },
    ],
    [
      "other parameters, credentials, and responses",
      {
        "components.securitySchemes.Key": { type: "apiKey", in: "header", name: "X-API-Key" },
        "create.security": [{ Key: [] }, { HTTPBearer: [] }],
        "list.parameters": [
          { name: "per_page", in: "query", schema: { type: "integer", maximum: 50 } },
          { name: "company_id", in: "query", required: true, schema: {} },
        ],
        "paths./v2/_actions/{id}.parameters": [{ name: "X-Company", in: "header", required: true, schema: {} }],
        "read.security": [{ Key: [] }],
        "schemas.Created.properties.data.properties": { id: string },
        "schemas.ActionList.properties.data": { type: "array", items: string },
        "schemas.OneAction.properties.data": ref("Created"),
      },
      {
        "createDataExtractionAction.response": notReadable,
        "dataExtractionAction.parameters":
          "header X-Company: required, but never sent; credentials in header X-API-Key, but the token is in Authorization",
        "dataExtractionAction.response": notReadable,
        "dataExtractionActions.parameters":
          "query company_id: required, but never sent; query page: not known; query per_page: at most 50, but 100 is sent",
        "dataExtractionActions.response": notReadable,
      },
    ],
  ])("%s: the checks find exactly what differs", async (_what, changes, differences) => {
    const report = await checkDiffering({ document: createOpenApi(changes) });

    const named = Object.entries(differences).map(([name, observed]) => [`openapi.${name}`, observed]);
    expect(differencesOf(report)).toEqual(Object.fromEntries(named));
    expect(report.exitCode).toBe(named.length > 0 ? 1 : 0);
  });

  test("what it leaves open is reported as not checked", async () => {
    const document = createOpenApi({
      "schemas.CreateAction.properties.webhook": { type: "object" },
      "create.responses": { "200": { content: { "application/json": { schema: {} } } } },
    });

    const report = await checkDiffering({ document });

    expect(differencesOf(report)).toEqual({});
    const aspects = ["fields", "required", "types", "enums", "limits", "response"];
    expect(uncheckedOf(report)).toEqual([
      "reachability.tls",
      ...aspects.map((name) => `openapi.createDataExtractionAction.${name}`),
    ]);
  });

  test("one that is no OpenAPI document is reported as not checked", async () => {
    const report = await checkDiffering({ document: { swagger: "2.0", paths: {} } });

    expect(differencesOf(report)).toEqual({});
    expect(observedOf(report, "openapi.dataExtractionAction.path")).toBe("no document: not OpenAPI 3");
  });
});

describe("the responses", () => {
  const isGiven = ({ headers }: ReceivedRequest) => headers.authorization === `Bearer ${demoToken}`;
  const isMadeUp = (request: ReceivedRequest) => request.headers.authorization !== undefined && !isGiven(request);
  const to =
    (isMeant: (request: ReceivedRequest) => boolean, status: number, body: unknown): Change =>
    (_response, request) =>
      isMeant(request) ? { status, body } : undefined;
  /** Changes the body of each successful response whose path fits; a returned value replaces it. */
  const inBody =
    (pattern: RegExp, change: (body: Parameters<Change>[0]["body"]) => unknown): Change =>
    (response, { path }) =>
      response.status === 200 && pattern.test(path)
        ? { ...response, body: change(response.body) ?? response.body }
        : undefined;
  const list = /^\/v2\/_actions\?/;
  const action = /^\/v2\/_actions\//;
  const startsWith = (beginning: string) => expect.stringMatching(new RegExp(`^${beginning}`)) as unknown as string;
  const emptyPage = { data: { data: [], pagination: { current_page: 1, per_page: 10, has_next: false } } };
  const tooLarge = { detail: [{ type: "less_than_equal", loc: ["query", "per_page"], msg: "at most 50" }] };

  test.each<[what: string, change: Change, differences: Record<string, string>]>([
    ["a made-up token is forbidden", to(isMadeUp, 403, {}), { "token.made-up": startsWith("403.+: FORBIDDEN$") }],
    ["no token is checked", to(isMadeUp, 200, emptyPage), { "token.made-up": startsWith("200 ") }],
    [
      "the token is rejected",
      to(isGiven, 401, { detail: "API key expected" }),
      { "token.given": '401 {"detail":"API key expected"}' },
    ],
    [
      "the list has another envelope",
      inBody(list, ({ ctx_id, data: { data, pagination } }) => ({ ctx_id, data, pagination })),
      { "list.envelope": startsWith("200 ") },
    ],
    [
      "pages are counted from zero",
      inBody(list, ({ data }) => {
        data.pagination.current_page -= 1;
      }),
      { "list.envelope": startsWith("200 "), "list.page": startsWith("200 ") },
    ],
    [
      "page is ignored, but repeated",
      inBody(/per_page=1$/, ({ data }) => {
        data.data = [{ id: "same", name: "n", type: "WEBHOOK", is_active: true }];
      }),
      { "list.page": "page 2 has the rows of page 1" },
    ],
    [
      "per_page=100 is rejected",
      to(({ path }) => path.endsWith("per_page=100"), 422, tooLarge),
      { "list.per_page": startsWith("per_page=100: 422 ") },
    ],
    [
      "a large per_page is cut silently",
      inBody(/per_page=100$/, ({ data }) => {
        Object.assign(data.pagination, { per_page: 10, has_next: true });
        data.data.length = 10;
      }),
      { "list.per_page": "per_page=100 returns 10 of 13 rows" },
    ],
    [
      "rows lack is_active",
      inBody(list, ({ data }) => {
        for (const row of data.data) delete row.is_active;
      }),
      { "list.row-details": startsWith("is_active in 0 of 4; ") },
    ],
    [
      "an action has another shape",
      inBody(action, ({ data }) => ({ action: data })),
      { "read.by-id": startsWith("200 ") },
    ],
    [
      "another action is returned",
      inBody(action, ({ data }) => ({ data: { ...data, id: "another" } })),
      { "read.by-id": startsWith("another ID") },
    ],
    [
      "an action has another name in the list",
      inBody(action, ({ data }) => ({ data: { ...data, name: "another" } })),
      { "read.by-id": "another name than in the list" },
    ],
    [
      "an ID that is not a UUID is an error",
      to(({ path }) => path.endsWith("/check-upstream-none"), 500, "Internal Server Error"),
      { "read.unknown-text": "500 Internal Server Error" },
    ],
    [
      "an unknown ID is an empty success",
      to(({ path }) => /^\/v2\/_actions\/(?!sandbox)/.test(path), 200, { ctx_id: "c", data: null }),
      { "read.unknown-uuid": startsWith("200"), "read.unknown-text": startsWith("200") },
    ],
    ["ctx_id is missing", inBody(list, ({ data }) => ({ data })), { "responses.ctx_id": "no usable ctx_id" }],
    [
      "ctx_id is always the same",
      inBody(list, ({ data }) => ({ data, ctx_id: "same" })),
      { "responses.ctx_id": "the same ctx_id in two responses" },
    ],
    [
      "connections are not kept alive",
      (response) => ({ ...response, headers: { connection: "close" } }),
      { "reachability.keep-alive": "Connection: close" },
    ],
  ])("%s: the checks find exactly that", async (_what, change, differences) => {
    const report = await checkDiffering({ document: createOpenApi(), change });

    expect(differencesOf(report)).toEqual(differences);
    expect(report.exitCode).toBe(1);
  });

  test("an upstream that is down for the moment is not different: nothing could be checked", async () => {
    const report = await checkDiffering({ change: () => ({ status: 503, body: "no instance" }) });

    expect(differencesOf(report)).toEqual({});
    expect(report.exitCode).toBe(2);
  });

  test("two actions are needed to check pages", async () => {
    const change = inBody(list, ({ data }) => {
      data.data.length = Math.min(1, data.data.length);
      Object.assign(data.pagination, { total_records: 1, has_next: false });
    });

    const report = await checkDiffering({ document: createOpenApi(), change });

    expect(differencesOf(report)).toEqual({});
    expect(uncheckedOf(report)).toEqual(["reachability.tls", "list.page", "list.per_page"]);
  });
});

describe("reachability", () => {
  /** @returns the URL of a TLS server in front of ContactSwing. */
  async function startBehindTls(settings: { readonly cert: string; readonly key: string }): Promise<string> {
    const { port: upstreamPort } = new URL((await startDifferingContactSwing()).url);
    const server = tls.createServer(settings, (socket) => {
      const upstream = connect(Number(upstreamPort), "127.0.0.1");
      socket.on("error", () => upstream.destroy()).pipe(upstream);
      upstream.on("error", () => socket.destroy()).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestEnd(async () => server.close());
    return `https://localhost:${(server.address() as { port: number }).port}`;
  }

  test("a connection that closes sooner than ours is found", async () => {
    const { url } = await startDifferingContactSwing({ change: closeWhenIdle });

    const report = await check(url, { minIdleMs: 4000 });

    expect(differencesOf(report)).toEqual({
      "reachability.keep-alive": expect.stringMatching(/^closed after \d\.\d s$/),
    });
  });

  test("a certificate that is not trusted is found", async () => {
    const report = await check(await startBehindTls({ cert: certificate, key: privateKey }));

    expect(differencesOf(report)).toEqual({
      "reachability.tls": expect.stringMatching(/^DEPTH_ZERO_SELF_SIGNED_CERT; /),
    });
  });

  describeWith(["openssl"], "with a certificate of its own", () => {
    test("a certificate that expires soon is found", async () => {
      const folder = createFolder();
      const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
      const kind = `req -x509 -nodes -days 5 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1`;
      const subject = `-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${keyFile} -out ${certificateFile}`;
      expect(spawnSync("openssl", `${kind} ${subject}`.split(" ")).status).toBe(0);
      const cert = readFileSync(certificateFile, "utf8");
      const trusted = tls.getCACertificates();
      tls.setDefaultCACertificates([...trusted, cert]);
      onTestEnd(async () => tls.setDefaultCACertificates(trusted));

      const report = await check(await startBehindTls({ cert, key: readFileSync(keyFile, "utf8") }));

      expect(differencesOf(report)).toEqual({
        "reachability.tls": expect.stringMatching(/^TLSv1\.3, [45] days left$/),
      });
    });
  });

  test.each([
    ["ECONNREFUSED", "reachability.tcp", async () => `http://127.0.0.1:${await findFreePort()}`],
    ["ENOTFOUND", "reachability.dns", async () => "http://contactswing.invalid"],
  ])("an upstream that cannot be reached is not different: %s", async (code, name, findUrl) => {
    const report = await check(await findUrl());

    expect(report.exitCode).toBe(2);
    expect(differencesOf(report)).toEqual({});
    expect(observedOf(report, name)).toMatch(new RegExp(`^${code}$|^EAI_AGAIN$`));
  });
});

/** Ends the check of the idle connection early. */
const closeWhenIdle: Change = (_response, { headers }, socket) => {
  if (headers.connection === "keep-alive" && headers.authorization === undefined) setTimeout(() => socket.end(), 50);
  return undefined;
};

describe("the command", () => {
  async function run(environment: Record<string, string>, { input = "", options = [] as string[] } = {}) {
    const child = spawn(process.execPath, [command, ...options], { env: environment });
    child.stdin.on("error", () => undefined).end(input);
    const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { output, errors, exitCode };
  }

  test("prints one line per check with the token from a file, and exits with 0", async () => {
    const { url } = await startDifferingContactSwing();
    const file = join(createFolder(), "token");
    writeFileSync(file, `${demoToken}\n`);

    const { output, errors, exitCode } = await run({ CONTACTSWING_URL: url, CHECK_TOKEN_FILE: file });

    expect({ errors, exitCode }).toEqual({ errors: "", exitCode: 0 });
    const [first, ...lines] = output.trimEnd().split("\n");
    expect(first).toBe(url);
    expect(lines.pop()).toMatch(/^\d+ as expected, 0 different, \d+ not checked$/);
    for (const line of lines) expect(line).toMatch(/^(?:ok|not checked) {2,}[\w.-]+: expected: .+; observed: /);
  });

  test("prints JSON with the token from standard input, and exits with 1 if something differs", async () => {
    const { url } = await startDifferingContactSwing({
      change: (response, request, socket) =>
        request.path.startsWith("/v2/_actions?")
          ? { status: 418, body: { detail: `no ${request.headers.authorization}` } }
          : closeWhenIdle(response, request, socket),
    });

    const given = { input: `Bearer ${demoToken}`, options: ["--json"] };
    const { output, exitCode } = await run({ CONTACTSWING_URL: url }, given);

    expect(exitCode).toBe(1);
    const report: Report = JSON.parse(output);
    expect(Object.keys(differencesOf(report))).toEqual(["reachability.keep-alive", "token.made-up", "list.envelope"]);
    for (const result of report.results) expect("meaning" in result).toBe(result.status === "different");
    expect(output).not.toContain(demoToken);
  });

  test("checks without a token what needs none", async () => {
    const { url } = await startDifferingContactSwing({ document: createOpenApi(), change: closeWhenIdle });

    const { output } = await run({ CONTACTSWING_URL: url }, { options: ["--json", "--without-token"] });

    const report: Report = JSON.parse(output);
    expect(Object.keys(differencesOf(report))).toEqual(["reachability.keep-alive"]);
    for (const name of uncheckedOf(report))
      expect(name).toMatch(/^(?:reachability\.tls|token\.given|list|read|responses)/);
  });

  test("exits with 2 and one message that repeats nothing if it cannot run", async () => {
    const runs: [environment: Record<string, string>, given: { input?: string; options?: string[] }][] = [
      [{}, {}],
      [{}, { input: "canary-token canary-token" }],
      [{ CHECK_TOKEN_FILE: "/nowhere/token" }, {}],
      [{}, { input: demoToken, options: ["canary-token"] }],
      [{}, { input: demoToken, options: ["--token=canary-token"] }],
      [{ CONTACTSWING_URL: "ftp://canary-token" }, { input: demoToken }],
    ];

    for (const { output, errors, exitCode } of await Promise.all(runs.map((given) => run(...given)))) {
      expect({ output, exitCode }).toEqual({ output: "", exitCode: 2 });
      expect(errors).toMatch(/^[A-Z]/);
      expect(errors).not.toMatch(/canary|\n\s+at /);
    }
  });
});
