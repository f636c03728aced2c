/** One thing that the service assumes about ContactSwing. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  /** Resolves with what was observed if that is as expected. @throws Different, NotChecked */
  run(): Promise<string>;
}

/** Thrown if ContactSwing differs. The message is what was observed. */
export class Different extends Error {
  /** What the difference means for the users of the graph. */
  readonly meaning: string;

  constructor(observed: string, meaning: string) {
    super(observed);
    this.meaning = meaning;
  }
}

/** Thrown if nothing can be said. The message is the reason. */
export class NotChecked extends Error {}
