/** What is known of ContactSwing's answer: its HTTP status and the id that it gave the call. */
export interface UpstreamFacts {
  readonly status: number;
  readonly ctxId: string | null;
}
