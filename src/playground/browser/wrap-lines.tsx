import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Wraps long lines in the editors of the operation and the headers, as GraphiQL does in that of the response. */
export function WrapLines() {
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const headerEditor = useGraphiQL((state) => state.headerEditor);
  useEffect(() => {
    for (const editor of [queryEditor, headerEditor]) editor?.updateOptions({ wordWrap: "on" });
  }, [queryEditor, headerEditor]);
  return null;
}
