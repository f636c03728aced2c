/** What the playground offers when the service is in front of the sandbox, and only then. */
export interface PlaygroundDemo {
  /** Filled in as the caller's token. */
  readonly token: string;
  /** ID of an action that exists. */
  readonly exampleId: string;
  /** What the sandbox can be told to do, by the request ID that tells it. */
  readonly scenarios: readonly { readonly requestId: string; readonly happens: string }[];
}

/** `settings.json`, by which the service configures the page. */
export interface PlaygroundSettings {
  readonly demo?: PlaygroundDemo;
}
