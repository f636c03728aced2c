import { describe, expect, test } from "@jest/globals";
import { fireEvent, render, within } from "@testing-library/react";
import type { ComponentType } from "react";
import { App as ApolloClientApp } from "./recipes/apollo-client";
import { App as FetchApp } from "./recipes/fetch";
import { App as RelayApp } from "./recipes/relay";
import { App as UrqlApp } from "./recipes/urql";
import { startRecordingProxy } from "./recording-proxy";
import { demoToken, startSandboxedService } from "./service.mjs";

type Recipe = ComponentType<{ url: string; getToken: () => string }>;

const recipes: [string, Recipe][] = [
  ["Apollo Client", ApolloClientApp],
  ["urql", UrqlApp],
  ["Relay", RelayApp],
  ["fetch", FetchApp],
];

async function startService() {
  const { url, sandbox } = await startSandboxedService();
  const proxy = await startRecordingProxy(url);
  return { sandbox, proxy };
}

function openForm(App: Recipe, url: string, getToken = () => demoToken) {
  const { container } = render(<App url={`${url}/graphql`} getToken={getToken} />);
  const form = within(container);
  return {
    ...form,
    fill(label: string, value: string) {
      fireEvent.change(form.getByLabelText(label), { target: { value } });
    },
    /** The errors that a screen reader reads with the input. */
    errorsOf(label: string) {
      const id = form.getByLabelText(label).getAttribute("aria-describedby");
      return container.querySelector(`[id="${id}"]`)?.textContent;
    },
    submit() {
      fireEvent.submit(container.querySelector("form") as HTMLFormElement);
    },
    async readAlert() {
      return (await form.findByRole("alert", undefined, { timeout: 10_000 })).textContent;
    },
  };
}

describe.each(recipes)("with %s", (_name, App) => {
  test("a form creates an action, with a key of its own for each", async () => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", "Interested?");
    form.submit();
    await form.findByText("Created Interested?.");
    expect(form.queryByRole("alert")).toBeNull();

    fireEvent.click(form.getByText("Create another"));
    form.submit();
    await form.findByText("Created Interested?.");
    const [first, second] = proxy.requests.map(({ variables }) => variables.input.idempotencyKey);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
  });

  test("errors of the service's rules are next to their inputs, and the key is kept for the corrected input", async () => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", " ");
    fireEvent.click(form.getByLabelText("Store the data"));
    form.fill("Module", "customers");
    form.submit();
    expect(await form.readAlert()).toBe("Nothing was created. Correct the marked fields.");
    expect(form.errorsOf("Name")).not.toBe("");
    expect(form.errorsOf("Field")).not.toBe("");
    expect(form.errorsOf("Module")).toBe("");

    form.fill("Name", "Interested?");
    form.fill("Field", "customer_timezone");
    form.submit();
    await form.findByText("Created Interested?.");
    expect(form.errorsOf("Name")).toBe("");
    const keys = proxy.requests.map(({ variables }) => variables.input.idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test("errors from ContactSwing are next to their inputs, the others in the alert", async () => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", "sandbox:422");
    form.submit();
    expect(await form.readAlert()).toMatch(/^Nothing was created\. Correct the marked fields\..*YES_NO/);
    expect(form.errorsOf("Field")).toBe("Field required");
  });

  test.each([
    ["sandbox:400", /^Nothing was created: Invalid webhook configuration/],
    ["sandbox:403", /^Nothing was created: you are not allowed/],
    ["sandbox:409", /^Nothing was created: An action with this name already exists/],
    ["sandbox:404", /^Nothing was created, and trying again will not help/],
    ["sandbox:500", /^The action may have been created/],
    ["sandbox:201-no-id", /^The action was created/],
    ["x".repeat(1024 * 1024), /^Nothing was created, and trying again will not help/],
  ])("%.20s is explained and not sent again", async (name, explanation) => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", name);
    form.submit();
    expect(await form.readAlert()).toMatch(explanation);
    expect(proxy.requests).toHaveLength(1);
  });

  test("a token that is not accepted is explained", async () => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url, () => "expired");
    form.fill("Name", "Interested?");
    form.submit();
    expect(await form.readAlert()).toMatch(/^Nothing was created: your session has ended/);
  });

  test("an action whose details fail is shown as created", async () => {
    const { proxy } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", "sandbox:details-500");
    form.submit();
    await form.findByText("Created sandbox:details-500.");
    expect(await form.readAlert()).toMatch(/^The action was created, but/);
  });

  test("a lost response leads to the action that the first attempt created", async () => {
    const { proxy, sandbox } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", "Interested?");
    proxy.loseNextResponse();
    form.submit();
    expect(await form.readAlert()).toMatch(/^There was no response/);

    fireEvent.click(form.getByText("Try again"));
    await form.findByText("Created Interested?.");
    expect(proxy.requests).toHaveLength(2);
    expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

test("a retryable error is sent again with the same key, at most three times in all", async () => {
  const { proxy } = await startService();
  const forms = recipes.map(([, App]) => openForm(App, proxy.url));
  for (const form of forms) {
    form.fill("Name", "sandbox:429-text");
    form.submit();
  }
  const alerts = await Promise.all(forms.map((form) => form.readAlert()));
  for (const alert of alerts) expect(alert).toMatch(/^Nothing was created: the service is busy/);
  const keys = proxy.requests.map(({ variables }) => variables.input.idempotencyKey);
  expect(keys).toHaveLength(recipes.length * 3);
  expect(new Set(keys).size).toBe(recipes.length);
});
