import { ecsFormat } from "@elastic/ecs-pino-format";
import { type DestinationStream, type Logger, pino } from "pino";
import { serializeError } from "./serialize-error.ts";

export type { Logger } from "pino";

const secretNames = [
  "authorization",
  "token",
  "headers",
  "rawHeaders",
  "cookie",
  "password",
  "input",
  "variables",
  "body",
];

// Google Cloud reads the level from this field.
const severities: Readonly<Record<string, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

export interface LoggerSettings {
  readonly level: string;
  readonly serviceName: string;
  readonly version: string;
  readonly destination: DestinationStream;
}

/**
 * JSON lines with the field names of the Elastic Common Schema. The caller's token is kept out of them three times:
 * its type does not print (`BearerToken`), secret fields are redacted, and errors are serialized without it.
 */
export function createLogger({ level, serviceName, version, destination }: LoggerSettings): Logger {
  const format = ecsFormat({
    serviceName,
    serviceVersion: version,
    eventDataset: "contactswing-bff",
    apmIntegration: false,
    convertErr: false,
  });
  return pino(
    {
      ...format,
      formatters: {
        ...format.formatters,
        level: (label) => ({ "log.level": label, severity: severities[label] ?? "DEFAULT" }),
      },
      level,
      base: {},
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`]),
        censor: "[redacted]",
      },
      serializers: { err: (error: unknown) => serializeError(error) },
    },
    destination,
  );
}
