import type { ServerResponse } from "node:http";

/** How the sandbox deviates from responding normally. */
export type Behavior =
  | FixedResponse
  /** Never responds. */
  | { readonly kind: "hang" }
  /** Reads the request and drops the connection. */
  | { readonly kind: "reset" }
  /** Sends the head of a response and part of its body, then nothing more or the end of the connection. */
  | { readonly kind: "partial"; readonly status: number; readonly end: "hang" | "close" }
  /** Respond normally after `slowMs`. */
  | { readonly kind: "delay" }
  /** Respond normally, then refuse connections for `outageMs`. */
  | { readonly kind: "outage" }
  /** Respond normally; the list is empty. */
  | { readonly kind: "empty" }
  /** Respond normally, without `ctx_id`. */
  | { readonly kind: "no-ctx-id" };

export interface FixedResponse {
  readonly kind: "response";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** FastAPI's JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): FixedResponse {
  const contentType = { "content-type": "application/json" };
  return { kind: "response", status, headers: { ...contentType, ...headers }, body: JSON.stringify(body) };
}

/** The body of FastAPI's `HTTPException`, or its list of validation problems. */
export function detail(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): FixedResponse {
  return json(status, { detail: value }, headers);
}

/** Plain text as Starlette and Cloud Run send it. */
export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): FixedResponse {
  return { kind: "response", status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

/** The page that Google's front end sends when a request does not reach the application. */
export function page(status: number, reason: string, sentence: string): FixedResponse {
  const body = `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${status} ${reason}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${reason}</h1>
<h2>${sentence}</h2>
<h2></h2>
</body></html>
`;
  return { kind: "response", status, headers: { "content-type": "text/html; charset=UTF-8" }, body };
}

export function sendResponse({ status, headers, body }: FixedResponse, response: ServerResponse): void {
  response.writeHead(status, headers).end(body);
}

const partialBody = '{"ctx_id": "sandbox", "data": {"action_id": "sandb';
const announcedBytes = 4096;

export function sendPartialResponse(status: number, end: "hang" | "close", response: ServerResponse): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": announcedBytes });
  response.write(partialBody, () => {
    if (end === "close") response.socket?.end();
  });
}
