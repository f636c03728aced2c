import { type FormEvent, useId, useState } from "react";
import { explainFailure } from "./explain-failure";
import { readFailure } from "./read-failure";
import { type Result, sendWithRetries } from "./send-with-retries";

export interface CreateActionInput {
  readonly name: string;
  readonly webhook: {
    readonly description: string | null;
    readonly syncData: boolean;
    readonly syncModule: string | null;
    readonly syncField: string | null;
  };
  readonly idempotencyKey: string;
}

export interface CreatedAction {
  readonly id: string;
  readonly name: string;
  readonly isActive?: boolean | null | undefined;
}

/** A form that creates a data extraction action with whatever client `create` uses. */
export function CreateActionForm({ create }: { create: (input: CreateActionInput) => Promise<Result<CreatedAction>> }) {
  // One key for one action: made when the form opens and kept across retries. If a response is lost, the retry gets the
  // action that the first attempt created.
  const [idempotencyKey, setIdempotencyKey] = useState(() => crypto.randomUUID());
  const [sentInput, setSentInput] = useState<CreateActionInput>();
  const [result, setResult] = useState<Result<CreatedAction>>();
  const [isSending, setIsSending] = useState(false);

  const failure = readFailure(result?.error);
  const hasNoResponse = result?.error !== undefined && failure === undefined;
  const isSettled = result?.data != null || failure?.outcome === "CREATED" || failure?.outcome === "UNKNOWN";
  const fieldErrors = failure?.fieldErrors ?? [];
  const errorsOf = (name: string) => fieldErrors.filter(({ path }) => nameOf(path) === name);
  const otherErrors = fieldErrors.filter(({ path }) => !inputNames.includes(nameOf(path)));

  async function send(input: CreateActionInput) {
    setSentInput(input);
    setIsSending(true);
    setResult(await sendWithRetries(() => create(input)));
    setIsSending(false);
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    void send(readInput(new FormData(event.currentTarget), idempotencyKey));
  }

  function startAnother() {
    setIdempotencyKey(crypto.randomUUID());
    setResult(undefined);
  }

  return (
    <form onSubmit={submit}>
      <fieldset disabled={isSending || isSettled || hasNoResponse}>
        <Field name="name" label="Name" errors={errorsOf("name")} />
        <Field name="webhook.description" label="What to find out" errors={errorsOf("webhook.description")} />
        <Field name="webhook.syncData" label="Store the data" type="checkbox" errors={errorsOf("webhook.syncData")} />
        <Field name="webhook.syncModule" label="Module" errors={errorsOf("webhook.syncModule")} />
        <Field name="webhook.syncField" label="Field" errors={errorsOf("webhook.syncField")} />
        <button type="submit">Create</button>
      </fieldset>
      {result?.data && <p role="status">Created {result.data.name}.</p>}
      {result?.error !== undefined && (
        <div role="alert">
          <p>{explainFailure(failure)}</p>
          {otherErrors.map(({ message, path }) => (
            <p key={`${path.join(".")} ${message}`}>{message}</p>
          ))}
        </div>
      )}
      {/* The key belongs to this input, so what is sent again is the same input. */}
      {hasNoResponse && sentInput && (
        <button type="button" disabled={isSending} onClick={() => void send(sentInput)}>
          Try again
        </button>
      )}
      {isSettled && (
        <button type="button" onClick={startAnother}>
          Create another
        </button>
      )}
    </form>
  );
}

const inputNames = ["name", "webhook.description", "webhook.syncData", "webhook.syncModule", "webhook.syncField"];

/** `["input", "webhook", "syncField"]` → the name of the form's input, `webhook.syncField`. */
function nameOf(path: readonly string[]): string {
  return path.slice(1).join(".");
}

function readInput(data: FormData, idempotencyKey: string): CreateActionInput {
  // An optional field that was left empty is absent, not blank.
  const read = (name: string) => String(data.get(name) ?? "") || null;
  return {
    name: read("name") ?? "",
    webhook: {
      description: read("webhook.description"),
      syncData: data.get("webhook.syncData") !== null,
      syncModule: read("webhook.syncModule"),
      syncField: read("webhook.syncField"),
    },
    idempotencyKey,
  };
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly type?: string;
  readonly errors: readonly { readonly message: string; readonly rule: string }[];
}

/** An input with its errors next to it. */
function Field({ name, label, type = "text", errors }: FieldProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} type={type} aria-invalid={errors.length > 0} aria-describedby={`${id}-errors`} />
      <span id={`${id}-errors`}>{errors.map(({ message }) => message).join(" ")}</span>
    </div>
  );
}
