import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { demo } from "../../../src/sandbox/demo.ts";
import { startSandboxedService, startService } from "../../helpers/service.ts";
import { chromiumPath, launchChromium, visit } from "./chromium.ts";

let browser: Browser;

/** Runs the operation of the open tab. */
async function run(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Execute query/ }).click();
}

/** Opens a tab, and waits until GraphiQL has read its operation, which it does 100 ms after the last change. */
async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name }).click();
  await page.waitForFunction((text) => localStorage.getItem("graphiql:query")?.includes(text), ` ${name} `);
}

/** The response's text once it contains another; Monaco renders spaces as no-break spaces. */
async function readResponse(page: Page, text: string): Promise<string> {
  const lines = page.locator(".graphiql-response .view-lines");
  await lines.getByText(text).first().waitFor();
  return (await lines.innerText()).replaceAll("\u00a0", " ");
}

const suite = chromiumPath === undefined ? describe.skip : describe;
const reason = chromiumPath === undefined ? " (left out: no Chromium here; install it or set CHROMIUM_PATH)" : "";

suite(`the playground in a browser${reason}`, () => {
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser.close());

  test("runs its examples without an error and without anything from another origin", async () => {
    const { url } = await startSandboxedService({}, { demo });
    const { page, complaints, origins } = await visit(browser, url);

    await run(page);
    const created = JSON.parse(await readResponse(page, '"ctxId"')).data.createDataExtractionAction;
    await openTab(page, "ListActions");
    await run(page);
    await readResponse(page, created.action.id);
    await openTab(page, "ReadAction");
    await run(page);
    const read = await readResponse(page, "customer_timezone");
    await openTab(page, "BreakRules");
    await run(page);
    const broken = await readResponse(page, "fieldErrors");
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.getByRole("link", { name: "Mutation" }).first().click();
    await page.getByRole("link", { name: "createDataExtractionAction", exact: true }).waitFor();

    expect(read).toContain('"id": "sandbox:example"');
    expect(broken).toContain('"code": "BAD_USER_INPUT"');
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([url]);
  });

  test("selects a failure from a picker, also for the curl command that it copies", async () => {
    const { url } = await startSandboxedService({}, { demo });
    const { page } = await visit(browser, url, { permissions: ["clipboard-read", "clipboard-write"] });
    await openTab(page, "ReadAction");

    await page.getByLabel("Response").selectOption("429 with Retry-After: 5");
    await run(page);
    const failed = await readResponse(page, "RATE_LIMITED");
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const command = await page.evaluate<string>("navigator.clipboard.readText()");

    expect(failed).toContain('"retryAfterSeconds": 5');
    const { stdout } = await promisify(execFile)("sh", ["-c", `${command} --silent`]);
    expect(JSON.parse(stdout).errors[0].extensions.code).toBe("RATE_LIMITED");
  });

  test.each([
    [1280, 800],
    [800, 600],
  ])("has room for the name of every failure in a window of %d × %d", async (width, height) => {
    const { url } = await startSandboxedService({}, { demo });
    const { page } = await visit(browser, url, { viewport: { width, height } });
    const { room, needed } = await page.getByLabel("Response").evaluate((select: HTMLSelectElement) => {
      const context = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
      context.font = getComputedStyle(select).font;
      const widths = [...select.options].map(({ text }) => context.measureText(text).width);
      return { room: select.clientWidth, needed: Math.max(...widths) };
    });
    expect(needed).toBeGreaterThan(100);
    expect(room).toBeGreaterThan(needed);
  });

  test("wraps the lines of its examples and headers on a small screen", async () => {
    const { url } = await startSandboxedService({}, { demo });
    const { page } = await visit(browser, url, { viewport: { width: 800, height: 600 } });
    const editors = page.locator(".graphiql-editors .monaco-scrollable-element.editor-scrollable");
    await editors.getByText("Authorization").first().waitFor();
    const cutLines = await editors.evaluateAll((elements) =>
      elements.flatMap((editor) =>
        [...editor.querySelectorAll(".view-line > span")]
          .filter((line) => line.getBoundingClientRect().right > editor.getBoundingClientRect().right)
          .map(({ textContent }) => textContent),
      ),
    );
    expect(cutLines).toEqual([]);
  });

  test("says whether it is the sandbox, has the demo token only there, and stores no token", async () => {
    const sandboxed = await startSandboxedService({}, { demo });
    const real = await startService({});

    for (const [url, notice, header] of [
      [sandboxed.url, "Sandbox: nothing reaches ContactSwing.", `"Authorization": "Bearer ${demo.token}"`],
      [real.url, "what you create is real", '"Authorization": "Bearer "'],
    ] as const) {
      const { page } = await visit(browser, url);
      await page.locator(".graphiql-editors").getByText("Authorization").first().waitFor();
      await openTab(page, "BreakRules");
      await run(page);
      await readResponse(page, "errors");

      expect(await page.locator(".status-bar").innerText()).toContain(notice);
      expect((await page.locator(".graphiql-editors").innerText()).replaceAll("\u00a0", " ")).toContain(header);
      const stored = await page.evaluate<string>("JSON.stringify({ ...localStorage })");
      expect(stored).toContain("BreakRules");
      expect(stored).not.toContain("Bearer");
    }
  });
});
