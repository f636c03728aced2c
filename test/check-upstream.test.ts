import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { describe, expect, test } from "@jest/globals";
import { runChecks } from "../src/check-upstream/run-checks.ts";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import {
  createOpenApi,
  type Differences,
  type DifferingRequest,
  type DifferingResponse,
  startDifferingContactSwing,
} from "./helpers/differing-contactswing.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { describeWith } from "./helpers/redis.ts";
import { certificate, privateKey } from "./helpers/self-signed-certificate.ts";

const root = new URL("..", import.meta.url).pathname;

const check = (baseUrl: string, token: string | undefined = demoToken) =>
  runChecks({ baseUrl, connectTimeoutMs: 1000, responseTimeoutMs: 5000, minIdleMs: 50, token });
type Report = Awaited<ReturnType<typeof check>>;

async function checkDiffering(differences: Differences) {
  const { url, received } = await startDifferingContactSwing(differences);
  return { received, report: await check(url) };
}

/** What differs: check name → what was observed. */
const differencesOf = ({ results }: Report) =>
  Object.fromEntries(
    results.filter(({ status }) => status === "different").map(({ name, observed }) => [name, observed]),
  );
const observedOf = ({ results }: Report, name: string) => results.find((result) => result.name === name)?.observed;
const uncheckedOf = ({ results }: Report) =>
  results.filter(({ status }) => status === "not-checked").map(({ name }) => name);

describe("against an upstream that is as assumed", () => {
  test("nothing differs, and everything is checked that can be", async () => {
    const { report, received } = await checkDiffering({ document: createOpenApi() });

    expect(differencesOf(report)).toEqual({});
    expect(uncheckedOf(report)).toEqual(["reachability.tls"]);
    expect(report.exitCode).toBe(0);
    expect(new Set(received.map(({ method }) => method))).toEqual(new Set(["GET"]));
  });

  test.each<[string, (document: ReturnType<typeof createOpenApi>) => void]>([
    [
      "a union of kinds of actions",
      ({ components: { schemas } }) => {
        const { CreateAction } = schemas;
        const mapping = { WEBHOOK: "#/components/schemas/WebhookAction" };
        const ofWebhook = { type: { const: "WEBHOOK" }, webhook: { type: "object", properties: { url: {} } } };
        schemas.WebhookAction = { ...CreateAction, properties: { ...CreateAction.properties, ...ofWebhook } };
        schemas.DataAction = CreateAction;
        const oneOf = ["WebhookAction", "DataAction"].map((name) => ({ $ref: `#/components/schemas/${name}` }));
        schemas.CreateAction = { oneOf, discriminator: { propertyName: "type", mapping } };
      },
    ],
    [
      "OpenAPI 3.0 with allOf and nullable",
      (document) => {
        document.openapi = "3.0.2";
        const { CreateAction, Webhook } = document.components.schemas;
        CreateAction.properties.webhook = { title: "Webhook", allOf: [{ $ref: "#/components/schemas/Webhook" }] };
        for (const schema of Object.values(Webhook.properties) as { anyOf?: [object] }[]) {
          Object.assign(schema, schema.anyOf?.[0], { nullable: true });
          delete schema.anyOf;
        }
      },
    ],
    [
      "more optional fields, limits equal to ours, and types as lists",
      ({ components: { schemas } }) => {
        schemas.CreateAction.properties.is_active = { type: "boolean", default: true };
        schemas.CreateAction.properties.name = { type: "string", minLength: 1, maxLength: 255 };
        schemas.Webhook.properties.sync_module = { type: ["string", "null"], maxLength: 255 };
      },
    ],
  ])("%s makes no difference", async (_what, change) => {
    const document = createOpenApi();
    change(document);

    expect(differencesOf((await checkDiffering({ document })).report)).toEqual({});
  });

  test("what the document leaves open is reported as not checked", async () => {
    const document = createOpenApi();
    document.components.schemas.CreateAction.properties.webhook = { type: "object" };
    document.paths["/v2/_actions"].post.responses = { "200": { content: { "application/json": { schema: {} } } } };

    const { report } = await checkDiffering({ document });

    expect(differencesOf(report)).toEqual({});
    expect(uncheckedOf(report)).toEqual([
      "reachability.tls",
      ...["fields", "required", "types", "enums", "limits", "response"].map(
        (aspect) => `openapi.createDataExtractionAction.${aspect}`,
      ),
    ]);
  });

  test.each<[string, (id: string) => Record<string, string>]>([
    ["is repeated", (id) => ({ "x-request-id": id })],
    ["is replaced", () => ({ "x-request-id": "another" })],
    ["is not in the response", () => ({})],
  ])("reports that x-request-id %s", async (fate, respond) => {
    const { report } = await checkDiffering({
      change: (response, { headers }) => ({ ...response, headers: respond(String(headers["x-request-id"])) }),
    });

    expect(observedOf(report, "headers.x-request-id")).toBe(`the header ${fate} (status 404)`);
  });
});

describe("the OpenAPI document", () => {
  const actions = "/v2/_actions";
  test.each<[string, (document: ReturnType<typeof createOpenApi>) => void, Record<string, string>]>([
    [
      "another path",
      ({ paths }) => {
        paths["/v2/actions"] = paths[actions];
        delete paths[actions];
      },
      {
        "createDataExtractionAction.path": "not documented, but /v2/actions",
        "dataExtractionActions.path": "not documented, but /v2/actions",
      },
    ],
    [
      "another method",
      ({ paths }) => {
        paths["/v2/_actions/{id}"] = { post: paths["/v2/_actions/{id}"].get };
      },
      { "dataExtractionAction.path": "not documented, but /v2/_actions/{id}" },
    ],
    [
      "an unknown field",
      ({ components: { schemas } }) => {
        delete schemas.Webhook.properties.sync_field;
      },
      { "createDataExtractionAction.fields": "webhook.sync_field: not known" },
    ],
    [
      "a rejected field",
      ({ components: { schemas } }) => {
        delete schemas.CreateAction.properties.description;
        schemas.CreateAction.additionalProperties = false;
      },
      { "createDataExtractionAction.fields": "description: rejected" },
    ],
    [
      "more required fields",
      ({ components: { schemas } }) => {
        schemas.CreateAction.required.push("description", "company_id");
        schemas.Webhook.required = ["mandatory"];
      },
      {
        "createDataExtractionAction.required":
          "description: required, but optional in the graph; company_id: required, but never sent; " +
          "webhook.mandatory: required, but optional in the graph",
      },
    ],
    [
      "other types",
      ({ components: { schemas } }) => {
        schemas.Webhook.properties.mandatory = { type: "string" };
        schemas.CreateAction.properties.name = { anyOf: [{ type: "integer" }, { type: "null" }] };
      },
      {
        "createDataExtractionAction.types":
          "name: integer instead of string; webhook.mandatory: string instead of boolean",
        // Read with the same schema.
        "dataExtractionAction.response": expect.stringMatching(/^not readable: /) as never,
        "dataExtractionActions.response": expect.stringMatching(/^not readable: /) as never,
      },
    ],
    [
      "an object instead of a list of them",
      ({ components: { schemas } }) => {
        schemas.CreateAction.properties.webhook = { type: "array", items: { $ref: "#/components/schemas/Webhook" } };
      },
      { "createDataExtractionAction.types": "webhook: array instead of object" },
    ],
    [
      "other enum values",
      ({ components: { schemas } }) => {
        schemas.Webhook.properties.type = { type: "string", enum: ["yes/no", "number"] };
        schemas.Webhook.properties.sync_module = { type: "string", enum: ["customers"] };
        schemas.CreateAction.properties.action_timing = { type: "string", enum: ["BEFORE", "AFTER"] };
      },
      {
        "createDataExtractionAction.enums":
          'action_timing: the graph lacks "BEFORE", "AFTER"; action_timing: "DURING" not accepted; ' +
          'webhook.type: the graph lacks "number"; webhook.sync_module: only "customers", but any text in the graph',
      },
    ],
    [
      "stricter and looser limits",
      ({ components: { schemas } }) => {
        schemas.CreateAction.properties.name = { type: "string", minLength: 3, maxLength: 100 };
        schemas.CreateAction.properties.description = { type: "string", maxLength: 20_000 };
        schemas.Webhook.properties.name = { type: "string", pattern: "^[a-z]+$" };
      },
      {
        "createDataExtractionAction.limits":
          "name: at most 100 characters, stricter than 255 here; name: at least 3 characters, stricter than 1 here; " +
          "description: at most 20000 characters, looser than 10000 here; " +
          "webhook.name: must match ^[a-z]+$, which is not checked here",
      },
    ],
    [
      "other parameters",
      ({ paths }) => {
        const [, perPage] = paths[actions].get.parameters;
        perPage.schema.maximum = 50;
        paths[actions].get.parameters = [perPage, { name: "company_id", in: "query", required: true, schema: {} }];
        paths["/v2/_actions/{id}"].parameters = [{ name: "X-Company", in: "header", required: true, schema: {} }];
      },
      {
        "dataExtractionActions.parameters":
          "query company_id: required, but never sent; query page: not known; query per_page: at most 50, but 100 is sent",
        "dataExtractionAction.parameters": "header X-Company: required, but never sent",
      },
    ],
    [
      "other credentials",
      (document) => {
        document.components.securitySchemes.Key = { type: "apiKey", in: "header", name: "X-API-Key" };
        document.paths["/v2/_actions/{id}"].get.security = [{ Key: [] }];
        document.paths[actions].post.security = [{ Key: [] }, { HTTPBearer: [] }];
      },
      { "dataExtractionAction.parameters": "credentials in header X-API-Key, but the token is in Authorization" },
    ],
    [
      "other responses",
      ({ components: { schemas } }) => {
        schemas.Created.properties.data.properties = { id: { type: "string" } };
        schemas.ActionList.properties.data = { type: "array", items: { type: "string" } };
        schemas.OneAction.properties.data.$ref = "#/components/schemas/Created";
      },
      {
        "createDataExtractionAction.response": expect.stringMatching(/^not readable: /) as never,
        "dataExtractionAction.response": expect.stringMatching(/^not readable: /) as never,
        "dataExtractionActions.response": expect.stringMatching(/^not readable: /) as never,
      },
    ],
  ])("%s is found, and nothing else", async (_what, change, expected) => {
    const document = createOpenApi();
    change(document);

    const { report } = await checkDiffering({ document });

    const named = Object.entries(expected).map(([name, observed]) => [`openapi.${name}`, observed]);
    expect(differencesOf(report)).toEqual(Object.fromEntries(named));
    expect(report.exitCode).toBe(1);
  });

  test("a document that is no OpenAPI document is reported as not checked", async () => {
    const { report } = await checkDiffering({ document: { swagger: "2.0", paths: {} } });

    expect(differencesOf(report)).toEqual({});
    expect(observedOf(report, "openapi.dataExtractionAction.path")).toBe("no document: not OpenAPI 3");
  });
});

describe("the responses", () => {
  type Change = (response: DifferingResponse, request: DifferingRequest) => DifferingResponse;
  const isTokenValid = ({ headers }: DifferingRequest) => headers.authorization === `Bearer ${demoToken}`;
  const rejection =
    (status: number, detail: unknown): Change =>
    (response, request) =>
      request.headers.authorization && !isTokenValid(request) ? { status, body: { detail } } : response;
  /** Changes successful responses of the list, or those of a read by ID. */
  const onSuccess =
    (isList: boolean, change: (body: DifferingResponse["body"], request: DifferingRequest) => unknown): Change =>
    (response, request) => {
      const isMeant = isList ? request.path === "/v2/_actions" : request.path.startsWith("/v2/_actions/");
      if (!isMeant || response.status !== 200) return response;
      return { ...response, body: change(response.body, request) ?? response.body };
    };
  const unknown =
    (replacement: DifferingResponse): Change =>
    (response, { path }) =>
      /^\/v2\/_actions\/(?!sandbox)/.test(path) ? replacement : response;

  test.each<[string, Change, Record<string, unknown>]>([
    [
      "a made-up token is forbidden",
      rejection(403, "No access"),
      { "token.made-up": expect.stringMatching(/^403.+: FORBIDDEN$/) },
    ],
    [
      "a made-up token is an error",
      rejection(500, "oops"),
      { "token.made-up": expect.stringMatching(/UPSTREAM_ERROR$/) },
    ],
    [
      "no token is checked",
      (response, { headers, path }) =>
        headers.authorization && path === "/v2/_actions" && response.status === 401
          ? {
              status: 200,
              body: {
                data: { data: [], pagination: { current_page: 1, per_page: 10, has_next: false } },
              },
            }
          : response,
      { "token.made-up": expect.stringMatching(/^200 /) },
    ],
    [
      "the token is rejected",
      (response, request) => (isTokenValid(request) ? { status: 401, body: { detail: "API key expected" } } : response),
      { "token.given": '401 {"detail":"API key expected"}' },
    ],
    [
      "the list has another envelope",
      onSuccess(true, ({ ctx_id, data: { data, pagination } }) => ({ ctx_id, data, pagination })),
      { "list.envelope": expect.stringMatching(/^200 /) },
    ],
    [
      "pages are counted from zero",
      onSuccess(true, ({ data }) => {
        data.pagination.current_page -= 1;
      }),
      { "list.envelope": expect.stringMatching(/^200 /), "list.page": expect.stringMatching(/^200 /) },
    ],
    [
      "page is ignored, but repeated",
      onSuccess(true, ({ data }) => {
        if (data.pagination.per_page === 1) data.data = [{ id: "same", name: "n", type: "WEBHOOK", is_active: true }];
      }),
      { "list.page": "page 2 has the rows of page 1" },
    ],
    [
      "per_page=100 is rejected",
      (response, { query }) =>
        query.get("per_page") === "100"
          ? {
              status: 422,
              body: { detail: [{ type: "less_than_equal", loc: ["query", "per_page"], msg: "at most 50" }] },
            }
          : response,
      { "list.per_page": expect.stringMatching(/^per_page=100: 422 /) },
    ],
    [
      "a large per_page is cut silently",
      onSuccess(true, ({ data }) => {
        if (data.pagination.per_page < 100) return;
        Object.assign(data.pagination, { per_page: 10, has_next: true });
        data.data.length = 10;
      }),
      { "list.per_page": "per_page=100 returns 10 of 13 rows" },
    ],
    [
      "rows lack is_active",
      onSuccess(true, ({ data }) => {
        for (const row of data.data) delete row.is_active;
      }),
      { "list.row-details": expect.stringMatching(/^is_active in 0 of 4; /) },
    ],
    [
      "an action has another shape",
      onSuccess(false, ({ data }) => ({ action: data })),
      { "read.by-id": expect.stringMatching(/^200 /) },
    ],
    [
      "another action is returned",
      onSuccess(false, ({ data }) => {
        data.id = "another";
      }),
      { "read.by-id": expect.stringMatching(/^another ID/) },
    ],
    [
      "an action has another name in the list",
      onSuccess(false, ({ data }) => {
        data.name = "another";
      }),
      { "read.by-id": "another name than in the list" },
    ],
    [
      "an unknown ID is a bad request",
      unknown({ status: 400, body: { detail: "no" } }),
      { "read.unknown-uuid": expect.stringMatching(/^400/), "read.unknown-text": expect.stringMatching(/^400/) },
    ],
    [
      "an ID that is not a UUID is an error",
      (response, { path }) =>
        path.endsWith("check-upstream-none") ? { status: 500, body: "Internal Server Error" } : response,
      { "read.unknown-text": "500 Internal Server Error" },
    ],
    [
      "an unknown ID is an empty success",
      unknown({ status: 200, body: { ctx_id: "c", data: null } }),
      { "read.unknown-uuid": expect.stringMatching(/^200/), "read.unknown-text": expect.stringMatching(/^200/) },
    ],
    [
      "ctx_id is missing",
      onSuccess(true, (body) => {
        delete body.ctx_id;
      }),
      { "responses.ctx_id": "no usable ctx_id" },
    ],
    [
      "ctx_id is always the same",
      onSuccess(true, (body) => {
        body.ctx_id = "same";
      }),
      { "responses.ctx_id": "the same ctx_id in two responses" },
    ],
    [
      "connections are not kept alive",
      (response) => ({ ...response, headers: { connection: "close" } }),
      { "reachability.keep-alive": "Connection: close" },
    ],
  ])("%s: that is found, and nothing else", async (_what, change, expected) => {
    const { report } = await checkDiffering({ document: createOpenApi(), change });

    expect(differencesOf(report)).toEqual(expected);
    expect(report.exitCode).toBe(1);
  });

  test("an upstream that is down for the moment is not different: nothing could be checked", async () => {
    const { report } = await checkDiffering({ change: () => ({ status: 503, body: "no instance" }) });

    expect(differencesOf(report)).toEqual({});
    expect(report.exitCode).toBe(2);
  });

  test("two actions are needed to check pages", async () => {
    const change = onSuccess(true, ({ data }) => {
      data.data.length = Math.min(1, data.data.length);
      Object.assign(data.pagination, { total_records: 1, total_pages: 1, has_next: false });
    });
    const { report } = await checkDiffering({ document: createOpenApi(), change });

    expect(differencesOf(report)).toEqual({});
    expect(uncheckedOf(report)).toEqual(["reachability.tls", "list.page", "list.per_page"]);
  });
});

describe("reachability", () => {
  test("a connection that closes sooner than ours is found", async () => {
    const { url } = await startDifferingContactSwing({ keepAliveTimeoutMs: 100 });
    const settings = { baseUrl: url, connectTimeoutMs: 1000, responseTimeoutMs: 5000, token: demoToken };

    const report = await runChecks({ ...settings, minIdleMs: 4000 });

    expect(differencesOf(report)).toEqual({
      "reachability.keep-alive": expect.stringMatching(/^closed after \d\.\d s$/),
    });
  });

  test("a certificate that is not trusted is found", async () => {
    const tlsSettings = { cert: certificate, key: privateKey };
    const { report } = await checkDiffering({ tls: tlsSettings });

    expect(differencesOf(report)).toEqual({
      "reachability.tls": expect.stringMatching(/^DEPTH_ZERO_SELF_SIGNED_CERT; /),
    });
  });

  describeWith(["openssl"], "with a certificate of its own", () => {
    test.each([
      [5, { "reachability.tls": expect.stringMatching(/^TLSv1\.3, [45] days left$/) }],
      [60, {}],
    ])("a certificate that expires in %d days", async (days, expected) => {
      const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-check-"));
      onTestEnd(async () => rmSync(folder, { recursive: true }));
      const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
      const kind = [
        "req",
        "-x509",
        "-nodes",
        "-days",
        String(days),
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
      ];
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      expect(spawnSync("openssl", [...kind, ...subject, "-keyout", keyFile, "-out", certificateFile]).status).toBe(0);
      const cert = readFileSync(certificateFile, "utf8");
      const trusted = tls.getCACertificates();
      tls.setDefaultCACertificates([...trusted, cert]);
      onTestEnd(async () => tls.setDefaultCACertificates(trusted));

      const { report } = await checkDiffering({ tls: { cert, key: readFileSync(keyFile, "utf8") } });

      expect(differencesOf(report)).toEqual(expected);
      expect(report.exitCode).toBe(days < 14 ? 1 : 0);
    });
  });

  test.each([
    ["nothing listens", async () => `http://127.0.0.1:${await findFreePort()}`, "reachability.tcp", "ECONNREFUSED"],
    ["the host name has no address", async () => "http://contactswing.invalid", "reachability.dns", "ENOTFOUND"],
  ])("%s: the checks could not run", async (_what, findUrl, name, code) => {
    const report = await check(await findUrl());

    expect(report.exitCode).toBe(2);
    expect(differencesOf(report)).toEqual({});
    expect(observedOf(report, name)).toMatch(new RegExp(`^${code}$|^EAI_AGAIN$`));
  });
});

describe("the command", () => {
  async function run(environment: Record<string, string>, { input = "", options = [] as string[] } = {}) {
    const entry = ["--import", "tsx", join(root, "src/check-upstream/main.ts"), ...options];
    const child = spawn(process.execPath, entry, { cwd: root, env: { PATH: process.env.PATH, ...environment } });
    child.stdin.on("error", () => undefined).end(input);
    const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { output, errors, exitCode };
  }

  function writeToken(content: string): string {
    const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-check-"));
    onTestEnd(async () => rmSync(folder, { recursive: true }));
    const file = join(folder, "token");
    writeFileSync(file, content);
    return file;
  }

  test("prints one line per check with the token from a file, and exits with 0", async () => {
    const { url } = await startDifferingContactSwing();

    const environment = { CONTACTSWING_URL: url, CHECK_TOKEN_FILE: writeToken(`${demoToken}\n`) };
    const { output, errors, exitCode } = await run(environment);

    expect({ errors, exitCode }).toEqual({ errors: "", exitCode: 0 });
    const lines = output.trimEnd().split("\n");
    expect(lines[0]).toBe(url);
    expect(
      lines.slice(1, -1).every((line) => /^(?:ok|not checked) {2,}[\w.-]+: expected: .+; observed: /.test(line)),
    ).toBe(true);
    expect(lines.at(-1)).toMatch(/^\d+ as expected, 0 different, \d+ not checked$/);
  });

  test("prints JSON with the token from standard input, and exits with 1 if something differs", async () => {
    const { url } = await startDifferingContactSwing({
      change: (response, { headers, path }) =>
        path === "/v2/_actions" ? { status: 418, body: { detail: `no ${headers.authorization}` } } : response,
    });

    const { output, exitCode } = await run(
      { CONTACTSWING_URL: url },
      { input: `Bearer ${demoToken}`, options: ["--json"] },
    );

    expect(exitCode).toBe(1);
    const report = JSON.parse(output) as Report;
    expect(Object.keys(differencesOf(report))).toEqual(["token.made-up", "list.envelope"]);
    expect(report.results.filter(({ status }) => status === "different").every((result) => "meaning" in result)).toBe(
      true,
    );
    expect(output).not.toContain(demoToken);
  });

  test("checks without a token what needs none", async () => {
    const { url } = await startDifferingContactSwing({ document: createOpenApi() });

    const options = ["--json", "--without-token"];
    const { output, exitCode } = await run({ CONTACTSWING_URL: url }, { options });

    expect(exitCode).toBe(0);
    const unchecked = uncheckedOf(JSON.parse(output) as Report);
    expect(unchecked.every((name) => /^(?:reachability\.tls|token\.given|list|read|responses)/.test(name))).toBe(true);
  });

  test.each<[string, Record<string, string>, { input?: string; options?: string[] }]>([
    ["there is no token", {}, {}],
    ["there are two tokens", {}, { input: "canary-token canary-token" }],
    ["the file cannot be read", { CHECK_TOKEN_FILE: "/nowhere/token" }, {}],
    ["the token is an argument", {}, { input: demoToken, options: ["canary-token"] }],
    ["the token is an option", {}, { input: demoToken, options: ["--token=canary-token"] }],
    ["a setting is invalid", { CONTACTSWING_URL: "ftp://canary-token" }, { input: demoToken }],
  ])("exits with 2 and one message if %s", async (_what, environment, given) => {
    const { output, errors, exitCode } = await run(environment, given);

    expect({ output, exitCode }).toEqual({ output: "", exitCode: 2 });
    expect(errors).not.toBe("");
    expect(errors).not.toMatch(/canary|\n\s+at /);
  });
});
