import { randomUUID } from "node:crypto";
import { createActionStore, exampleId, type NewAction } from "./action-store.ts";
import { type Behavior, detail, type FixedResponse, json } from "./behavior.ts";
import { createActionModel, jsonProblem, readInteger, type ValidationProblem, validateBody } from "./fastapi.ts";
import { findScenario } from "./scenarios.ts";

export interface HandlerRequest {
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** The sandbox's response to a valid request. */
export interface Handling {
  /** The value in the request that may name a scenario: an action's name or ID. */
  readonly selector?: string;
  /** Responds as usual, or as usual within a scenario. */
  readonly respond: (scenario?: Behavior["kind"]) => FixedResponse;
}

export type Handler = (request: HandlerRequest) => Handling;

const defaultPerPage = 10;
const maxPerPage = 100;
const detailsPrefix = "sandbox:details-";

const contextId = (scenario: Behavior["kind"] | undefined) =>
  scenario === "no-ctx-id" ? {} : { ctx_id: randomUUID() };

const success = (data: unknown, scenario: Behavior["kind"] | undefined) =>
  json(200, { ...contextId(scenario), data, message: "Request processed successfully" });

/** ContactSwing's side of each operation, by the operation's name, for a caller whose token is valid. */
export function createHandlers(): Readonly<Record<string, Handler>> {
  const actions = createActionStore();

  return {
    createDataExtractionAction({ body }) {
      let action: unknown;
      try {
        action = JSON.parse(body);
      } catch {
        return { respond: () => detail(422, [jsonProblem(0)]) };
      }
      const problems = validateBody(action, createActionModel);
      if (problems.length > 0) return { respond: () => detail(422, problems) };
      // The documented response to a read lacks it.
      const { action_timing: _, ...created } = action as NewAction & { readonly action_timing: unknown };
      const { name, type } = created;
      if (isMisspelled(name)) return { respond: () => detail(400, "The sandbox has no scenario of this name.") };
      return {
        selector: name,
        respond(scenario) {
          const { id } = actions.add(created);
          return json(201, { ...contextId(scenario), data: { action_id: id, name, type } });
        },
      };
    },

    dataExtractionAction({ pathParameters: { action_id: id = "" } }) {
      const action = actions.find(id);
      return {
        selector: action?.name.startsWith(detailsPrefix) ? toDetailsScenario(action.name) : id,
        respond(scenario) {
          const found = action ?? (scenario && actions.find(exampleId));
          return found ? success({ ...found, id }, scenario) : detail(404, "Action not found");
        },
      };
    },

    dataExtractionActions({ query }) {
      const problems: ValidationProblem[] = [];
      const page = readInteger(query, "page", { fallback: 1, ge: 1 }, problems);
      const perPage = readInteger(query, "per_page", { fallback: defaultPerPage, ge: 1, le: maxPerPage }, problems);
      return {
        respond(scenario) {
          if (problems.length > 0) return detail(422, problems);
          const rows = scenario === "empty" ? [] : actions.list();
          const pages = Math.ceil(rows.length / perPage);
          const pagination = {
            current_page: page,
            per_page: perPage,
            total_records: rows.length,
            total_pages: pages,
            has_next: page < pages,
          };
          return success({ data: rows.slice((page - 1) * perPage, page * perPage), pagination }, scenario);
        },
      };
    },
  };
}

/** `sandbox:details-500` creates an action as usual; reading it then plays `sandbox:500`. */
const toDetailsScenario = (name: string) => name.replace(detailsPrefix, "sandbox:");

const isMisspelled = (name: string) =>
  name.startsWith("sandbox:") && findScenario(toDetailsScenario(name)) === undefined;
