/** Tells Monaco where its workers are: files of this origin, because the page's policy forbids blob: and data: scripts. */
export function provideWorkers(): void {
  window.MonacoEnvironment = {
    getWorker(_workerId, label) {
      const name = label === "json" || label === "graphql" ? label : "editor";
      return new Worker(new URL(`${name}-worker.js`, import.meta.url), { type: "module" });
    },
  };
}
