import { beforeEach, describe, expect, jest, test } from "@jest/globals";
import { fireEvent, render, within } from "@testing-library/react";
import type { ComponentType } from "react";
import { App as ApolloClientApp } from "./recipes/apollo-client";
import { CreateActionForm } from "./recipes/create-action-form";
import { createActionMutation } from "./recipes/documents";
import { createClient, App as FetchApp } from "./recipes/fetch";
import { App as RelayApp } from "./recipes/relay";
import type { Session } from "./recipes/session";
import { App as UrqlApp } from "./recipes/urql";
import { startRecordingProxy } from "./recording-proxy";
import { demoToken, startSandboxedService } from "./service.mjs";

type Recipe = ComponentType<{ url: string; session: Session }>;

const recipes: [string, Recipe][] = [
  ["Apollo Client", ApolloClientApp],
  ["urql", UrqlApp],
  ["Relay", RelayApp],
  ["fetch", FetchApp],
];

/** A session whose token cannot be replaced, unless a way is given. */
const sessionOf = (session: Partial<Session> = {}): Session => ({
  user: "demo",
  getToken: () => demoToken,
  refreshToken: () => Promise.reject(new Error("no other token")),
  ...session,
});

beforeEach(() => sessionStorage.clear());

async function startService() {
  const { url, sandbox } = await startSandboxedService();
  const proxy = await startRecordingProxy(url);
  return { sandbox, proxy };
}

function openForm(App: Recipe, url: string, session = sessionOf()) {
  const { container } = render(<App url={`${url}/graphql`} session={session} />);
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

/** The form of a recipe, in front of the service, after it has sent an action with this name. */
async function submit(App: Recipe, name: string) {
  const { proxy } = await startService();
  const form = openForm(App, proxy.url);
  form.fill("Name", name);
  form.submit();
  return { proxy, form };
}

const keysOf = ({ creates }: Awaited<ReturnType<typeof startService>>["proxy"]) =>
  creates.map(({ variables }) => variables.input.idempotencyKey);

describe.each(recipes)("with %s", (_name, App) => {
  test("a form creates an action, with a key of its own for each", async () => {
    const { proxy, form } = await submit(App, "Interested?");
    await form.findByText("Created Interested?.");
    expect(form.queryByRole("alert")).toBeNull();

    fireEvent.click(form.getByText("Create another"));
    expect(form.getByLabelText<HTMLInputElement>("Name").value).toBe("");
    form.fill("Name", "Budget?");
    form.submit();
    await form.findByText("Created Budget?.");
    const [first, second] = keysOf(proxy);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
  });

  test("errors are next to their inputs, and the key is kept for the corrected input", async () => {
    const { proxy, form } = await submit(App, " ");
    expect(await form.readAlert()).toBe("Nothing was created. Some fields have errors.");
    expect(form.errorsOf("Name")).not.toBe("");
    expect(form.errorsOf("Field")).toBe("");

    form.fill("Name", "Interested?");
    form.submit();
    await form.findByText("Created Interested?.");
    expect(form.errorsOf("Name")).toBe("");
    const [first, second] = keysOf(proxy);
    expect(second).toBe(first);
  });

  test("an error that is not executed, with a status other than 200, is explained", async () => {
    const { form } = await submit(App, "x".repeat(1024 * 1024));
    expect(await form.readAlert()).toMatch(
      /^Nothing was created: The request body is too large. Trying again will not/,
    );
  });

  test("an action whose details fail is shown as created", async () => {
    const { form } = await submit(App, "sandbox:details-500");
    await form.findByText("Created sandbox:details-500.");
    expect(await form.readAlert()).toMatch(/^The action was created, but/);
  });

  test("a lost response leads to the action that the first attempt created", async () => {
    const { proxy, sandbox } = await startService();
    const form = openForm(App, proxy.url);
    form.fill("Name", "Interested?");
    proxy.loseNext("mutation");
    form.submit();
    expect(await form.readAlert()).toMatch(/^The service's response did not arrive/);

    fireEvent.click(form.getByText("Try again"));
    await form.findByText("Created Interested?.");
    expect(proxy.creates).toHaveLength(2);
    expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("an expired token is replaced once, and the request sent once more", async () => {
    const { proxy } = await startService();
    let token = "expired";
    let refreshes = 0;
    const session = sessionOf({
      getToken: () => token,
      async refreshToken() {
        refreshes += 1;
        token = demoToken;
      },
    });
    const form = openForm(App, proxy.url, session);
    form.fill("Name", "Interested?");
    form.submit();
    await form.findByText("Created Interested?.");
    expect(refreshes).toBe(1);
    expect(new Set(keysOf(proxy)).size).toBe(1);
    expect(proxy.creates).toHaveLength(2);
  });
});

test.each([
  ["sandbox:400", /^Nothing was created: Invalid webhook configuration/],
  ["sandbox:401", /^Nothing was created\. Your session has ended/],
  ["sandbox:403", /^Nothing was created: Your role may not manage actions$/],
  ["sandbox:409", /^Nothing was created: An action with this name already exists/],
  [
    "sandbox:404",
    /^Nothing was created: ContactSwing rejected the request\. Trying again will not help\. Contact support\. \([0-9a-f-]{36}\)$/,
  ],
  // Of the two errors, one belongs to no input of the form.
  ["sandbox:422", /^Nothing was created\. Some fields have errors\..*YES_NO/],
  ["sandbox:500", /^The action may have been created/],
  ["sandbox:201-no-id", /^The action was created/],
])("%s is explained and not sent again", async (name, explanation) => {
  const { proxy, form } = await submit(FetchApp, name);
  expect(await form.readAlert()).toMatch(explanation);
  expect(form.errorsOf("Field")).toBe(name === "sandbox:422" ? "Field required" : "");
  expect(proxy.creates).toHaveLength(1);
});

test("field errors can be worded by their rules", async () => {
  const { proxy } = await startService();
  const request = createClient(`${proxy.url}/graphql`, sessionOf());
  const { container } = render(
    <CreateActionForm
      user="demo"
      create={async (input) => ({ error: (await request(createActionMutation, { input })).error })}
      explainFieldError={({ rule, params }) => `${rule} ${params?.max}`}
    />,
  );
  const form = within(container);
  fireEvent.change(form.getByLabelText("Name"), { target: { value: "x".repeat(256) } });
  fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  await form.findByText("maxCodePoints 255");
});

test("every client sends a retryable error again with the same key", async () => {
  const { proxy } = await startService();
  const forms = recipes.map(([, App]) => openForm(App, proxy.url));
  proxy.failNext("mutation", "sandbox-429-text", forms.length);
  for (const form of forms) {
    form.fill("Name", "Interested?");
    form.submit();
  }
  for (const form of forms) await form.findByText("Created Interested?.", undefined, { timeout: 10_000 });
  expect(proxy.creates).toHaveLength(forms.length * 2);
  expect(new Set(keysOf(proxy)).size).toBe(forms.length);
});

test("an attempt that may have created the action counts, although a later one was rejected", async () => {
  const extensions = [
    { code: "OUTCOME_UNKNOWN", outcome: "UNKNOWN", retryable: true, retryAfterSeconds: 0, requestId: "1" },
    { code: "FORBIDDEN", outcome: "NOT_CREATED", retryable: false, requestId: "2" },
  ];
  const create = async () => ({ error: { errors: [{ message: "No.", extensions: extensions.shift() }] } });
  const { container } = render(<CreateActionForm user="demo" create={create} />);
  fireEvent.submit(container.querySelector("form") as HTMLFormElement);
  await within(container).findByText("This attempt created nothing, but an earlier one may have: No.");
});

test("nothing is sent again with a key that the service may not know any more", async () => {
  const { proxy } = await startService();
  const form = openForm(FetchApp, proxy.url);
  form.fill("Name", "Interested?");
  proxy.loseNext("mutation");
  form.submit();
  await form.findByText(/did not arrive/, undefined, { timeout: 10_000 });

  const now = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 86_400_000);
  try {
    form.submit();
    await form.findByText("This action may have been created earlier. Trying again will not help.");
  } finally {
    now.mockRestore();
  }
  expect(proxy.creates).toHaveLength(1);
});
