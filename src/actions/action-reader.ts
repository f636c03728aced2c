import type { Caller, ContactSwing } from "../contactswing/client.ts";
import type { ActionDetails } from "../contactswing/parse-answer.ts";

/** Reads an action's details; null when there is no such data extraction action. @throws CallFailure */
export type ActionReader = (id: string) => Promise<ActionDetails | null>;

/** A gateway may ask for a thousand entities in one request: it must not take every call that may be under way. */
export const maxReadsAtOnce = 32;

/**
 * A reader for one request: however often an action is asked for, ContactSwing is asked once, and for at most
 * {@link maxReadsAtOnce} actions at a time.
 */
export function createActionReader(contactSwing: ContactSwing, authenticate: () => Promise<Caller>): ActionReader {
  let reads: Map<string, Promise<ActionDetails | null>> | undefined;
  const waiting: (() => void)[] = [];
  let underWay = 0;

  async function read(id: string): Promise<ActionDetails | null> {
    if (underWay < maxReadsAtOnce) underWay += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await contactSwing.readAction(id, await authenticate());
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  }

  return (id) => {
    reads ??= new Map();
    const known = reads.get(id);
    if (known !== undefined) return known;
    const result = read(id);
    reads.set(id, result);
    return result;
  };
}
