import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput } from "./helpers/graphql.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import { startUpstream } from "./helpers/upstream.ts";

// `npm test` has built dist/ before these run.
const entry = new URL("../dist/start.cjs", import.meta.url).pathname;
const watch = new URL("helpers/print-otel-modules.mjs", import.meta.url).pathname;

/** Runs the built service for one create request until SIGTERM has ended it; resolves with its standard error. */
async function runOnce(environment: Record<string, string>): Promise<{ exitCode: unknown; errors: string }> {
  const upstream = await startUpstream();
  const child = spawn(process.execPath, ["--import", watch, entry], {
    env: { HOST: "127.0.0.1", PORT: "0", SHUTDOWN_DELAY_MS: "0", CONTACTSWING_URL: upstream.url, ...environment },
  });
  const exit = once(child, "exit");
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  for await (const line of createInterface(child.stdout)) {
    const url = JSON.parse(line)["service.address"];
    if (url === undefined) continue;
    const response = await create(url, minimalInput, { authorization: "Bearer t" });
    expect(response.body.errors).toBeUndefined();
    child.kill("SIGTERM");
  }
  const [exitCode] = await exit;
  expect(upstream.received).toHaveLength(1);
  return { exitCode, errors };
}

test("loads nothing of the OpenTelemetry SDK unless traces are requested", async () => {
  expect(await runOnce({ OTEL_SERVICE_NAME: "bff" })).toEqual({ exitCode: 0, errors: "" });
});

test("loads the OpenTelemetry SDK when a receiver is configured, and exports the last spans before it exits", async () => {
  const receiver = await startOtlpReceiver();

  const { exitCode, errors } = await runOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });

  expect(errors).toMatch(/^loads .*@opentelemetry\/sdk-trace/m);
  expect(exitCode).toBe(0);
  expect(receiver.spans.map(({ name }) => name)).toContain("POST /graphql");
});

test("does not start with an unsupported setting, and names it", async () => {
  const child = spawn(process.execPath, [entry], {
    env: { HOST: "127.0.0.1", PORT: "0", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });

  const [exitCode] = await once(child, "exit");

  expect(exitCode).toBe(1);
  expect(errors).toBe("The service cannot start: OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf.\n");
});
