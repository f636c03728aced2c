import type { Caller, ContactSwing } from "../contactswing/client.ts";
import type { ActionDetails } from "../contactswing/parse-answer.ts";

/** Reads an action's details; null when there is no such data extraction action. @throws CallFailure */
export type ActionReader = (id: string) => Promise<ActionDetails | null>;

/** A reader for one request: however often an action is asked for, ContactSwing is asked once. */
export function createActionReader(contactSwing: ContactSwing, authenticate: () => Promise<Caller>): ActionReader {
  let reads: Map<string, Promise<ActionDetails | null>> | undefined;
  return (id) => {
    reads ??= new Map();
    const known = reads.get(id);
    if (known !== undefined) return known;
    const read = authenticate().then((caller) => contactSwing.readAction(id, caller));
    reads.set(id, read);
    return read;
  };
}
