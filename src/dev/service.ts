import process from "node:process";
import pretty from "pino-pretty";
import { demoToken } from "../auth/demo-token.ts";
import { readConfig, sandboxVariable } from "../config.ts";
import { formatCurl } from "../playground/curl.ts";
import { runUntilSignal } from "../process/run-until-signal.ts";
import { createServiceProcess } from "../process/service-process.ts";
import { demo } from "../sandbox/demo.ts";

const prettyOptions = {
  colorize: true,
  levelKey: "log\\.level",
  messageKey: "message",
  timestampKey: "@timestamp",
  ignore: "service\\.name,service\\.version,ecs\\.version,event\\.dataset",
  singleLine: true,
  sync: true,
};

// Pages of a frontend's own development server.
const localOrigin = /^https?:\/\/(?:(?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

const exampleQuery = `mutation { createDataExtractionAction(input: { name: "My Data Extraction Action", webhook: { mandatory: true, name: "interested", description: "user interested on buying the product", type: YES_NO, syncData: true, syncModule: "customers", syncField: "customer_timezone" } }) { action { id name type isActive webhook { description type } } ctxId replayed } }`;

let playgroundBuild: Promise<void> | undefined;
/** Builds what has changed since the last build; pages that are opened at the same time wait for the same build. */
const buildPlayground = () => {
  playgroundBuild ??= import(new URL("../../scripts/build-playground.mjs", import.meta.url).href)
    .then((script) => script.buildPlayground())
    .finally(() => {
      playgroundBuild = undefined;
    });
  return playgroundBuild;
};

await runUntilSignal(async () => {
  const { SHUTDOWN_DELAY_MS, [sandboxVariable]: sandboxed } = process.env;
  const isSandboxed = sandboxed === "true";
  const given = readConfig(process.env);
  const config = {
    ...given,
    corsOrigins: [...given.corsOrigins, localOrigin],
    // There is no load balancer, and every restart on save would wait for it.
    shutdownDelayMs: SHUTDOWN_DELAY_MS ? given.shutdownDelayMs : 0,
  };
  const token = isSandboxed ? { demo } : { rejectedToken: demoToken };
  // Programs read the lines that production writes.
  const destination = process.stdout.isTTY ? pretty(prettyOptions) : undefined;
  return {
    ...(await createServiceProcess(config, { buildPlayground, ...token }, destination)),
    onStarted: (url) => {
      const origin = new URL(url);
      if (config.host === "0.0.0.0" || config.host === "::") origin.hostname = "localhost";
      const address = `${origin.origin}/graphql`;
      const authorization = `Bearer ${isSandboxed ? demoToken : "<your ContactSwing token>"}`;
      const lines = [
        "",
        `GraphQL: ${address}`,
        `ContactSwing${isSandboxed ? " sandbox" : ""}: ${config.contactSwingUrl}`,
        ...(isSandboxed ? [`Demo token: ${demoToken}`] : []),
        "",
        "Try it:",
        formatCurl(address, { authorization }, { query: exampleQuery }),
        "",
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    },
  };
});
