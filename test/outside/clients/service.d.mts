export const demoToken: string;

/** The service in front of a sandbox, until the end of the test. */
export function startSandboxedService(environment?: Record<string, string>): Promise<{
  readonly url: string;
  readonly sandbox: { readonly requests: readonly { readonly method: string; readonly body: string }[] };
}>;

export function onTestEnd(cleanup: () => Promise<unknown>): void;
