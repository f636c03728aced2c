import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import type { LogLevel } from "../config.ts";
import { narrowArguments, narrowFields } from "./narrow-fields.ts";
import { redactedText, secretPaths } from "./secret-names.ts";

export type { Logger } from "pino";

/** The first lock on secrets: fields are masked by their path, whoever logs them. */
export const redaction = {
  redact: { paths: [...secretPaths], censor: redactedText },
} satisfies LoggerOptions;

/** The second lock: of an error only its description is written, wherever it is in the line. */
export const narrowing = {
  serializers: { err: (value: unknown) => narrowFields(value), error: (value: unknown) => narrowFields(value) },
  hooks: {
    logMethod(given, method) {
      method.apply(this, narrowArguments(given) as Parameters<typeof method>);
    },
  },
} satisfies LoggerOptions;

/**
 * JSON lines with the field names of the Elastic Common Schema, behind three locks on secrets that hold one without
 * the other: {@link redaction}, {@link narrowing}, and the opaque type of the token itself.
 */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  const logger = pino(
    {
      ...redaction,
      ...narrowing,
      level,
      base: { "service.name": "contactswing-bff" },
      messageKey: "message",
      errorKey: "error",
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ "log.level": label }) },
    },
    destination,
  );
  // pino writes the fields of a child logger out at once, past every hook.
  const { child } = logger;
  logger.child = function (bindings, options) {
    return child.call(this, narrowFields(bindings) as typeof bindings, options) as never;
  };
  return logger;
}
