import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { TransportSettings } from "../contactswing/transport.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import { codeOf, hostOf, openTcp, openTls, probeIdleConnection } from "./connection.ts";

const minCertificateDays = 14;
const dayMs = 86_400_000;

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

const everyRequestFails = "No request can be sent: every one fails with UPSTREAM_UNAVAILABLE.";
const expiresSoon = "Once the certificate has expired, every request fails with UPSTREAM_UNAVAILABLE.";
const isSlow = "Every request opens a connection of its own, which costs time.";
const isRisky =
  "A create request may be sent just as the connection is closed, and then ends as UPSTREAM_ERROR with outcome UNKNOWN.";

/**
 * Whether ContactSwing can be reached at all, and what its connections are like.
 * @param minIdleMs how long an idle connection has to stay open.
 */
export function createReachabilityChecks(settings: TransportSettings, minIdleMs: number): readonly Check[] {
  const idleConnection = probeIdleConnection(settings, minIdleMs);
  return [
    {
      name: "reachability.dns",
      expected: "the host name has an address",
      async run() {
        const host = hostOf(settings.baseUrl);
        if (isIP(host) !== 0) return "an address";
        const addresses = await lookup(host, { all: true }).catch((error) => {
          throw new NotChecked(codeOf(error));
        });
        return addresses.map(({ address }) => address).join(", ");
      },
    },
    {
      name: "reachability.tcp",
      expected: "a connection within UPSTREAM_CONNECT_TIMEOUT_MS",
      async run() {
        const startedAt = performance.now();
        (await openTcp(settings)).destroy();
        return `${Math.ceil(performance.now() - startedAt)} ms`;
      },
    },
    {
      name: "reachability.tls",
      expected: `a trusted certificate that is valid for at least ${minCertificateDays} days`,
      async run() {
        if (!settings.baseUrl.startsWith("https:")) throw new NotChecked("the URL is http:");
        const socket = await openTls(settings).catch((error) => {
          throw /SSL|TLS|CERT|EPROTO/.test(error.message) ? new Different(error.message, everyRequestFails) : error;
        });
        const { authorizationError } = socket;
        const days = Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / dayMs);
        const observed = `${socket.getProtocol()}, ${days} days left`;
        socket.destroy();
        if (authorizationError) throw new Different(`${authorizationError}; ${observed}`, everyRequestFails);
        if (days < minCertificateDays) throw new Different(observed, expiresSoon);
        return observed;
      },
    },
    {
      name: "reachability.keep-alive",
      expected: "an idle HTTP/1.1 connection stays open longer than the 4 s after which the service closes it",
      async run() {
        const { response, closedAfterMs } = await idleConnection;
        const { httpVersion, headers } = response;
        if (httpVersion !== "1.1") throw new Different(`HTTP/${httpVersion}`, isSlow);
        if (headers.connection?.toLowerCase().includes("close")) throw new Different("Connection: close", isSlow);
        if (closedAfterMs !== undefined) throw new Different(`closed after ${seconds(closedAfterMs)}`, isRisky);
        return `open after ${seconds(minIdleMs)}`;
      },
    },
    {
      name: "headers.x-request-id",
      expected: "accepted; nothing depends on whether a response repeats it",
      async run() {
        const { response, requestId } = await idleConnection;
        const value = response.headers["x-request-id"];
        const fate =
          value === undefined ? "is not in the response" : value === requestId ? "is repeated" : "is replaced";
        return `the header ${fate} (status ${response.statusCode})`;
      },
    },
  ];
}
