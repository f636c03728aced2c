import { randomUUID } from "node:crypto";

/** What is kept of an action, in the REST API's words. */
interface StoredAction {
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly webhook: unknown;
}

export interface ActionStore {
  /** Keeps an action; returns its id. */
  add(action: Readonly<Record<string, unknown>>): string;
  /** An action as `GET /v2/_actions/{action_id}` has it. */
  find(id: string): (StoredAction & { readonly id: string }) | undefined;
}

const companyId = "5a4d0c1e-8a53-4c4f-9d3b-sandbox00001";

const exampleWebhook = {
  mandatory: true,
  name: "interested",
  description: "user interested on buying the product",
  type: "yes/no",
  sync_data: true,
  sync_module: "customers",
  sync_field: "customer_timezone",
};

/** Actions that exist from the start: one to read, and one of another kind. */
const exampleActions: Readonly<Record<string, StoredAction>> = {
  "sandbox:example": {
    name: "My Data Extraction Action",
    description: "Trigger this action if the user requests data extraction.",
    type: "SINGLEDATAEXTRACTION",
    webhook: exampleWebhook,
  },
  "sandbox:other-type": { name: "Order placed", description: null, type: "WEBHOOK", webhook: {} },
};

export const exampleId = "sandbox:example";

/** Actions in memory; they end with the process. */
export function createActionStore(): ActionStore {
  const actions = new Map(Object.entries(exampleActions));
  return {
    add({ name, description = null, type, webhook }) {
      const id = randomUUID();
      actions.set(id, { name, description, type, webhook } as StoredAction);
      return id;
    },
    find(id) {
      const action = actions.get(id);
      return action && { id, company_id: companyId, ...action, is_active: true };
    },
  };
}
