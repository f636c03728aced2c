// Given to a process by --import: says on standard error which modules of OpenTelemetry it loads, by any way.
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (resolved.url.includes("/@opentelemetry/")) process.stderr.write(`loads ${resolved.url}\n`);
    return resolved;
  },
});
