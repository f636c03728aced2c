import process from "node:process";
import pretty from "pino-pretty";
import { readConfig } from "./config.ts";
import { runService } from "./run-service.ts";
import { demo } from "./sandbox/demo.ts";
import { demoToken } from "./sandbox/demo-token.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { createService } from "./service.ts";
import { createLogger } from "./telemetry/logger.ts";
import { version } from "./version.ts";

const prettyOptions = {
  colorize: true,
  levelKey: "log\\.level",
  messageKey: "message",
  timestampKey: "@timestamp",
  ignore: "service\\.name",
  singleLine: true,
  sync: true,
};

const exampleToken = "<your ContactSwing token>";

/** One complete request that a shell takes as it stands. */
function exampleCurl(url: string, token: string): string {
  const query = `mutation { createDataExtractionAction(input: { name: "My Data Extraction Action", webhook: { mandatory: true, name: "interested", description: "user interested on buying the product", type: YES_NO, syncData: true, syncModule: "customers", syncField: "customer_timezone" } }) { action { id name type isActive webhook { description type } } ctxId replayed } }`;
  return [
    `curl ${url}/graphql`,
    `-H 'content-type: application/json'`,
    `-H 'authorization: Bearer ${token}'`,
    `-d '${JSON.stringify({ query })}'`,
  ].join(" \\\n  ");
}

await runService(async () => {
  const isSandboxed = !process.env.CONTACTSWING_URL?.trim();
  // Read first: a bad variable is said before anything listens.
  const given = readConfig(process.env);
  const sandbox = isSandboxed ? createSandbox() : undefined;
  const config = sandbox ? { ...given, contactSwingUrl: await sandbox.start() } : given;
  // Programs read the lines that production writes.
  const logger = createLogger(config.logLevel, version, process.stdout.isTTY ? pretty(prettyOptions) : process.stdout);
  const surroundings = sandbox ? { demo } : { rejectedToken: demoToken };
  const service = createService({ config, logger, version, ...surroundings });
  return {
    service,
    logger,
    // Nobody balances load here, and every saved file would wait for it.
    shutdownDelayMs: process.env.SHUTDOWN_DELAY_MS ? config.shutdownDelayMs : 0,
    startFields: {},
    flushLog: async () => {},
    onStarted: (url) => {
      const origin = new URL(url);
      if (config.host === "0.0.0.0" || config.host === "::") origin.hostname = "localhost";
      const lines = [
        "",
        `GraphQL: ${origin.origin}/graphql`,
        sandbox ? `ContactSwing sandbox: ${config.contactSwingUrl}` : `ContactSwing: ${config.contactSwingUrl}`,
        ...(sandbox ? [`Demo token: ${demoToken}`] : []),
        "",
        "Try it:",
        exampleCurl(origin.origin, sandbox ? demoToken : exampleToken),
        "",
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    },
    onStopped: async () => sandbox?.stop(),
  };
});
