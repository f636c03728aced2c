import { expect, test } from "@jest/globals";
import { fireEvent, render, waitFor, within } from "@testing-library/react";
import { type ReactElement, Suspense } from "react";
import { RelayEnvironmentProvider } from "react-relay";
import { App as ApolloClientApp } from "./recipes/apollo-client";
import { createRelayEnvironment } from "./recipes/relay";
import { ActionList as RelayActionList } from "./recipes/relay-list";
import { App as UrqlApp } from "./recipes/urql";
import { startRecordingProxy } from "./recording-proxy";
import { demoToken, startSandboxedService } from "./service.mjs";

const session = {
  user: "demo",
  getToken: () => demoToken,
  refreshToken: () => Promise.reject(new Error("no other token")),
};
/** The sandbox's own data extraction actions. */
const names = ["My Data Extraction Action", "Budget", "Consent to recording", "Callback"];

function RelayApp({ url }: { url: string }) {
  return (
    <RelayEnvironmentProvider environment={createRelayEnvironment(url, session)}>
      <Suspense fallback="Loading …">
        <RelayActionList pageSize={1} />
      </Suspense>
    </RelayEnvironmentProvider>
  );
}

test.each<[string, (url: string) => ReactElement]>([
  ["Apollo Client", (url) => <ApolloClientApp url={url} session={session} pageSize={1} />],
  ["urql", (url) => <UrqlApp url={url} session={session} pageSize={1} />],
  ["Relay", (url) => <RelayApp url={url} />],
])("%s pages through every action once", async (_name, createList) => {
  const { url } = await startSandboxedService();
  const { container } = render(createList(`${url}/graphql`));
  const list = within(container);
  const readNames = () => list.queryAllByRole("listitem").map(({ textContent }) => textContent ?? "");
  // The button is there, and enabled, as long as a page can be loaded.
  const findMore = () => list.queryByText<HTMLButtonElement>("More");
  await waitFor(() => expect(readNames().length).toBeGreaterThan(0));
  for (let pages = 1; findMore() !== null && pages < 20; pages += 1) {
    const shown = readNames().length;
    fireEvent.click(findMore() as HTMLButtonElement);
    await waitFor(() => {
      expect(list.queryByText("Loading …")).toBeNull();
      expect(findMore()?.disabled ?? false).toBe(false);
      // Only the last page may be empty.
      if (findMore() !== null) expect(readNames().length).toBeGreaterThan(shown);
    });
  }

  expect(findMore()).toBeNull();
  expect(readNames()).toEqual(names);
});

test("Relay's list keeps its pages when the next one fails, and reads that again", async () => {
  const { url } = await startSandboxedService();
  const proxy = await startRecordingProxy(url);
  const list = within(render(<RelayApp url={`${proxy.url}/graphql`} />).container);
  await list.findByText("More");

  proxy.failNext("query", "sandbox-500.more");
  fireEvent.click(list.getByText("More"));
  expect((await list.findByRole("alert")).textContent).toContain("(UPSTREAM_ERROR, sandbox-500.more)");
  expect(list.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual([names[0]]);

  fireEvent.click(list.getByText("Try again"));
  await list.findByText(names[1] as string);
  expect(list.queryByRole("alert")).toBeNull();
});
