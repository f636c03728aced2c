import { type Scenario, scenarios } from "./scenarios.ts";

const table: Readonly<Record<string, Scenario>> = scenarios;
const prefix = "sandbox:";
const detailsPrefix = "sandbox:details-";

function find(value: string): Scenario | undefined {
  return Object.hasOwn(table, value) ? table[value] : undefined;
}

/**
 * The scenario that a create's `name` asks for, `none` for an ordinary name, `unknown` for a magic one that is not in
 * the table. `sandbox:details-500` creates an action as usual; reading it then plays `sandbox:500`.
 */
export function findScenarioOfCreate(name: string): Scenario | "none" | "unknown" {
  if (!name.startsWith(prefix) || findScenarioOfDetails(name) !== undefined) return "none";
  return find(name) ?? "unknown";
}

/** The scenario that a read's id asks for. */
export function findScenarioOfRead(id: string): Scenario | undefined {
  const scenario = find(id);
  return scenario?.read === undefined ? undefined : scenario;
}

/** The scenario that reading an action of this name plays. */
export function findScenarioOfDetails(name: string): Scenario | undefined {
  return name.startsWith(detailsPrefix) ? findScenarioOfRead(prefix + name.slice(detailsPrefix.length)) : undefined;
}
