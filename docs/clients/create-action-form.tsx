// From contactswing-bff 0.1.0 (0ad41f91): docs/clients/create-action-form.tsx. What changes is in docs/changelog.md.
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { canSendAgain, explainFailure, explainWait, mayHaveCreated } from "./explain-failure";
import { type NoResponse, noResponseTexts } from "./explain-no-response";
import type { FoundAction } from "./find-action";
import { readFailure } from "./read-failure";
import { type Result, sendWithRetries, type Waiting } from "./send-with-retries";
import { keepUnsettledInput, readUnsettledInput } from "./unsettled-input";

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

interface FormProps {
  readonly create: (input: CreateActionInput) => Promise<Result<CreatedAction>>;
  /** Looks for an action by its name, where it is not known whether it was created. */
  readonly find?: (name: string) => Promise<FoundAction>;
  /** Finds out why there was no response. */
  readonly findNoResponse?: () => Promise<NoResponse>;
}

/** A form that creates a data extraction action with whatever client `create` uses. */
export function CreateActionForm(props: FormProps) {
  // One key for one action: made when the form opens and kept across retries, also with another token of the same user.
  // If a response is lost, the retry gets the action that the first attempt created.
  const [{ idempotencyKey, unsettled }, setAction] = useState(() =>
    startAction(readUnsettledInput<CreateActionInput>()),
  );
  function startAnother() {
    keepUnsettledInput(undefined);
    setAction(startAction());
  }
  return (
    <OneAction
      key={idempotencyKey}
      idempotencyKey={idempotencyKey}
      unsettled={unsettled}
      startAnother={startAnother}
      {...props}
    />
  );
}

function startAction(unsettled?: CreateActionInput) {
  return { idempotencyKey: unsettled?.idempotencyKey ?? crypto.randomUUID(), unsettled };
}

interface OneActionProps extends FormProps {
  readonly idempotencyKey: string;
  /** What was sent before the page was loaded, and may have created an action. */
  readonly unsettled: CreateActionInput | undefined;
  readonly startAnother: () => void;
}

function OneAction({ idempotencyKey, unsettled, startAnother, create, find, findNoResponse }: OneActionProps) {
  const [sentInput, setSentInput] = useState(unsettled);
  const [result, setResult] = useState<Result<CreatedAction>>();
  const [noResponse, setNoResponse] = useState<NoResponse>();
  // `outcome` describes one attempt: a later one that is rejected does not say what happened to one without a response.
  const [mayExist, setMayExist] = useState(unsettled !== undefined);
  const [isSending, setIsSending] = useState(false);
  const [waiting, setWaiting] = useState<Waiting>();
  const waitRef = useRef<AbortController>(undefined);
  useEffect(() => () => waitRef.current?.abort(), []);

  const failure = readFailure(result?.error);
  const isRestored = unsettled !== undefined && result === undefined && !isSending;
  const isOpen = isRestored || (result?.error !== undefined && (failure === undefined || canSendAgain(failure)));
  const isCreated = result?.data != null || failure?.outcome === "CREATED";
  // Invalid input can be corrected even then: if the action exists, the key accepts no other input.
  const mustCheck = mayExist && !isCreated && failure !== undefined && !isOpen && failure.code !== "BAD_USER_INPUT";
  const isSettled = isCreated || mustCheck;
  const fieldErrors = failure?.fieldErrors ?? [];
  const otherErrors = fieldErrors.filter(({ path }) => fields.every(({ name }) => name !== nameOf(path)));

  async function send(input: CreateActionInput) {
    setSentInput(input);
    setResult(undefined);
    setIsSending(true);
    keepUnsettledInput(input);
    const wait = new AbortController();
    waitRef.current = wait;
    const next = await sendWithRetries(() => create(input), { onWait: setWaiting, signal: wait.signal });
    const nextFailure = readFailure(next.error);
    const isLost = next.error !== undefined && nextFailure === undefined;
    setNoResponse(isLost ? ((await findNoResponse?.()) ?? "lost") : undefined);
    const nextMayExist = mayExist || isLost || mayHaveCreated(nextFailure);
    const nextIsCreated = next.data != null || nextFailure?.outcome === "CREATED";
    keepUnsettledInput(nextMayExist && !nextIsCreated ? input : undefined);
    setMayExist(nextMayExist);
    setResult(next);
    setIsSending(false);
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    void send(readInput(new FormData(event.currentTarget), idempotencyKey));
  }

  return (
    <form aria-label="New action" onSubmit={submit}>
      {/* While an attempt may have succeeded, what is sent again is the same input: the key belongs to it. */}
      <fieldset disabled={isSending || isSettled || (isOpen && mayExist)}>
        {fields.map(({ read, ...field }) => (
          <Field
            key={field.name}
            {...field}
            start={unsettled && read(unsettled)}
            errors={fieldErrors.filter(({ path }) => nameOf(path) === field.name)}
          />
        ))}
        <button type="submit">Create</button>
      </fieldset>
      {waiting && <Wait key={waiting.failure.requestId} waiting={waiting} stop={() => waitRef.current?.abort()} />}
      {isSending && !waiting && <p role="status">Sending …</p>}
      {isRestored && <p role="status">{restoredText}</p>}
      {result?.data && <p role="status">Created {result.data.name}.</p>}
      {result?.error !== undefined && (
        <div role="alert">
          <p>{failure ? explainFailure(failure, mayExist) : noResponseTexts[noResponse ?? "lost"]}</p>
          {otherErrors.map(({ message, path }) => (
            <p key={`${path.join(".")} ${message}`}>{[nameOf(path), message].filter(Boolean).join(": ")}</p>
          ))}
          {mustCheck && find && sentInput && <Check name={sentInput.name} find={find} />}
        </div>
      )}
      {isOpen && sentInput && noResponse !== "blocked" && (
        <button type="button" onClick={() => void send(sentInput)}>
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

/** Says what is waited for, and for how long. */
function Wait({ waiting: { failure, seconds }, stop }: { waiting: Waiting; stop: () => void }) {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="status">
      {explainWait(failure)} Trying again in {left} s.{" "}
      <button type="button" onClick={stop}>
        Stop
      </button>
    </p>
  );
}

/** Looks whether an action has the name, and says what it found. */
function Check({ name, find }: { name: string; find: (name: string) => Promise<FoundAction> }) {
  const [found, setFound] = useState<FoundAction | "failed">();
  const [attempt, setAttempt] = useState(1);
  // Once for each attempt, however often `find` changes.
  useEffect(() => {
    setFound(undefined);
    let isLatest = true;
    find(name).then(
      (result) => isLatest && setFound(result),
      () => isLatest && setFound("failed"),
    );
    return () => {
      isLatest = false;
    };
  }, [name, attempt]);

  const texts: Record<string, ReactNode> = {
    none: "No action with this name exists so far. It may still appear: look again before you create another.",
    incomplete: "No action with this name is among the first ones of the list. Ask support before you create another.",
    failed: "The list of actions could not be read.",
  };
  if (found === undefined) return <p>Looking for an action with this name …</p>;
  return (
    <p>
      {typeof found === "string" ? texts[found] : `An action with this name exists: ${found.name} (${found.id}).`}{" "}
      {typeof found === "string" && (
        <button type="button" onClick={() => setAttempt(attempt + 1)}>
          Look again
        </button>
      )}
    </p>
  );
}

const restoredText =
  "This action may have been created before the page was left. Trying again does not create a second one.";

interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type?: "checkbox";
  readonly read: (input: CreateActionInput) => string | boolean | null;
}

const fields: readonly FormField[] = [
  { name: "name", label: "Name", read: ({ name }) => name },
  { name: "webhook.description", label: "What to find out", read: ({ webhook }) => webhook.description },
  { name: "webhook.syncData", label: "Store the data", type: "checkbox", read: ({ webhook }) => webhook.syncData },
  { name: "webhook.syncModule", label: "Module", read: ({ webhook }) => webhook.syncModule },
  { name: "webhook.syncField", label: "Field", read: ({ webhook }) => webhook.syncField },
];

/** `["input", "webhook", "syncField"]` → the name of the form's field, `webhook.syncField`. */
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

interface FieldProps extends Omit<FormField, "read"> {
  readonly start: string | boolean | null | undefined;
  readonly errors: readonly { readonly message: string }[];
}

/** An input with its errors next to it. */
function Field({ name, label, type, start, errors }: FieldProps) {
  const id = useId();
  const value = type === "checkbox" ? { type, defaultChecked: start === true } : { defaultValue: String(start ?? "") };
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} {...value} aria-invalid={errors.length > 0} aria-describedby={`${id}-errors`} />
      <span id={`${id}-errors`}>{errors.map(({ message }) => message).join(" ")}</span>
    </div>
  );
}
