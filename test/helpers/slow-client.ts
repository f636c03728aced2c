import { openConnection } from "./raw-http.ts";
import type { ScriptedResponse } from "./upstream.ts";

const description = "€".repeat(200_000);
const data = { id: "a", name: "n", type: "SINGLEDATAEXTRACTION", description };
const names = Array.from({ length: 18 }, (_, index) => `d${index}`);
const selection = names.map((name) => `${name}: description`).join(" ");
const query = JSON.stringify({ query: `{ dataExtractionAction(id: "a") { ${selection} } }` });

/** ContactSwing's response for `requestLargeResponse`. */
export const longAction: ScriptedResponse = { status: 200, body: { data } };

/** Whether a text ends with the whole response that `requestLargeResponse` asks for. */
export function endsWithLargeResponse(text: string): boolean {
  const action = Object.fromEntries(names.map((name) => [name, description]));
  return text.endsWith(`${JSON.stringify({ data: { dataExtractionAction: action } })}\n`);
}

/** Requests a response of 11 MB, more than the system buffers, and reads little of it at a time until `readOn` is called. */
export async function requestLargeResponse(url: string) {
  const connection = await openConnection(url);
  const { socket } = connection;
  socket.setEncoding("utf8");
  let isSlow = true;
  socket.on("data", () => {
    if (!isSlow) return;
    socket.pause();
    setTimeout(() => socket.resume(), 250);
  });
  const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nAuthorization: Bearer t\r\nContent-Type: application/json";
  socket.write(`${head}\r\nContent-Length: ${query.length}\r\n\r\n${query}`);
  return {
    ...connection,
    readOn() {
      isSlow = false;
      socket.resume();
    },
  };
}
