import process from "node:process";
import { readConfig } from "./config.ts";
import { prepareService } from "./prepare-service.ts";
import { runService } from "./run-service.ts";
import { demoToken } from "./sandbox/demo-token.ts";

void runService(async () => prepareService(readConfig(process.env), { rejectedToken: demoToken }));
