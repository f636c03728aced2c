import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import type { IdeSettings } from "../http/ide-settings.ts";
import { createExamples } from "./examples.ts";
import { createFetcher } from "./fetcher.ts";
import { findOpenTab } from "./find-open-tab.ts";
import { createTokenFreeStorage } from "./token-free-storage.ts";
import { provideWorkers } from "./workers.ts";
import "graphiql/style.css";
import "./playground.css";

const settings = JSON.parse(document.getElementById("settings")?.textContent ?? "") as IdeSettings;
const headers = JSON.stringify({ Authorization: `Bearer ${settings.demo?.token ?? ""}` }, null, 2);
const fetcher = createFetcher(settings.schemaUrl);
const examples = createExamples(settings.demo);
const openTab = findOpenTab(examples);

provideWorkers();
createRoot(document.getElementById("playground") as HTMLElement).render(
  <GraphiQL
    fetcher={fetcher}
    defaultHeaders={headers}
    // With the storage: tokens are kept nowhere.
    shouldPersistHeaders={false}
    storage={createTokenFreeStorage(headers)}
    defaultTabs={[...examples]}
    initialQuery={openTab.query ?? ""}
    initialVariables={openTab.variables ?? ""}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>ContactSwing</GraphiQL.Logo>
  </GraphiQL>,
);
