import { existsSync } from "node:fs";
import process from "node:process";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { onTestEnd } from "../../helpers/cleanup.ts";

const usualPaths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program: `CHROMIUM_PATH`, or where Linux distributions put it; undefined when there is none. */
export const chromiumPath = [process.env.CHROMIUM_PATH, ...usualPaths].find(
  (path) => path !== undefined && existsSync(path),
);

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  // Nothing but this machine has an address. Intercepting requests would do the same but switch the cache off.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** Starts the browser; whoever starts it closes it. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: chromiumPath ?? "", args: flags });
}

/** What GraphiQL loads last. */
const lastFiles = ["schema.json", "editor-worker.js", "graphql-worker.js", "json-worker.js"];

/** Opens the playground as a new visitor, and waits for everything that it loads by itself. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  onTestEnd(() => context.close());
  const page = await context.newPage();
  /** What the page's console and its uncaught errors say, and requests that failed: nothing, in a good visit. */
  const complaints: string[] = [];
  /** Origins that the page and its workers asked for anything. */
  const origins = new Set<string>();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  context.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // Given up by the page itself: Monaco starts its JSON worker anew while the first one may still be loading.
    if (reason !== "net::ERR_ABORTED") complaints.push(`${request.url()} ${reason}`);
  });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:") origins.add(origin);
  });
  const loaded = lastFiles.map((file) =>
    context.waitForEvent("requestfinished", (request) => request.url().endsWith(`/${file}`)),
  );
  await page.goto(`${url}/graphql`);
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
  await Promise.all(loaded);
  return { page, complaints, origins };
}
