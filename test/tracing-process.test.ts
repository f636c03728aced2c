import { expect, test } from "@jest/globals";
import { create, minimalInput } from "./helpers/graphql.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import { startProcess } from "./helpers/process.ts";
import { startUpstream } from "./helpers/upstream.ts";

const watch = new URL("helpers/print-otel-modules.mjs", import.meta.url).pathname;

/** Runs the built service for one create request. @returns what it says of the modules that it has loaded. */
async function runOnce(environment: Record<string, string>): Promise<string> {
  const { url: CONTACTSWING_URL } = await startUpstream();
  const settings = { NODE_OPTIONS: `--import=${watch}`, SHUTDOWN_DELAY_MS: "0", CONTACTSWING_URL };
  const { url, child, exit, errors } = await startProcess({ ...settings, ...environment });
  expect((await create(url, minimalInput, { authorization: "Bearer t" })).body.errors).toBeUndefined();
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  return errors();
}

test("loads nothing of the OpenTelemetry SDK unless traces are requested", async () => {
  expect(await runOnce({ OTEL_SERVICE_NAME: "bff" })).toBe("");
});

test("loads the OpenTelemetry SDK when a receiver is configured, and exports the last spans before it exits", async () => {
  const receiver = await startOtlpReceiver();

  const errors = await runOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });

  expect(errors).toMatch(/^loads .*@opentelemetry\/sdk-trace/m);
  expect(receiver.spans.map(({ name }) => name)).toContain("POST /graphql");
});
