import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createTestFolder } from "./test-folder.ts";

/** A new self-signed certificate for localhost, made by openssl. */
export function createCertificate(days: number) {
  const folder = createTestFolder();
  const [keyFile, file] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const kind = `req -x509 -nodes -days ${days} -newkey ec -pkeyopt ec_paramgen_curve:prime256v1`;
  const subject = `-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${keyFile} -out ${file}`;
  const { status, stderr } = spawnSync("openssl", `${kind} ${subject}`.split(" "), { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return { keyFile, file, key: readFileSync(keyFile, "utf8"), cert: readFileSync(file, "utf8") };
}
