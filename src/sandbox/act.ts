/** What the sandbox does with a call instead of creating or reading an action as usual. */
export type Act =
  | AnswerAct
  /** Never answers. */
  | { readonly kind: "silence" }
  /** Takes the request and drops the connection. */
  | { readonly kind: "reset" }
  /** Sends the head of an answer and half of its body, and then nothing more, or the end of the connection. */
  | { readonly kind: "half"; readonly status: number; readonly end: "silence" | "reset" }
  /** Does the usual, but only after a while. */
  | { readonly kind: "delay" }
  /** Does the usual, and then nothing listens for a while. */
  | { readonly kind: "outage" };

export interface AnswerAct {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** FastAPI's JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): AnswerAct {
  const contentType = { "content-type": "application/json" };
  return { kind: "answer", status, headers: { ...contentType, ...headers }, body: JSON.stringify(body) };
}

/** FastAPI's error of an `HTTPException`, or its list of validation problems. */
export function detail(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): AnswerAct {
  return json(status, { detail: value }, headers);
}

/** Starlette's and Cloud Run's plain text. */
export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): AnswerAct {
  return { kind: "answer", status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

/** The page that Google's front end answers with when a call does not reach the application. */
export function page(status: number, reason: string, sentence: string): AnswerAct {
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
  return { kind: "answer", status, headers: { "content-type": "text/html; charset=UTF-8" }, body };
}
