// Run inside the container by HEALTHCHECK: exits with 0 while /health/live returns 200. Not /health/ready: a container
// that is draining is healthy.
import process from "node:process";

const { PORT, HOST } = process.env;
const everyAddress = ["", "0.0.0.0", "::", undefined];
const host = everyAddress.includes(HOST?.trim()) ? "127.0.0.1" : HOST.trim();
const authority = `${host.includes(":") ? `[${host}]` : host}:${PORT?.trim() || 4000}`;

try {
  const { ok } = await fetch(`http://${authority}/health/live`, { signal: AbortSignal.timeout(2000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
