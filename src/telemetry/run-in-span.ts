import { CallFailure } from "../failures/failure.ts";
import { readErrorType } from "./describe-error.ts";
import type { Span } from "./tracer.ts";

/** Runs a part of a request in a span of its own. What it throws is thrown on, named in the span by its kind alone. */
export function runInSpan<Result>(parent: Span, name: string, run: () => Result): Result {
  const span = parent.startChild(name, "internal");
  try {
    return run();
  } catch (error) {
    span.setAttributes({
      "error.type": error instanceof CallFailure ? error.failure.kind : readErrorType(error),
    });
    throw error;
  } finally {
    span.end();
  }
}
