import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Got, PlainResponse, Request } from "got";
import { ByteCollector } from "../memory/byte-collector.ts";
import { emptyStream } from "./empty-stream.ts";
import type { Exchange, LostExchange, ResponseHead, TransportRequest } from "./exchange.ts";

export interface AttemptSettings {
  readonly client: Got;
  readonly baseUrl: string;
  /** Creates Node's own request for a path below the base URL. */
  readonly createRequest: (upstream: TransportRequest) => ClientRequest;
  /** For each address of the host, of which a second one gets as much time as the first. */
  readonly connectTimeoutMs: number;
  /** From the established connection to the last byte of the response. */
  readonly responseTimeoutMs: number;
  readonly maxResponseBytes: number;
}

const timedOut = "ETIMEDOUT";
const closedByPeer = "ECONNRESET";

// got measures a request through eight event listeners unless the request brings its timings along.
const noTimings = Object.freeze({ end: 0, phases: Object.freeze({}) });

/** One attempt at an exchange: it connects, unless there is a connection, sends the request once, and never rejects. */
export class Attempt {
  readonly #settings: AttemptSettings;
  readonly #upstream: TransportRequest;
  readonly #ended = Promise.withResolvers<Exchange>();
  readonly #startedAt = performance.now();
  #phase: "tcp" | "tls" | "established" = "tcp";
  #head: ResponseHead | undefined;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #stream: Request | undefined;

  constructor(settings: AttemptSettings, upstream: TransportRequest) {
    this.#settings = settings;
    this.#upstream = upstream;
  }

  run(): Promise<Exchange> {
    const { client, baseUrl } = this.#settings;
    const { method, body, signal } = this.#upstream;
    this.#startConnectTimer();
    signal.addEventListener("abort", this.#onAbort, { once: true });
    const stream = client.stream(baseUrl, { method, request: () => this.#createRequest() });
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => this.fail("connection-lost", readNetworkErrorCode(error)));
    stream.on("response", (response: PlainResponse) => this.#onResponse(stream, response));
    // Written directly, because got turns a body option into a chain of promises. Only a GET ends by itself.
    if (method !== "GET") stream.end(body);
    return this.#ended.promise;
  }

  /** Ends the attempt at once. */
  fail(kind: LostExchange["kind"], networkErrorCode: string): void {
    const head = this.#head;
    this.#abandon(
      this.#phase === "established"
        ? { kind, networkErrorCode, ...(head && { head }) }
        : { kind: "no-connection", phase: this.#phase, networkErrorCode },
    );
  }

  /**
   * Node's own request, created here and passed to got: see "native request" in docs/performance.md. It also keeps the
   * caller's token out of got's options.
   */
  #createRequest(): ClientRequest {
    const message = this.#settings.createRequest(this.#upstream);
    message.on("socket", (socket: Socket) => this.#onSocket(socket));
    // After a 101 Node hands the connection over and emits nothing more.
    message.on("upgrade", ({ statusCode = 101 }: IncomingMessage) =>
      this.#abandon({
        kind: "response",
        response: { status: statusCode, contentType: "", retryAfter: undefined, body: "" },
      }),
    );
    return Object.assign(message, { timings: noTimings });
  }

  #onSocket(socket: Socket & { readonly secureConnecting?: boolean }): void {
    const isSecuring = socket.secureConnecting === true;
    // A kept-alive one. `reusedSocket` does not tell: a request that had to wait for its socket lacks it.
    if (!socket.connecting && !isSecuring) {
      this.#onEstablished();
      return;
    }
    socket.on("connectionAttempt", () => this.#startConnectTimer());
    socket.once("connect", () => {
      if (isSecuring) this.#phase = "tls";
      else this.#onEstablished();
    });
    if (isSecuring) socket.once("secureConnect", () => this.#onEstablished());
  }

  #onEstablished(): void {
    this.#phase = "established";
    if (this.#hasEnded) return;
    this.#startTimer(this.#settings.responseTimeoutMs);
    if (this.#upstream.mustFinish) this.#upstream.signal.removeEventListener("abort", this.#onAbort);
  }

  #onResponse(stream: Request, { statusCode: status, headers }: PlainResponse): void {
    const head = { status, contentType: headers["content-type"] ?? "", retryAfter: headers["retry-after"] };
    this.#head = head;
    const { body, memory } = this.#upstream;
    const collector = new ByteCollector(this.#settings.maxResponseBytes, memory);
    stream.on("data", (chunk: Buffer) => {
      const shortage = this.#hasEnded ? undefined : collector.add(chunk);
      if (shortage !== undefined) this.#abandon({ kind: "response", response: { ...head, body: "", shortage } });
    });
    stream.on("end", () => {
      this.#end({ kind: "response", response: { ...head, body: collector.bytes().toString() } });
      // After the other listeners of this event. A response may end before the request does.
      if (body === undefined || stream.writableFinished) setImmediate(emptyStream, stream);
    });
  }

  readonly #onAbort = () => this.#abandon({ kind: "aborted" });

  #startConnectTimer(): void {
    const { connectTimeoutMs } = this.#settings;
    const leftMs = this.#startedAt + 2 * connectTimeoutMs - performance.now();
    this.#startTimer(Math.min(connectTimeoutMs, leftMs));
  }

  #startTimer(timeoutMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#hasEnded) this.#timer = setTimeout(() => this.fail("timeout", timedOut), timeoutMs);
  }

  #abandon(exchange: Exchange): void {
    this.#end(exchange);
    this.#stream?.destroy();
  }

  #end(exchange: Exchange): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#upstream.signal.removeEventListener("abort", this.#onAbort);
    this.#ended.resolve(exchange);
  }
}

/** The system's code of a got error: its own, or its cause's where got's is only `ERR_GOT_REQUEST_ERROR`. */
function readNetworkErrorCode(error: NodeJS.ErrnoException): string {
  const causes = [error.cause as NodeJS.ErrnoException | undefined, error];
  const code = causes.map((cause) => cause?.code).find((text) => /^[A-Z][A-Z0-9_]{2,63}$/.test(String(text)));
  return code === undefined || code.startsWith("ERR_GOT") ? closedByPeer : code;
}
