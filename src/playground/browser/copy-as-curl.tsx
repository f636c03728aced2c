import { pick, ToolbarButton, useGraphiQL } from "@graphiql/react";
import { useState } from "react";
import { formatCurl } from "../curl.ts";

const confirmationMs = 2000;

/** A button that copies the open operation, with its variables and headers, as a curl command. */
export function CopyAsCurl({ addHeaders }: { readonly addHeaders: () => Readonly<Record<string, string>> }) {
  const editors = useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "operationName"));
  const [label, setLabel] = useState("Copy as curl");

  async function copy() {
    const request = {
      query: editors.queryEditor?.getValue() ?? "",
      ...(editors.operationName && { operationName: editors.operationName }),
      ...parse("variables", editors.variableEditor?.getValue()),
    };
    const { headers = {} } = parse("headers", editors.headerEditor?.getValue());
    const command = formatCurl(location.origin + location.pathname, { ...headers, ...addHeaders() }, request);
    await navigator.clipboard.writeText(command);
  }

  const onClick = () => {
    copy().then(
      () => setLabel("Copied"),
      // Not valid JSON, or a page that may not use the clipboard.
      () => setLabel("Cannot be copied"),
    );
    setTimeout(() => setLabel("Copy as curl"), confirmationMs);
  };
  return (
    <ToolbarButton onClick={onClick} label={label}>
      <span className="curl-icon">{label === "Copied" ? "✓" : "curl"}</span>
    </ToolbarButton>
  );
}

function parse<Name extends string>(name: Name, text = ""): { [Key in Name]?: Record<string, string> } {
  return text.trim() === "" ? {} : ({ [name]: JSON.parse(text) } as { [Key in Name]: Record<string, string> });
}
