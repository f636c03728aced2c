interface Slot<Member> {
  readonly member: Member;
  index: number;
}

/**
 * What is in flight, in no order. A `Set` that members join and leave all the time replaces its table again and again,
 * and in V8 each replaced table keeps its last members alive until the next full collection (docs/performance.md).
 */
export class InFlight<Member> {
  readonly #slots: Slot<Member>[] = [];

  get size(): number {
    return this.#slots.length;
  }

  /** @returns a function that removes the member, once; it returns whether the member was still there. */
  add(member: Member): () => boolean {
    const slots = this.#slots;
    const slot = { member, index: slots.length };
    slots.push(slot);
    return () => {
      const { index } = slot;
      if (slots[index] !== slot) return false;
      const last = slots.pop() as Slot<Member>;
      if (last !== slot) {
        slots[index] = last;
        last.index = index;
      }
      return true;
    };
  }

  /** A copy, because members may leave while they are gone through. */
  members(): Member[] {
    return this.#slots.map(({ member }) => member);
  }
}
