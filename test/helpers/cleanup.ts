import { afterEach } from "@jest/globals";

type Cleanup = () => Promise<unknown>;

const cleanups: Cleanup[] = [];

afterEach(async () => {
  // Last started, first ended: a service before its upstream.
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
});

/** Ends what a test started once that test is over, whether it passed or not. */
export function onTestEnd(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}
