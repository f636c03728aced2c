import { inspect } from "node:util";

// RFC 6750, section 2.1: "Bearer" 1*SP b64token. The scheme's case does not matter (RFC 9110, section 11.1).
const bearerPattern = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * The caller's token. Opaque: printed, logged, serialized, or concatenated it reveals nothing. Only
 * {@link BearerToken.authorizationHeader} and {@link BearerToken.reveal} return it.
 */
export class BearerToken {
  readonly #header: string;
  readonly #value: string;

  private constructor(header: string, value: string) {
    this.#header = header;
    this.#value = value;
  }

  /** Reads an `Authorization` header's value; undefined when it is not one well-formed bearer token. */
  static parse(header: string | undefined): BearerToken | undefined {
    const match = bearerPattern.exec(header ?? "");
    return match === null ? undefined : new BearerToken(match[0], match[1] as string);
  }

  /** The header's value as the caller sent it. */
  authorizationHeader(): string {
    return this.#header;
  }

  /** The token alone, for verifying or digesting it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[bearer token]";
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
