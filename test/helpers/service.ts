import process from "node:process";
import { readConfig } from "../../src/config.ts";
import { createSandbox, type Sandbox, type SandboxPace } from "../../src/sandbox/sandbox.ts";
import { createService, type ServiceOptions } from "../../src/service.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { startTracing } from "../../src/telemetry/tracing.ts";
import { onTestEnd } from "./cleanup.ts";
import { type Respond, startUpstream } from "./upstream.ts";

export type RunningService = Awaited<ReturnType<typeof startService>>;

/** The real service on a free loopback port, configured by environment variables as in production. */
export async function startService(environment: Record<string, string>, options: Partial<ServiceOptions> = {}) {
  const logLines: string[] = [];
  const usual = { HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "trace", SHUTDOWN_GRACE_MS: "1000" };
  const config = readConfig({ ...usual, ...environment });
  const version = "0.0.0-test";
  const logger = createLogger({
    level: config.logLevel,
    serviceName: "contactswing-bff",
    version,
    destination: { write: (line) => logLines.push(line) },
  });
  const tracing = await withOtelVariables(environment, () => startTracing({ environment, version, logger }));
  const service = createService({ config, logger, version, tracing, ...options });
  const url = await service.start();
  onTestEnd(() => service.stop());
  return { service, url, logLines, lines: () => logLines.map((line) => JSON.parse(line)) };
}

/** OpenTelemetry's packages read `process.env` when they are created. */
async function withOtelVariables<Result>(environment: Record<string, string>, run: () => Promise<Result>) {
  const variables = Object.entries(environment).filter(([name]) => name.startsWith("OTEL_"));
  Object.assign(process.env, Object.fromEntries(variables));
  try {
    return await run();
  } finally {
    for (const [name] of variables) delete process.env[name];
  }
}

/** The service in front of a scripted upstream. */
export async function startWithUpstream(respond?: Respond, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(respond);
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url, ...environment })) };
}

/** The sandbox on a free loopback port. */
export async function startSandbox(pace?: SandboxPace): Promise<{ sandbox: Sandbox; url: string }> {
  const sandbox = createSandbox(pace === undefined ? {} : { pace });
  const url = await sandbox.start();
  onTestEnd(() => sandbox.stop());
  return { sandbox, url };
}

/** The service in front of a sandbox. */
export async function startSandboxedService(
  environment: Record<string, string> = {},
  { pace, ...options }: Partial<ServiceOptions> & { pace?: SandboxPace } = {},
) {
  const { sandbox, url: sandboxUrl } = await startSandbox(pace);
  const running = await startService({ CONTACTSWING_URL: sandboxUrl, ...environment }, options);
  return { ...running, sandbox, sandboxUrl };
}
