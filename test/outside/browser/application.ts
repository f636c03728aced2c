import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { onTestEnd } from "../../helpers/cleanup.ts";
import { startSandbox, startService } from "../../helpers/service.ts";
import { startRecordingProxy } from "../clients/recording-proxy.ts";
import { startTokenGate } from "./token-gate.ts";

const toPath = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The tokens of the page: the current one, and the one that replaces it, if any. */
interface Tokens {
  token: string;
  nextToken: string | undefined;
}

const entryOf = (recipe: string) => `
  import { createRoot } from "react-dom/client";
  import { App } from "${toPath(`../../../docs/clients/${recipe}`)}";
  const createSession = (user) => ({
    user,
    getToken: () => window.token,
    async refreshToken() {
      window.refreshes = (window.refreshes ?? 0) + 1;
      if (window.nextToken === undefined) throw new Error("sign in");
      window.token = window.nextToken;
    },
  });
  const root = createRoot(document.getElementById("root"));
  window.signIn = (user) => root.render(<App url={window.url} session={createSession(user)} pageSize={2} />);
  window.signIn("anna");
`;

/** The script of an application that consists of a recipe and what that imports. */
export async function bundleApplication(recipe: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entryOf(recipe), resolveDir: toPath(".."), loader: "jsx" },
    nodePaths: [toPath("../node_modules")],
    bundle: true,
    write: false,
    jsx: "automatic",
    format: "esm",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves a page at an origin of its own. */
async function startPage(script: string): Promise<{ readonly origin: string }> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : '<!doctype html><div id="root"></div><script type="module" src="/app.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Surroundings {
  /** Whether the page's origin may use the service. */
  readonly isAllowed?: boolean;
  /** Whether the page uses the address of another server. */
  readonly isWrongAddress?: boolean;
  /** Settings of the service. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The tokens that ContactSwing accepts at the time; the sandbox's own unless they are given. */
  readonly accepted?: ReadonlySet<string>;
}

/** Opens an application in front of the service and its sandbox. */
export async function openApplication(
  browser: Browser,
  script: string,
  tokens: Tokens,
  { isAllowed = true, isWrongAddress = false, settings = {}, accepted }: Surroundings = {},
) {
  const { origin } = await startPage(script);
  const { sandbox, url: sandboxUrl } = await startSandbox();
  const { url } = await startService({
    CONTACTSWING_URL: accepted === undefined ? sandboxUrl : await startTokenGate(sandboxUrl, accepted),
    CORS_ORIGINS: isAllowed ? origin : "",
    ...settings,
  });
  const proxy = await startRecordingProxy(url);
  const context = await browser.newContext();
  onTestEnd(() => context.close());
  const page = await context.newPage();
  const pageErrors: Error[] = [];
  page.on("pageerror", (error) => pageErrors.push(error));
  await page.addInitScript((settings) => Object.assign(window, settings), {
    url: `${isWrongAddress ? origin : proxy.url}/graphql`,
    ...tokens,
  });
  await page.goto(origin);
  return { page, pageErrors, proxy, sandbox, ...controlsOf(page) };
}

function controlsOf(page: Page) {
  const form = page.getByRole("form", { name: "New action" });
  const list = page.getByRole("region", { name: "Actions" });
  return {
    form,
    list,
    async create(name: string): Promise<void> {
      await form.getByLabel("Name").fill(name);
      await form.getByRole("button", { name: "Create", exact: true }).click();
    },
    async search(text: string): Promise<void> {
      await list.getByLabel("Name contains").fill(text);
      await list.getByRole("button", { name: "Search" }).click();
    },
    tryAgain: () => form.getByRole("button", { name: "Try again" }).click(),
    /** The alert of the form, once it says something that matches. */
    async readAlert(text: RegExp): Promise<string> {
      const alert = form.getByRole("alert").filter({ hasText: text });
      await alert.waitFor();
      return alert.innerText();
    },
    setTokens: (tokens: Partial<Tokens>) =>
      page.evaluate((settings) => void Object.assign(window, settings), { nextToken: undefined, ...tokens }),
    signIn: (user: string) => page.evaluate(`window.signIn(${JSON.stringify(user)})`),
    readRefreshes: () => page.evaluate<number>("window.refreshes ?? 0"),
    readNames: () => list.getByRole("listitem").allInnerTexts(),
  };
}
