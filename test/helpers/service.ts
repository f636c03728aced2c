import { readConfig } from "../../src/config.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { createService, type Service } from "../../src/service.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { onTestEnd } from "./cleanup.ts";

export interface RunningService {
  readonly service: Service;
  readonly url: string;
  /** Everything logged, one line each. */
  readonly logLines: string[];
}

/** The real service on a free loopback port, configured by environment variables as in production. */
export async function startService(environment: Record<string, string>): Promise<RunningService> {
  const logLines: string[] = [];
  const config = readConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_LEVEL: "trace",
    SHUTDOWN_GRACE_MS: "1000",
    ...environment,
  });
  const logger = createLogger(config.logLevel, { write: (line) => logLines.push(line) });
  const service = createService({ config, logger, version: "0.0.0-test" });
  const url = await service.start();
  onTestEnd(() => service.stop());
  return { service, url, logLines };
}

/** The sandbox on a free loopback port. */
export async function startSandbox(): Promise<{ sandbox: Sandbox; url: string }> {
  const sandbox = createSandbox();
  const url = await sandbox.start();
  onTestEnd(() => sandbox.stop());
  return { sandbox, url };
}

/** The service in front of a sandbox. */
export async function startSandboxedService(environment: Record<string, string> = {}) {
  const { sandbox, url: sandboxUrl } = await startSandbox();
  const running = await startService({ CONTACTSWING_URL: sandboxUrl, ...environment });
  return { ...running, sandbox, sandboxUrl };
}
