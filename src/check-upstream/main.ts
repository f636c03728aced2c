import { readFile } from "node:fs/promises";
import process from "node:process";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { BearerToken } from "../auth/bearer-token.ts";
import { ConfigError, readConfig } from "../config.ts";
import { limits } from "../limits.ts";
import { runChecks, toText } from "./run-checks.ts";

// The request that meets the end of a connection is already on its way.
const idleMarginMs = 500;

const usage = `Checks whether ContactSwing is as this service assumes. It only reads.

  npm run check:upstream [-- --json] [-- --without-token]

The token is read from the file that CHECK_TOKEN_FILE names, or else from standard input, never from an argument.
CONTACTSWING_URL, UPSTREAM_TIMEOUT_MS, and UPSTREAM_CONNECT_TIMEOUT_MS are those of the service.
Exit code: 0 if all is as expected, 1 if something differs, 2 if the checks could not run.
`;

/** Thrown for what prevents the checks from running. The message repeats nothing that was given. */
class CannotRun extends Error {}

function readOptions() {
  const option = { type: "boolean", default: false } as const;
  try {
    return parseArgs({ options: { json: option, help: option, "without-token": option } }).values;
  } catch {
    // The argument may be a token.
    throw new CannotRun("The only arguments are --json, --without-token, and --help.");
  }
}

async function readToken(): Promise<string> {
  const { CHECK_TOKEN_FILE: file } = process.env;
  if (!file && process.stdin.isTTY)
    throw new CannotRun("There is no token: set CHECK_TOKEN_FILE or use standard input.");
  const given = file ? await readTokenFile(file) : await text(process.stdin);
  const token = given.trim().replace(/^bearer +/i, "");
  if (BearerToken.parse(`Bearer ${token}`) === undefined) {
    throw new CannotRun(`${file ? "The file" : "Standard input"} does not contain exactly one token.`);
  }
  return token;
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CannotRun(`The file of CHECK_TOKEN_FILE could not be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const config = readConfig(process.env);
  const report = await runChecks({
    baseUrl: config.contactSwingUrl,
    connectTimeoutMs: config.upstreamConnectTimeoutMs,
    responseTimeoutMs: config.upstreamTimeoutMs,
    minIdleMs: limits.upstream.idleSocketMs + idleMarginMs,
    token: options["without-token"] ? undefined : await readToken(),
  });
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : toText(report));
  process.exitCode = report.exitCode;
}

main().catch((error) => {
  const isExpected = error instanceof CannotRun || error instanceof ConfigError;
  process.stderr.write(`${isExpected ? error.message : `The checks could not run: ${error}`}\n`);
  process.exitCode = 2;
});
