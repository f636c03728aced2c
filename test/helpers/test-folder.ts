import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestEnd } from "./cleanup.ts";

/** An empty folder that is removed when the test ends. */
export function createTestFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-"));
  onTestEnd(async () => rmSync(folder, { recursive: true }));
  return folder;
}
