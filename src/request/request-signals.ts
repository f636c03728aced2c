import { RequestFailure } from "../failures/failure.ts";

/** The reason why a read was abandoned whose response nobody can receive any more. */
export class CallerDisconnected extends Error {
  override readonly name = "CallerDisconnected";
}

/**
 * Tells the work of a request when it is no longer needed: reads, when the caller has disconnected or the deadline has
 * passed; writes that have not been sent, when the deadline has passed. Most requests never ask, so the signals are lazy.
 */
export class RequestSignals {
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  #read: AbortController | undefined;
  #write: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDisconnected = false;

  constructor(deadline: number) {
    this.deadline = deadline;
  }

  /** Aborted with {@link CallerDisconnected}, or with the failure of the deadline. */
  get read(): AbortSignal {
    this.#read ??= this.#createController();
    if (this.#isDisconnected) this.#read.abort(new CallerDisconnected());
    return this.#read.signal;
  }

  /** Aborted with the failure of the deadline. */
  get write(): AbortSignal {
    this.#write ??= this.#createController();
    return this.#write.signal;
  }

  disconnect(): void {
    this.#isDisconnected = true;
    this.#read?.abort(new CallerDisconnected());
  }

  /** Must be called at the end of the request. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #createController(): AbortController {
    this.#timer ??= setTimeout(() => this.#expire(), Math.max(0, this.deadline - performance.now()));
    const controller = new AbortController();
    if (performance.now() >= this.deadline) controller.abort(deadlineExceeded());
    return controller;
  }

  #expire(): void {
    this.#read?.abort(deadlineExceeded());
    this.#write?.abort(deadlineExceeded());
  }
}

const deadlineExceeded = () => new RequestFailure({ kind: "deadline-exceeded" });
