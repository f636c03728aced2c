import { exampleId } from "./action-store.ts";
import { demoToken } from "./demo-token.ts";
import { scenarios } from "./scenarios.ts";

/** What a playground in front of the sandbox can offer. */
export const demo = { token: demoToken, exampleId, magicNames: Object.keys(scenarios) } as const;
