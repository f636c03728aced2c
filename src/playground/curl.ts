/** A command that sends a GraphQL request, to be pasted into a POSIX shell. */
export function formatCurl(url: string, headers: Readonly<Record<string, string>>, request: object): string {
  const all = { "content-type": "application/json", ...headers };
  return [
    `curl ${quote(url)}`,
    ...Object.entries(all).map(([name, value]) => `-H ${quote(`${name.toLowerCase()}: ${value}`)}`),
    `--data-raw ${quote(JSON.stringify(request))}`,
  ].join(" \\\n  ");
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
