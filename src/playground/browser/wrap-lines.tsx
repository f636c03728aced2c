import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Wraps long lines in the editor of the operation, as GraphiQL does in that of the response. */
export function WrapLines() {
  const editor = useGraphiQL(({ queryEditor }) => queryEditor);
  useEffect(() => editor?.updateOptions({ wordWrap: "on" }), [editor]);
  return null;
}
