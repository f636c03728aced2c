import type { ServerResponse } from "node:http";
import type { Act } from "./act.ts";

// Announced, and never sent in full.
const halfBody = '{"ctx_id": "sandbox", "data": {"action_id": "sandb';
const wholeBytes = 4096;

/** Plays what needs nothing but the connection: answers, silence, and answers that break off. */
export function playAct(act: Exclude<Act, { kind: "delay" | "outage" }>, response: ServerResponse): void {
  switch (act.kind) {
    case "answer":
      response.writeHead(act.status, act.headers).end(act.body);
      return;
    case "silence":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "half":
      response.writeHead(act.status, { "content-type": "application/json", "content-length": wholeBytes });
      response.write(halfBody, () => {
        if (act.end === "reset") response.socket?.end();
      });
  }
}
