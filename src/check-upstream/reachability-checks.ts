import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { asExpected, type Check, different, type Finding, notChecked } from "./check.ts";
import { codeOf, headerOf, open, readTarget } from "./connection.ts";
import type { Upstream } from "./upstream.ts";

const minCertificateDays = 14;
const dayMs = 86_400_000;

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

async function checkCertificate(upstream: Upstream): Promise<Finding> {
  const target = readTarget(upstream.settings);
  if (!target.isSecure) return notChecked("the URL is http:");
  const { connectTimeoutMs } = upstream.settings;
  try {
    const socket = (await open(target, connectTimeoutMs, { isTrusted: false })) as TLSSocket;
    const { authorizationError } = socket;
    const days = Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / dayMs);
    const observed = `${socket.getProtocol()}, ${days} days left`;
    socket.destroy();
    if (authorizationError) {
      const meaning = "No request can be sent: every one fails with UPSTREAM_UNAVAILABLE.";
      return different(`${String(authorizationError)}; ${observed}`, meaning);
    }
    const meaning = "Once the certificate has expired, every request fails with UPSTREAM_UNAVAILABLE.";
    return days < minCertificateDays ? different(observed, meaning) : asExpected(observed);
  } catch (error) {
    const code = codeOf(error);
    const isTlsError = /SSL|TLS|CERT|EPROTO/.test(code);
    return isTlsError
      ? different(code, "No request can be sent: every one fails with UPSTREAM_UNAVAILABLE.")
      : notChecked(code);
  }
}

/** The checks that say whether ContactSwing could be reached at all. */
export const reachabilityChecks: readonly Check[] = [
  {
    name: "reachability.dns",
    expected: "the host name has an address",
    async run(upstream) {
      const { host } = readTarget(upstream.settings);
      if (isIP(host) !== 0) return asExpected("an address");
      try {
        const addresses = await lookup(host, { all: true });
        return asExpected(addresses.map(({ address }) => address).join(", "));
      } catch (error) {
        return notChecked(codeOf(error));
      }
    },
  },
  {
    name: "reachability.tcp",
    expected: "a connection within UPSTREAM_CONNECT_TIMEOUT_MS",
    async run(upstream) {
      const startedAt = performance.now();
      try {
        (await open(readTarget(upstream.settings), upstream.settings.connectTimeoutMs)).destroy();
        return asExpected(`${Math.ceil(performance.now() - startedAt)} ms`);
      } catch (error) {
        return notChecked(codeOf(error));
      }
    },
  },
  {
    name: "reachability.tls",
    expected: `a trusted certificate that is valid for at least ${minCertificateDays} days`,
    run: checkCertificate,
  },
  {
    name: "reachability.keep-alive",
    expected: "an idle HTTP/1.1 connection stays open longer than the 4 s after which the service closes it",
    async run(upstream) {
      const { minIdleMs } = upstream.settings;
      const slow = "Every request opens a connection of its own, which costs time.";
      const risky =
        "A create request may be sent just as the connection is closed, and then ends as UPSTREAM_ERROR with outcome UNKNOWN.";
      try {
        const { head, closedAfterMs } = await upstream.probeIdleConnection();
        if (!head.startsWith("HTTP/1.1 ")) return different(head.split("\r\n")[0] || "no HTTP response", slow);
        if (/\bclose\b/i.test(headerOf(head, "connection") ?? "")) return different("Connection: close", slow);
        if (closedAfterMs === undefined) return asExpected(`open after ${seconds(minIdleMs)}`);
        return different(`closed after ${seconds(closedAfterMs)}`, risky);
      } catch (error) {
        return notChecked(codeOf(error));
      }
    },
  },
  {
    name: "headers.x-request-id",
    expected: "accepted; nothing depends on whether a response repeats it",
    async run(upstream) {
      try {
        const { head, requestId } = await upstream.probeIdleConnection();
        const status = head.split(" ")[1];
        const value = headerOf(head, "x-request-id");
        const fate =
          value === undefined ? "is not in the response" : value === requestId ? "is repeated" : "is replaced";
        return asExpected(`the header ${fate} (status ${status})`);
      } catch (error) {
        return notChecked(codeOf(error));
      }
    },
  },
];
