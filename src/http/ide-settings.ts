/** What the playground offers when the sandbox is what is called, and only then. */
export interface IdeDemo {
  /** Filled in as the caller's token. */
  readonly token: string;
  /** Id of an action that exists. */
  readonly exampleId: string;
  /** Names of actions that make a create fail on demand. */
  readonly magicNames: readonly string[];
}

/** What the server tells the playground's page, as JSON inside of it. */
export interface IdeSettings {
  /** Where the schema's introspection result is, relative to the page. */
  readonly schemaUrl: string;
  readonly demo?: IdeDemo;
}
