import { demoToken } from "../auth/demo-token.ts";
import type { PlaygroundDemo } from "../playground/settings.ts";
import { exampleId } from "./action-store.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const entries: readonly (readonly [string, Scenario])[] = Object.entries(scenarios);

/** What the playground offers in front of the sandbox. */
export const demo: PlaygroundDemo = {
  token: demoToken,
  exampleId,
  /** Scenarios as an `x-request-id` names them, with what they do. */
  scenarios: entries.map(([name, { happens }]) => ({
    requestId: name.replace(":", "-"),
    happens: happens.replaceAll("`", ""),
  })),
};
