import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import type { PlaygroundSettings } from "../settings.ts";
import { CopyAsCurl } from "./copy-as-curl.tsx";
import { createExamples } from "./examples.ts";
import { createFetcher, readFile } from "./fetcher.ts";
import { StatusBar } from "./status-bar.tsx";
import { createTokenFreeStorage } from "./token-free-storage.ts";
import { provideWorkers } from "./workers.ts";
import { WrapLines } from "./wrap-lines.tsx";
import "graphiql/style.css";
import "./playground.css";

const { demo } = await readFile<PlaygroundSettings>("settings.json");
const headers = JSON.stringify({ Authorization: `Bearer ${demo?.token ?? ""}` }, null, 2);

// As in the stylesheet.
const narrowWidth = 800;

let scenario = "";
let requests = 0;
/** The sandbox reads from the request ID what it is to do. */
const addHeaders = (): Record<string, string> =>
  scenario === "" ? {} : { "x-request-id": `${scenario}.${Date.now()}-${requests++}` };
const fetcher = createFetcher(addHeaders);

provideWorkers();
createRoot(document.getElementById("playground") as HTMLElement).render(
  <>
    <StatusBar
      demo={demo}
      onScenario={(requestId) => {
        scenario = requestId;
      }}
    />
    <GraphiQL
      fetcher={fetcher}
      defaultHeaders={headers}
      // With the storage: no token is kept.
      shouldPersistHeaders={false}
      storage={createTokenFreeStorage(headers)}
      defaultTabs={createExamples(demo?.exampleId)}
      defaultEditorToolsVisibility={innerWidth < narrowWidth ? false : "headers"}
    >
      <GraphiQL.Logo>ContactSwing</GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, copy, merge }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <CopyAsCurl addHeaders={addHeaders} />
            <WrapLines />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  </>,
);
