import process from "node:process";
import { demoToken } from "./auth/demo-token.ts";
import { readConfig } from "./config.ts";
import { runUntilSignal } from "./process/run-until-signal.ts";
import { createServiceProcess } from "./process/service-process.ts";

void runUntilSignal(async () => createServiceProcess(readConfig(process.env), { rejectedToken: demoToken }));
