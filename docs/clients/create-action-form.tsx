// From contactswing-bff 0.1.0 (c9d2ac79): docs/clients/create-action-form.tsx. What changes is in docs/changelog.md.
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { FieldError } from "./error-extensions.d.ts";
import { canSendAgain, explainFailure, explainWait, mayHaveCreated } from "./explain-failure";
import { type NoResponse, noResponseTexts } from "./explain-no-response";
import type { FoundAction } from "./find-action";
import { type Failure, readFailure } from "./read-failure";
import { type Result, sendWithRetries, type Waiting } from "./send-with-retries";
import { isKeyKnown, keepUnsettled, readUnsettled, type Unsettled } from "./unsettled-input";

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
  /** Whose token the requests carry: a key belongs to one user. */
  readonly user: string;
  readonly create: (input: CreateActionInput) => Promise<Result<CreatedAction>>;
  /** Looks for an action by its name, where it is not known whether it was created. */
  readonly find?: (name: string) => Promise<FoundAction>;
  /** Finds out why there was no response. */
  readonly findNoResponse?: () => Promise<NoResponse>;
  /** Your own wording of a field error, by its `rule` and `params`. */
  readonly explainFieldError?: (error: FieldError) => string;
}

/** A form that creates a data extraction action with whatever client `create` uses. */
export function CreateActionForm(props: FormProps) {
  return <ActionsOfUser key={props.user} {...props} />;
}

/** An action to be created. */
interface NewAction {
  /**
   * One for each action: made when the form opens and kept across retries, also with another token of the same user. If a
   * response is lost, the retry gets the action that the first attempt created.
   */
  readonly idempotencyKey: string;
  readonly start?: CreateActionInput | undefined;
  /** What was sent before the page was left. */
  readonly unsettled?: Unsettled<CreateActionInput> | undefined;
}

function ActionsOfUser(props: FormProps) {
  const { user } = props;
  const [action, setAction] = useState((): NewAction => {
    const unsettled = readUnsettled<CreateActionInput>(user);
    return { idempotencyKey: unsettled?.input.idempotencyKey ?? createKey(), start: unsettled?.input, unsettled };
  });
  function startAnother(start?: CreateActionInput) {
    keepUnsettled(user, undefined);
    setAction({ idempotencyKey: createKey(), start });
  }
  return <OneAction key={action.idempotencyKey} {...action} startAnother={startAnother} {...props} />;
}

/** Like `crypto.randomUUID()`, which browsers have only on pages with HTTPS. */
function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * - `editing`: nothing was created, or nothing was sent.
 * - `repeatable`: the action may exist, and sending the same input again does not create a second one.
 * - `unknown`: the action may exist, and another attempt would not help.
 */
type State = "editing" | "repeatable" | "unknown" | "created";

interface OneActionProps extends NewAction, FormProps {
  readonly startAnother: (start?: CreateActionInput) => void;
}

function OneAction(props: OneActionProps) {
  const { idempotencyKey, start, unsettled, startAnother, user, create, find, findNoResponse } = props;
  const { explainFieldError = ({ message }) => message } = props;
  const [sent, setSent] = useState<Pick<Unsettled<CreateActionInput>, "input" | "sentAt"> | undefined>(unsettled);
  const [state, setState] = useState<State>(restoreState(unsettled));
  const [result, setResult] = useState<Result<CreatedAction>>();
  const [noResponse, setNoResponse] = useState<NoResponse>();
  // `outcome` describes one attempt: a later one that is rejected does not say what happened to one without a response.
  const [mayExist, setMayExist] = useState(unsettled !== undefined);
  const [isSending, setIsSending] = useState(false);
  const [waiting, setWaiting] = useState<Waiting>();
  const waitRef = useRef<AbortController>(undefined);
  useEffect(() => () => waitRef.current?.abort(), []);
  // The button that was pressed is disabled meanwhile and loses the focus.
  const messagesRef = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (result !== undefined) messagesRef.current?.focus();
  }, [result]);

  const failure = readFailure(result?.error);
  const canTryAgain =
    state === "repeatable" ||
    (state === "editing" && result?.error !== undefined && (failure === undefined || canSendAgain(failure)));
  const notice = result === undefined && !isSending ? unsettledTexts[state] : undefined;
  const fieldErrors = state === "created" ? [] : (failure?.fieldErrors ?? []);
  const otherErrors = fieldErrors.filter(({ path }) => fields.every(({ name }) => name !== nameOf(path)));

  async function send(input: CreateActionInput, sentAt: number) {
    setSent({ input, sentAt });
    setResult(undefined);
    setIsSending(true);
    // The page may be left before there is a response.
    keepUnsettled(user, { input, sentAt, canRepeat: true });
    const wait = new AbortController();
    waitRef.current = wait;
    let mayHaveExisted = mayExist;
    const onWait = (waited: Waiting | undefined) => {
      mayHaveExisted ||= mayHaveCreated(waited?.failure);
      setWaiting(waited);
    };
    const next = await sendWithRetries(() => create(input), { onWait, signal: wait.signal });
    const nextFailure = readFailure(next.error);
    const isLost = next.error !== undefined && nextFailure === undefined;
    const nextNoResponse = isLost ? ((await findNoResponse?.()) ?? "lost") : undefined;
    const nextMayExist = mayHaveExisted || (isLost && nextNoResponse !== "blocked") || mayHaveCreated(nextFailure);
    const nextState = findState(next, nextFailure, nextMayExist);
    const isUnsettled = nextMayExist && nextState !== "created";
    keepUnsettled(user, isUnsettled ? { input, sentAt, canRepeat: nextState !== "unknown" } : undefined);
    setNoResponse(nextNoResponse);
    setMayExist(nextMayExist);
    setState(nextState);
    setResult(next);
    setIsSending(false);
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const earlier = mayExist ? sent : undefined;
    if (earlier && !isKeyKnown(earlier.sentAt)) {
      keepUnsettled(user, { ...earlier, canRepeat: false });
      setResult(undefined);
      setState("unknown");
      return;
    }
    // The key belongs to what was sent with it.
    const isSame = state === "repeatable" && earlier !== undefined;
    const input = isSame ? earlier.input : readInput(new FormData(event.currentTarget), idempotencyKey);
    void send(input, earlier?.sentAt ?? Date.now());
  }

  return (
    <form aria-label="New action" onSubmit={submit}>
      <fieldset disabled={isSending || state !== "editing"}>
        {fields.map(({ read, ...field }) => (
          <Field
            key={field.name}
            {...field}
            start={start && read(start)}
            errors={fieldErrors.filter(({ path }) => nameOf(path) === field.name).map(explainFieldError)}
          />
        ))}
      </fieldset>
      <button type="submit" disabled={isSending || state === "unknown" || state === "created"}>
        {canTryAgain ? "Try again" : "Create"}
      </button>
      {!isSending && state !== "editing" && (
        <button type="button" onClick={() => startAnother(state === "created" ? undefined : sent?.input)}>
          {state === "created" ? "Create another" : "Start again with a new key"}
        </button>
      )}
      {waiting && <Wait key={waiting.failure.requestId} waiting={waiting} stop={() => waitRef.current?.abort()} />}
      {isSending && !waiting && <p role="status">Sending …</p>}
      <div ref={messagesRef} tabIndex={-1}>
        {notice && <p role="status">{notice}</p>}
        {result?.data && <p role="status">Created {result.data.name}.</p>}
        {result?.error !== undefined && (
          <div role="alert">
            <p>{failure ? explainFailure(failure, mayExist) : noResponseTexts[noResponse ?? "lost"]}</p>
            {otherErrors.map((error) => (
              <p key={`${error.path.join(".")} ${error.message}`}>
                {[nameOf(error.path), explainFieldError(error)].filter(Boolean).join(": ")}
              </p>
            ))}
          </div>
        )}
        {state === "unknown" && find && sent && <Check name={sent.input.name} find={find} />}
      </div>
    </form>
  );
}

function restoreState(unsettled: Unsettled<unknown> | undefined): State {
  if (unsettled === undefined) return "editing";
  return unsettled.canRepeat ? "repeatable" : "unknown";
}

function findState({ data }: Result<CreatedAction>, failure: Failure | undefined, mayExist: boolean): State {
  if (data != null || failure?.outcome === "CREATED") return "created";
  // Invalid input can be corrected even if the action may exist: if it does, the key accepts no other input.
  if (!mayExist || failure?.code === "BAD_USER_INPUT") return "editing";
  return failure === undefined || canSendAgain(failure) ? "repeatable" : "unknown";
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
    none: "No action with this name exists so far. It may still appear: look again before you start again.",
    incomplete: "No action with this name is among the first ones of the list. Ask support before you start again.",
    failed: "The list of actions could not be read.",
  };
  if (found === undefined) return <p>Looking for an action with this name …</p>;
  return (
    <p role="status">
      {typeof found === "string"
        ? texts[found]
        : `An action with this name exists: ${found.name} (${found.id}). If you had one before, it may be that one.`}{" "}
      {typeof found === "string" && (
        <button type="button" onClick={() => setAttempt(attempt + 1)}>
          Look again
        </button>
      )}
    </p>
  );
}

/** Of an action that was sent before the page was left, or so long ago that the service does not know its key any more. */
const unsettledTexts: Partial<Record<State, string>> = {
  repeatable: "This action may have been created before the page was left. Trying again does not create a second one.",
  unknown: "This action may have been created earlier. Trying again will not help.",
};

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
  readonly errors: readonly string[];
}

/** An input with its errors next to it. */
function Field({ name, label, type, start, errors }: FieldProps) {
  const id = useId();
  const value = type === "checkbox" ? { type, defaultChecked: start === true } : { defaultValue: String(start ?? "") };
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} {...value} aria-invalid={errors.length > 0} aria-describedby={`${id}-errors`} />
      <span id={`${id}-errors`}>{errors.join(" ")}</span>
    </div>
  );
}
