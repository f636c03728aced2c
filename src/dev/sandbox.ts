import process from "node:process";
import { createSandbox } from "../sandbox/sandbox.ts";

const { port, hostname } = new URL(process.env.CONTACTSWING_URL ?? "");
const sandbox = createSandbox();
await sandbox.start(Number(port), hostname);
process.stdout.write("ContactSwing sandbox: started with its example actions only\n");
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void sandbox.stop());
