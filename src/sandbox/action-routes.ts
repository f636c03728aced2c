import { randomUUID } from "node:crypto";
import { type AnswerAct, detail, json } from "./act.ts";
import { createActionStore, exampleId } from "./action-store.ts";
import { jsonProblem, validateBody } from "./fastapi.ts";
import { findScenarioOfCreate, findScenarioOfDetails, findScenarioOfRead } from "./find-scenario.ts";
import { createActionModel } from "./rest-fields.ts";
import type { Scenario } from "./scenarios.ts";

/** What to do with a call: answer as usual, or play a scenario that may want the usual answer too. */
export interface Part {
  readonly scenario: Scenario | undefined;
  /** Does what the call asks for. */
  readonly answer: () => AnswerAct;
}

export interface ActionRoutes {
  /** `POST /v2/_actions` with this body. */
  create(body: string): Part;
  /** `GET /v2/_actions/{action_id}`. */
  read(id: string): Part;
}

/** ContactSwing's two routes, for a caller whose token is good. */
export function createActionRoutes(): ActionRoutes {
  const actions = createActionStore();
  const only = (answer: AnswerAct): Part => ({ scenario: undefined, answer: () => answer });

  function addAction(action: Readonly<Record<string, unknown>>): AnswerAct {
    const data = { action_id: actions.add(action), name: action.name, type: action.type };
    return json(201, { ctx_id: randomUUID(), data });
  }

  function describeAction(id: string, data = actions.find(id)): AnswerAct {
    if (data === undefined) return detail(404, "Action not found");
    return json(200, { ctx_id: randomUUID(), data: { ...data, id }, message: "Request processed successfully" });
  }

  return {
    create(text) {
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch {
        return only(detail(422, [jsonProblem(0)]));
      }
      const problems = validateBody(body, createActionModel);
      if (problems.length > 0) return only(detail(422, problems));
      const action = body as Readonly<Record<string, unknown>>;
      const scenario = findScenarioOfCreate(String(action.name));
      if (scenario === "unknown") return only(detail(400, "The sandbox knows no scenario of this name."));
      return { scenario: scenario === "none" ? undefined : scenario, answer: () => addAction(action) };
    },
    read(id) {
      const scenario = findScenarioOfRead(id);
      if (scenario !== undefined) return { scenario, answer: () => describeAction(id, actions.find(exampleId)) };
      const name = actions.find(id)?.name ?? "";
      return { scenario: findScenarioOfDetails(name), answer: () => describeAction(id) };
    },
  };
}
