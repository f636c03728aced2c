import { randomUUID } from "node:crypto";

/** An action as `GET /v2/_actions/{action_id}` and the list describe it. */
export interface StoredAction {
  readonly id: string;
  readonly company_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly is_active: boolean;
  /** Only kinds that have a webhook have this field. */
  readonly webhook?: unknown;
}

export type NewAction = Pick<StoredAction, "name" | "type"> & Partial<StoredAction>;

export const exampleId = "sandbox:example";

const dataExtraction = (id: string, name: string, fields: Partial<StoredAction>): NewAction => ({
  id,
  name,
  type: "SINGLEDATAEXTRACTION",
  ...fields,
});

/** The actions that exist from the start: more than one page of 10, of several kinds. */
const seededActions: readonly NewAction[] = [
  dataExtraction(exampleId, "My Data Extraction Action", {
    description: "Trigger this action if the user requests data extraction.",
    webhook: {
      mandatory: true,
      name: "interested",
      description: "user interested on buying the product",
      type: "yes/no",
      sync_data: true,
      sync_module: "customers",
      sync_field: "customer_timezone",
    },
  }),
  { id: "sandbox:other-type", name: "Order placed", type: "WEBHOOK", webhook: {} },
  { id: "sandbox:appointment", name: "Book a demo", type: "APPOINTMENT" },
  { id: "sandbox:whatsapp", name: "Send the brochure", type: "SEND_WHATSAPP" },
  dataExtraction("sandbox:budget", "Budget", {
    description: "Trigger this action when the user talks about money.",
    webhook: { mandatory: false, name: "budget", description: "budget of the user in US dollars", type: "number" },
  }),
  { id: "sandbox:email", name: "Send the offer", type: "SEND_EMAIL" },
  { id: "sandbox:sms", name: "Confirm the appointment", type: "SEND_SMS", is_active: false },
  { id: "sandbox:transfer", name: "Transfer to sales", type: "CALL_TRANSFER" },
  { id: "sandbox:dtmf", name: "Choose a language", type: "DTMF_ACTION" },
  dataExtraction("sandbox:consent", "Consent to recording", {
    is_active: false,
    webhook: { mandatory: true, name: "consent", description: "user agrees to be recorded", type: "yes/no" },
  }),
  { id: "sandbox:aircall", name: "Log in Aircall", type: "AIRCALL" },
  dataExtraction("sandbox:callback", "Callback", {
    description: "Trigger this action when the user has no time to talk.",
    webhook: {
      mandatory: false,
      name: "callback",
      description: "user wants to be called back",
      type: "yes/no",
      sync_data: false,
    },
  }),
  { id: "sandbox:laboredge", name: "Find open shifts", type: "LABOREDGE" },
];

export interface ActionStore {
  add(action: NewAction): StoredAction;
  find(id: string): StoredAction | undefined;
  /** All actions, oldest first. */
  list(): readonly StoredAction[];
}

/** Actions in memory; they end with the process. */
export function createActionStore(): ActionStore {
  const actions = new Map<string, StoredAction>();

  function add({ id = randomUUID(), name, type, ...fields }: NewAction): StoredAction {
    const common = { company_id: "5a4d0c1e-8a53-4c4f-9d3b-sandbox00001", description: null, is_active: true };
    const action = { id, ...common, name, type, ...fields };
    actions.set(id, action);
    return action;
  }

  for (const action of seededActions) add(action);
  return { add, find: (id) => actions.get(id), list: () => [...actions.values()] };
}
