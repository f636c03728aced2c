/** File names of Monaco's workers by content, filled in by the bundler. */
declare const WORKER_FILES: Readonly<Record<"editor-worker" | "graphql-worker" | "json-worker", string>>;

/** Tells Monaco where its workers are: files of this origin, since the page's policy forbids blob: and data: scripts. */
export function provideWorkers(): void {
  window.MonacoEnvironment = {
    getWorker(_workerId, label) {
      const file = label === "json" || label === "graphql" ? (`${label}-worker` as const) : "editor-worker";
      return new Worker(new URL(WORKER_FILES[file], import.meta.url));
    },
  };
}
