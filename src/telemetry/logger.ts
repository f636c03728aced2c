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

/**
 * JSON lines with the field names of the Elastic Common Schema. The caller's token is kept out of them three times:
 * its type does not print (`BearerToken`), secret fields are redacted, and errors are serialized without it.
 */
export function createLogger(level: string, version: string, destination: DestinationStream): Logger {
  const format = ecsFormat({
    serviceName: "contactswing-bff",
    serviceVersion: version,
    apmIntegration: false,
    convertErr: false,
  });
  return pino(
    {
      ...format,
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
