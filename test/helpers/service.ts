import process from "node:process";
import { readConfig } from "../../src/config.ts";
import { demoToken } from "../../src/sandbox/demo-token.ts";
import { createSandbox, type Sandbox, type SandboxPace } from "../../src/sandbox/sandbox.ts";
import { createService, type Service, type ServiceOptions } from "../../src/service.ts";
import { createTracer } from "../../src/telemetry/create-tracer.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { onTestEnd } from "./cleanup.ts";

export interface RunningService {
  readonly service: Service;
  readonly url: string;
  /** Everything logged, one line each. */
  readonly logLines: string[];
}

/** The real service on a free loopback port, configured by environment variables as in production. */
export async function startService(
  environment: Record<string, string>,
  options: Partial<ServiceOptions> = {},
): Promise<RunningService> {
  const logLines: string[] = [];
  const config = readConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_LEVEL: "trace",
    SHUTDOWN_GRACE_MS: "1000",
    ...environment,
  });
  const logger = createLogger(config.logLevel, { write: (line) => logLines.push(line) });
  const version = "0.0.0-test";
  const tracer = await createTracer(config.tracing, logger, version);
  const service = createService({ config, logger, version, process, tracer, ...options });
  const url = await service.start();
  onTestEnd(() => service.stop());
  return { service, url, logLines };
}

/** The sandbox on a free loopback port. */
export async function startSandbox(pace?: SandboxPace): Promise<{ sandbox: Sandbox; url: string }> {
  const sandbox = createSandbox(demoToken, pace);
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
