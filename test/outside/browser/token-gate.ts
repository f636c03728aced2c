import { demoToken } from "../../../src/auth/demo-token.ts";
import { startUpstream } from "../../helpers/upstream.ts";

/** A ContactSwing that accepts several tokens, which may change: the sandbox behind it accepts one. */
export async function startTokenGate(sandboxUrl: string, accepted: ReadonlySet<string>): Promise<string> {
  const { url } = await startUpstream(async ({ method, path, headers: { authorization = "" }, body }) => {
    const token = accepted.has(authorization.replace("Bearer ", "")) ? demoToken : "rejected";
    const response = await fetch(`${sandboxUrl}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      ...(method === "POST" && { body }),
    });
    return { status: response.status, body: await response.json() };
  });
  return url;
}
