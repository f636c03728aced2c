import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { demoToken } from "../../../src/auth/demo-token.ts";
import { bundleApplication, openApplication } from "./application.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

const suite = chromiumPath === undefined ? describe.skip : describe;
const reason = chromiumPath === undefined ? " (left out: no Chromium here; install it or set CHROMIUM_PATH)" : "";

const tokens = { token: demoToken, nextToken: undefined };
const expired = "expired";
/** The sandbox's own actions, by two. */
const [firstPage, secondPage] = [
  ["My Data Extraction Action", "Budget"],
  ["Consent to recording", "Callback"],
] as const;

suite.each(["apollo-client.tsx", "urql.tsx"])(`the application of %s in a browser${reason}`, (recipe) => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    [browser, script] = await Promise.all([launchChromium(), bundleApplication(recipe)]);
  }, 60_000);
  afterAll(() => browser.close());

  const open = (given: { token: string; nextToken: string | undefined } = tokens, options = {}) =>
    openApplication(browser, script, given, options);

  test("creates an action, and shows it in the list once its page is loaded", async () => {
    const { form, list, create, readNames } = await open();
    await list.getByRole("button", { name: "More" }).click();
    await list.getByText("Callback").waitFor();
    expect(await readNames()).toEqual([...firstPage, ...secondPage]);

    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();

    await list.getByRole("button", { name: "More" }).click();
    await list.getByText("Interested?").waitFor();
    expect(await readNames()).toEqual([...firstPage, ...secondPage, "Interested?"]);
    await form.getByRole("button", { name: "Create another" }).click();
    expect(await form.getByLabel("Name").inputValue()).toBe("");
  });

  test("shows field errors at their inputs, and those of other fields by their names", async () => {
    const { form, create, readAlert } = await open();
    await create(" ");
    expect(await readAlert(/./)).toBe("Nothing was created. Correct the marked fields.");
    await form.getByText("Must not be blank.").waitFor();

    await create("sandbox:422");
    const alert = await readAlert(/YES_NO/);
    expect(alert).toMatch(/^Nothing was created\. Correct the marked fields\.\s+webhook\.type: /);
    await form.getByText("Field required").waitFor();
  });

  test("keeps one action through a lost response, an expired token, and a new sign-in", async () => {
    const { form, list, create, proxy, readAlert, setTokens } = await open();
    proxy.loseNext("mutation");
    await create("Story");
    expect(await readAlert(/./)).toMatch(/^There was no response\. Try again/);

    await setTokens({ token: expired });
    await form.getByRole("button", { name: "Try again" }).click();
    const alert = await readAlert(/session/);
    expect(alert).toBe(
      "The action may have been created by an earlier attempt. Trying again does not create a second one: " +
        "your session has ended. Sign in, then try again.",
    );

    await setTokens({ token: demoToken });
    await form.getByRole("button", { name: "Try again" }).click();
    await form.getByText("Created Story.").waitFor();
    await list.getByLabel("Name contains").fill("story");
    await list.getByText("Story").waitFor();
    expect(await list.getByRole("listitem").count()).toBe(1);
    expect(new Set(proxy.creates.map(({ variables }) => variables.input.idempotencyKey)).size).toBe(1);
  });

  test("replaces an expired token once, for queries and for mutations, and never in a loop", async () => {
    const { form, list, create, proxy, readAlert, readRefreshes, setTokens } = await open({
      token: expired,
      nextToken: demoToken,
    });
    await list.getByText("Budget").waitFor();
    expect(await readRefreshes()).toBe(1);

    await setTokens({ token: expired, nextToken: demoToken });
    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();
    expect(proxy.creates).toHaveLength(2);

    await form.getByRole("button", { name: "Create another" }).click();
    await setTokens({ token: expired, nextToken: "also expired" });
    await create("Interested?");
    expect(await readAlert(/session/)).toMatch(/^Nothing was created: your session has ended\./);
    expect(proxy.creates).toHaveLength(4);
  });

  test("looks for the action by itself where its outcome is unknown", async () => {
    const { form, create, proxy, readAlert } = await open();
    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();
    await form.getByRole("button", { name: "Create another" }).click();

    proxy.failNext("mutation", "sandbox-500");
    await create("Interested?");
    expect(await readAlert(/exists/)).toMatch(/An action with this name exists: Interested\? \(/);

    await form.getByRole("button", { name: "Create another" }).click();
    await create("sandbox:500");
    expect(await readAlert(/exists/)).toMatch(/No action with this name exists so far\./);
    expect(proxy.creates).toHaveLength(3);
  });

  test("shows a page that failed, with its code and request ID, and reads it again", async () => {
    const { list, proxy, readNames } = await open();
    await list.getByRole("button", { name: "More" }).waitFor();
    proxy.failNext("query", "sandbox-500.more");
    await list.getByRole("button", { name: "More" }).click();
    const alert = list.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/UPSTREAM_ERROR, sandbox-500\.more/);
    expect(await readNames()).toEqual(firstPage);

    await alert.getByRole("button", { name: "Try again" }).click();
    await list.getByText("Callback").waitFor();
    expect(await readNames()).toEqual([...firstPage, ...secondPage]);
  });

  test("says that a list is empty", async () => {
    const { list, readNames } = await open();
    await list.getByText("Budget").waitFor();
    await list.getByLabel("Name contains").fill("no such name");
    await list.getByText("There are no actions.").waitFor();
    expect(await readNames()).toEqual([]);
  });

  test("says what it waits for, and stops on request", async () => {
    const { form, create, proxy, readAlert } = await open();
    await create("sandbox:429");
    await form.getByText(/^ContactSwing accepts no more requests for now\. Trying again in [45] s\./).waitFor();
    await form.getByRole("button", { name: "Stop" }).click();
    expect(await readAlert(/./)).toMatch(/^Nothing was created: the service is busy/);
    expect(proxy.creates).toHaveLength(1);
  });

  test("tells a page that may not use the service from a lost response", async () => {
    const { create, proxy, readAlert } = await open(tokens, { isAllowed: false });
    await create("Interested?");
    expect(await readAlert(/./)).toMatch(/its origin is missing in CORS_ORIGINS/);
    expect(proxy.creates).toHaveLength(0);
  });
});
