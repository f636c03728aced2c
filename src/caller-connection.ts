/** The reason why a read was abandoned. */
export class CallerDisconnected extends Error {
  override readonly name = "CallerDisconnected";
}

/** Tells the reads of a request when its caller has disconnected. Most requests never ask, so the signal is lazy. */
export class CallerConnection {
  #controller: AbortController | undefined;
  #isClosed = false;

  /** Aborted with {@link CallerDisconnected}. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isClosed) this.#controller.abort(new CallerDisconnected());
    return this.#controller.signal;
  }

  close(): void {
    this.#isClosed = true;
    this.#controller?.abort(new CallerDisconnected());
  }
}
