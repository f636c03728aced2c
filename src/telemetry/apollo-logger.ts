import { describeError } from "./describe-error.ts";
import type { Logger } from "./logger.ts";

type ApolloLogger = Record<"debug" | "info" | "warn" | "error", (message?: unknown) => void>;

// Apollo Server writes `Unexpected error processing request: ${error}` and the like.
const ownWordsPattern = /^[^:."]{1,120}/;

/**
 * What Apollo Server may log: its own words up to where it begins to quote, since what it quotes are errors with the
 * caller's input in them; of an error only its description.
 */
export function createApolloLogger(logger: Logger): ApolloLogger {
  const write = (level: keyof ApolloLogger) => (message?: unknown) => {
    if (!logger.isLevelEnabled(level)) return;
    const words = typeof message === "string" ? ownWordsPattern.exec(message)?.[0] : undefined;
    const { type, origin } = typeof message === "string" ? {} : describeError(message);
    logger[level](
      { "event.module": "apollo-server", "event.reason": words, "error.type": type, "error.origin": origin },
      "graphql server",
    );
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
