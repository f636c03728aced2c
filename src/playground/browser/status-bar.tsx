import type { PlaygroundDemo } from "../settings.ts";

interface StatusBarProps {
  readonly demo: PlaygroundDemo | undefined;
  readonly onScenario: (requestId: string) => void;
}

/** Says what is behind the service, and selects what the sandbox does. */
export function StatusBar({ demo, onScenario }: StatusBarProps) {
  return (
    <header className="status-bar">
      {demo === undefined ? (
        <span>Connected to ContactSwing: what you create is real.</span>
      ) : (
        <>
          <span>
            <strong>Sandbox</strong>: nothing reaches ContactSwing.
          </span>
          <label>
            Response:
            <select onChange={(event) => onScenario(event.target.value)}>
              <option value="">as usual</option>
              {demo.scenarios.map(({ requestId, happens }) => (
                <option key={requestId} value={requestId}>
                  {happens}
                </option>
              ))}
            </select>
          </label>
          <a href="graphql/playground/sandbox.html" target="_blank" rel="noreferrer">
            Failures
          </a>
        </>
      )}
      <a href="graphql/playground/errors.html" target="_blank" rel="noreferrer">
        Error codes
      </a>
    </header>
  );
}
