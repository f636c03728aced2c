import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { demo } from "../../src/sandbox/demo.ts";
import { startCountingProxy } from "../helpers/counting-proxy.ts";
import { startSandboxedService, startService } from "../helpers/service.ts";
import { chromiumPath, launchChromium, visit } from "./chromium.ts";

const firstLoadMaxBytes = 3_000_000;
const reloadMaxBytes = 10_000;

let browser: Browser;

const response = ".graphiql-response";
const variablesPane = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";

/** Opens a tab, and waits until GraphiQL has read its operation: it takes 100 ms after the last change for that. */
async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name }).click();
  await page.waitForFunction((text) => localStorage.getItem("graphiql:query")?.includes(text), ` ${name} `);
}

const run = (page: Page) => page.getByRole("button", { name: /^Execute query/ }).click();

/** An editor's text; Monaco writes spaces as no-break spaces. */
async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(`${selector} .view-lines`).innerText()).replaceAll("\u00a0", " ");
}

async function waitForText(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(`${selector} .view-lines`).getByText(text).first().waitFor();
}

const suite = chromiumPath === undefined ? describe.skip : describe;
const reason = chromiumPath === undefined ? " (left out: no Chromium here; install it or set CHROMIUM_PATH)" : "";

suite(`the playground in a browser${reason}`, () => {
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  test("opens ready to press and is used without an error, without anything from another origin", async () => {
    const { url, sandbox } = await startSandboxedService({}, { demo });
    const { page, complaints, origins, settle } = await visit(browser, url);

    await settle();
    await run(page);
    await waitForText(page, response, '"id"');
    const created = JSON.parse(await textOf(page, response)).data.createDataExtractionAction;

    await openTab(page, "ReadAction");
    await run(page);
    await waitForText(page, response, "customer_timezone");
    const read = await textOf(page, response);

    await openTab(page, "BreakRules");
    await run(page);
    await waitForText(page, response, "fieldErrors");
    const broken = await textOf(page, response);

    await openTab(page, "FailOnDemand");
    await run(page);
    await waitForText(page, response, "RATE_LIMITED");

    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.getByRole("link", { name: "Mutation" }).first().click();
    await page.getByRole("link", { name: "createDataExtractionAction", exact: true }).click();
    await page.getByText("It is sent to ContactSwing at most once").waitFor();

    expect(created.action).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "My Data Extraction Action",
      type: "SINGLEDATAEXTRACTION",
    });
    expect(read).toContain('"id": "sandbox:example"');
    expect(read).toContain('"isActive": true');
    expect(broken).toContain('"code": "BAD_USER_INPUT"');
    expect(sandbox.requests).toHaveLength(3);
    expect(await page.evaluate("__MONACO.editor.getModelMarkers({}).map(({ message }) => message)")).toEqual([]);
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([url]);
  }, 60_000);

  test("loads little at first and next to nothing again, and keeps what was open", async () => {
    const { url } = await startSandboxedService({}, { demo });
    const proxy = await startCountingProxy(url);
    const { page, complaints, settle } = await visit(browser, proxy.url);
    await settle();
    const firstLoadBytes = proxy.takeBytes();

    await page.reload();
    await settle();
    const reloadBytes = proxy.takeBytes();
    const variables = await textOf(page, variablesPane);
    await run(page);
    await waitForText(page, response, '"id"');

    console.info(`over the wire: ${firstLoadBytes} bytes at first, ${reloadBytes} bytes when loaded again`);
    expect(firstLoadBytes).toBeGreaterThan(100_000);
    expect(firstLoadBytes).toBeLessThan(firstLoadMaxBytes);
    expect(reloadBytes).toBeGreaterThan(0);
    expect(reloadBytes).toBeLessThan(reloadMaxBytes);
    expect(variables).toContain("My Data Extraction Action");
    expect(await page.getByRole("tab").allInnerTexts()).toEqual([
      "CreateAction",
      "ReadAction",
      "BreakRules",
      "FailOnDemand",
    ]);
    expect(complaints).toEqual([]);
  }, 60_000);

  test("fills the demo token in only in front of the sandbox, and keeps no token", async () => {
    const sandboxed = await startSandboxedService({}, { demo });
    const real = await startService({});

    for (const [url, header] of [
      [sandboxed.url, `"Authorization": "Bearer ${demo.token}"`],
      [real.url, '"Authorization": "Bearer "'],
    ] as const) {
      const { page, settle } = await visit(browser, url);
      await settle();
      await page.getByRole("button", { name: "Headers" }).click();
      await waitForText(page, ".graphiql-editors", "Authorization");
      expect(
        await page
          .locator(".graphiql-editors")
          .innerText()
          .then((text) => text.replaceAll("\u00a0", " ")),
      ).toContain(header);
      await openTab(page, "ReadAction");
      await run(page);
      await waitForText(page, response, "{");
      const kept = await page.evaluate<string>("JSON.stringify({ ...localStorage })");
      expect(kept).toContain("ReadAction");
      expect(kept).not.toContain("Bearer");
    }
  }, 60_000);

  test.each(["dark", "light"] as const)("is %s where the system is", async (colorScheme) => {
    const { url } = await startService({});
    const { page, settle } = await visit(browser, url, { colorScheme });
    await settle();

    const colour = await page.evaluate<string>(
      "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor",
    );

    const [red = 0, green = 0, blue = 0] = colour.match(/\d+/g)?.map(Number) ?? [];
    expect((red + green + blue) / 3 < 128).toBe(colorScheme === "dark");
  });

  test("says in a browser that it is off, without running anything", async () => {
    const { url } = await startService({ PLAYGROUND: "false" });
    const { page } = await visit(browser, url);

    expect(await page.locator("body").innerText()).toContain("The playground is off.");
    expect(await page.locator("script").count()).toBe(0);
  });
});
