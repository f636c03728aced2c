import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { demoToken } from "../../../src/auth/demo-token.ts";
import {
  audience,
  claimsWith,
  createSigningKey,
  issuer,
  keySetOf,
  nowSeconds,
  signToken,
} from "../../helpers/issuer.ts";
import { startUpstream } from "../../helpers/upstream.ts";
import { bundleApplication, openApplication } from "./application.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";

const suite = chromiumPath === undefined ? describe.skip : describe;
const reason = chromiumPath === undefined ? " (left out: no Chromium here; install it or set CHROMIUM_PATH)" : "";

/** Keys belong to the subject that the token claims, or to the one that is verified. */
const verifications: [string, boolean][] = [
  ["with tokens that only ContactSwing verifies", false],
  ["with tokens that the service verifies", true],
];

const tokens = { token: demoToken, nextToken: undefined };
const expired = "expired";
const keysOf = ({ creates }: Awaited<ReturnType<typeof openApplication>>["proxy"]) =>
  creates.map(({ variables }) => variables.input.idempotencyKey);
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

  const open = (
    given: { token: string; nextToken: string | undefined } = tokens,
    surroundings: Parameters<typeof openApplication>[3] = {},
  ) => openApplication(browser, script, given, surroundings);

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

  test("shows the action in lists that were read before it was created", async () => {
    const { form, list, create, search, readNames } = await open();
    await search("Interested?");
    await list.getByText("There are no actions.").waitFor();
    await search("");
    await list.getByText("Budget").waitFor();

    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();
    await search("Interested?");
    await list.getByText("Interested?").waitFor();
    expect(await readNames()).toEqual(["Interested?"]);
  });

  test.each([
    ["sandbox:201-no-id", /^The action was created/],
    ["sandbox:500", /^The action may have been created/],
  ])("reads the list again after %s", async (name, explanation) => {
    const { page, list, create, readAlert } = await open();
    await list.getByText("Budget").waitFor();
    const [again] = await Promise.all([
      page.waitForRequest((request) => {
        const { operationName, variables } = request.postDataJSON() ?? {};
        return operationName === "Actions" && variables.first === 2;
      }),
      create(name),
    ]);
    expect((await again.response())?.status()).toBe(200);
    expect(await readAlert(/./)).toMatch(explanation);
  });

  test("shows field errors at their inputs, and those of other fields by their names", async () => {
    const { form, create, readAlert } = await open();
    await create(" ");
    expect(await readAlert(/./)).toBe("Nothing was created. Some fields have errors.");
    await form.getByText("Must not be blank.").waitFor();

    await create("sandbox:422");
    const alert = await readAlert(/YES_NO/);
    expect(alert).toMatch(/^Nothing was created\. Some fields have errors\.\s+webhook\.type: /);
    await form.getByText("Field required").waitFor();
  });

  test.each(verifications)(
    "keeps one action through a lost response, an expired token, and a new sign-in, %s",
    async (_name, isVerifying) => {
      const key = await createSigningKey("key-1");
      const keyServer = await startUpstream(() => ({ status: 200, body: keySetOf(key) }));
      const verifying = { JWKS_URL: keyServer.url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
      const sign = (jti: string, exp: number) => signToken(key, claimsWith({ jti, exp }));
      const [first, refreshed] = [await sign("1", nowSeconds() + 300), await sign("2", nowSeconds() + 300)];
      const ended = await sign("3", nowSeconds() - 300);
      const accepted = new Set([first]);
      const surroundings = { accepted, settings: isVerifying ? verifying : {} };
      const { form, create, search, tryAgain, proxy, sandbox, list, readAlert, setTokens } = await open(
        { token: first, nextToken: undefined },
        surroundings,
      );
      proxy.loseNext("mutation");
      await create("Story");
      expect(await readAlert(/./)).toBe(
        "The service's response did not arrive. Try again: the form's key makes sure that only one action is created.",
      );

      accepted.clear();
      await setTokens({ token: ended });
      await tryAgain();
      expect(await readAlert(/session/)).toBe(
        "The action may have been created by an earlier attempt. Trying again does not create a second one. " +
          "Your session has ended: sign in as the same user, then try again.",
      );

      accepted.add(refreshed);
      await setTokens({ token: refreshed });
      await tryAgain();
      await form.getByText("Created Story.").waitFor();
      expect(await form.getByRole("alert").count()).toBe(0);
      await search("story");
      await list.getByText("Story").waitFor();
      expect(await list.getByRole("listitem").count()).toBe(1);
      expect(new Set(keysOf(proxy)).size).toBe(1);
      expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
    },
  );

  test("keeps its key if the page is left after a lost response, until the action is created", async () => {
    const { page, form, create, tryAgain, proxy, sandbox, readAlert } = await open();
    proxy.loseNext("mutation");
    await create("Story");
    await readAlert(/did not arrive/);

    await page.reload();
    await form.getByText("This action may have been created before the page was left.").waitFor();
    expect(await form.getByLabel("Name").inputValue()).toBe("Story");
    await tryAgain();
    await form.getByText("Created Story.").waitFor();
    expect(new Set(keysOf(proxy)).size).toBe(1);
    expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(1);

    await page.reload();
    await form.waitFor();
    expect(await form.getByLabel("Name").inputValue()).toBe("");
  });

  test("looks for the action after a reload if its key is of no more use", async () => {
    const { page, form, create, readAlert } = await open();
    await create("sandbox:500-stored");
    await readAlert(/may have been created/);

    await page.reload();
    await form.getByText("An action with this name exists: sandbox:500-stored (").waitFor();
    expect(await form.getByRole("button", { name: "Create", exact: true }).isDisabled()).toBe(true);

    await page.evaluate(() => {
      const stored = JSON.parse(sessionStorage["unsettled-action-1:anna"]);
      sessionStorage["unsettled-action-1:anna"] = JSON.stringify({ ...stored, canRepeat: true });
    });
    await page.reload();
    await form.getByRole("button", { name: "Try again" }).waitFor();

    await page.evaluate(() => {
      const stored = JSON.parse(sessionStorage["unsettled-action-1:anna"]);
      sessionStorage["unsettled-action-1:anna"] = JSON.stringify({ ...stored, sentAt: Date.now() - 86_400_000 });
    });
    await page.reload();
    await form.getByText("An action with this name exists: sandbox:500-stored (").waitFor();
  });

  test("begins with an empty form if what is stored cannot be read", async () => {
    const { page, form, create } = await open();
    await page.evaluate(() => {
      sessionStorage["unsettled-action-1:anna"] = "{";
    });
    await page.reload();
    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();
  });

  test("gives another user neither the input nor the key of a request that was in flight", async () => {
    const { form, create, tryAgain, proxy, sandbox, signIn } = await open();
    proxy.loseNext("mutation");
    await create("sandbox:slow");
    await form.getByText("Sending …").waitFor();

    await signIn("bert");
    await create("Callback?");
    await form.getByText("Created Callback?.").waitFor();

    await signIn("anna");
    await form.getByText("This action may have been created before the page was left.").waitFor();
    expect(await form.getByLabel("Name").inputValue()).toBe("sandbox:slow");
    await tryAgain();
    await form.getByText("Created sandbox:slow.").waitFor();
    const [annas, berts, again] = keysOf(proxy);
    expect(again).toBe(annas);
    expect(berts).not.toBe(annas);
    expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(2);
  });

  test("sends what the form shows if nothing was created", async () => {
    const { form, create, tryAgain, proxy, readAlert, setTokens } = await open({
      token: expired,
      nextToken: undefined,
    });
    await create("Old");
    await readAlert(/^Nothing was created\. Your session has ended/);

    await setTokens({ token: demoToken });
    await form.getByLabel("Name").fill("New");
    await tryAgain();
    await form.getByText("Created New.").waitFor();
    expect(proxy.creates.at(-1)?.variables.input.name).toBe("New");
  });

  test("starts again with the same input and a new key after a lost response, if the user says so", async () => {
    const { form, create, proxy, readAlert } = await open();
    proxy.loseNext("mutation");
    await create("Story");
    await readAlert(/did not arrive/);

    await form.getByRole("button", { name: "Start again with a new key" }).click();
    expect(await form.getByLabel("Name").inputValue()).toBe("Story");
    await form.getByRole("button", { name: "Create", exact: true }).click();
    await form.getByText("Created Story.").waitFor();
    expect(new Set(keysOf(proxy)).size).toBe(2);
  });

  test("shows no errors at the inputs of an action that was created", async () => {
    const { form, create, readAlert } = await open();
    await create("sandbox:details-422");
    expect(await readAlert(/./)).toBe("The action was created, but its details could not be loaded.");
    expect(await form.getByText("Field required").count()).toBe(0);
  });

  test("reads the list again after a new sign-in", async () => {
    const { list, setTokens, signIn } = await open({ token: expired, nextToken: undefined });
    await list.getByText("(UNAUTHENTICATED,").waitFor();

    await setTokens({ token: demoToken });
    await signIn("anna");
    await list.getByText("Budget").waitFor();
    expect(await list.getByRole("alert").count()).toBe(0);
  });

  test("looks for the action if an attempt after one without a response is rejected for good", async () => {
    const { form, create, tryAgain, proxy, readAlert, setTokens } = await open();
    proxy.loseNext("mutation");
    await create("Story");
    await readAlert(/did not arrive/);

    // Another token that is not a JWT: the key is not that of the first attempt.
    await setTokens({ token: `${demoToken}.sandbox-403` });
    await tryAgain();
    expect(await readAlert(/earlier/)).toBe(
      "This attempt created nothing, but an earlier one may have: Your role may not manage actions",
    );
    await form.getByText("The list of actions could not be read.").waitFor();

    await setTokens({ token: demoToken });
    await form.getByRole("button", { name: "Look again" }).click();
    await form.getByText("An action with this name exists: Story (").waitFor();
    expect(await form.getByLabel("Name").isDisabled()).toBe(true);
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
    expect(new Set(keysOf(proxy)).size).toBe(1);

    await form.getByRole("button", { name: "Create another" }).click();
    await setTokens({ token: expired, nextToken: "also expired" });
    await create("Interested?");
    expect(await readAlert(/session/)).toMatch(/^Nothing was created\. Your session has ended/);
    expect(proxy.creates).toHaveLength(4);
  });

  test("looks for the action by itself where its outcome is unknown", async () => {
    const { form, create, proxy } = await open();
    await create("Interested?");
    await form.getByText("Created Interested?.").waitFor();
    await form.getByRole("button", { name: "Create another" }).click();

    proxy.failNext("mutation", "sandbox-500");
    await create("Interested?");
    await form.getByText("An action with this name exists: Interested? (").waitFor();

    await form.getByRole("button", { name: "Start again with a new key" }).click();
    expect(await form.getByLabel("Name").inputValue()).toBe("Interested?");
    await create("sandbox:500");
    await form.getByText("No action with this name exists so far.").waitFor();
    expect(proxy.creates).toHaveLength(3);
  });

  test("shows a page that failed, with its code and request ID, and reads it again", async () => {
    const { list, proxy, pageErrors, readNames } = await open();
    await list.getByRole("button", { name: "More" }).waitFor();
    proxy.failNext("query", "sandbox-500.more");
    await list.getByRole("button", { name: "More" }).click();
    const alert = list.getByRole("alert");
    await alert.getByText("(UPSTREAM_ERROR, sandbox-500.more)").waitFor();
    expect(await readNames()).toEqual(firstPage);

    proxy.failNext("query", "sandbox-429.again");
    await alert.getByRole("button", { name: "Try again" }).click();
    await alert.getByText("(RATE_LIMITED, sandbox-429.again)").waitFor();
    expect(pageErrors).toEqual([]);

    await alert.getByRole("button", { name: "Try again" }).click();
    await list.getByText("Callback").waitFor();
    expect(await readNames()).toEqual([...firstPage, ...secondPage]);
  });

  test("says that a list is empty", async () => {
    const { list, search, readNames } = await open();
    await list.getByText("Budget").waitFor();
    await search("no such name");
    await list.getByText("There are no actions.").waitFor();
    expect(await readNames()).toEqual([]);
  });

  test("says what it waits for, and stops on request", async () => {
    const { form, create, proxy, readAlert } = await open();
    await create("sandbox:429");
    await form.getByText(/^ContactSwing accepts no more requests for now\. Trying again in [45] s\./).waitFor();
    await form.getByRole("button", { name: "Stop" }).click();
    expect(await readAlert(/./)).toBe(
      "Nothing was created. ContactSwing accepts no more requests for now. Try again in 5 s.",
    );
    expect(proxy.creates).toHaveLength(1);
  });

  test("tells a page that may not use the service from a lost response", async () => {
    const { form, create, proxy, readAlert } = await open(tokens, { isAllowed: false });
    await create("Interested?");
    expect(await readAlert(/./)).toMatch(/^Nothing was sent: .* CORS_ORIGINS/);
    expect(await form.getByLabel("Name").isEnabled()).toBe(true);
    expect(proxy.creates).toHaveLength(0);
  });

  test("tells a wrong address from a lost response", async () => {
    const { create, readAlert } = await open(tokens, { isWrongAddress: true });
    await create("Interested?");
    expect(await readAlert(/./)).toMatch(/^There was no response from the service: .* its address is wrong\./);
  });
});
