/** An operation of the REST API: the part of its description that the sandbox needs. */
export interface RestRoute {
  readonly name: string;
  readonly method: string;
  /** A template, e.g. `/v2/_actions/{action_id}`. */
  readonly path: string;
}

export const restRoutes: readonly RestRoute[] = [
  { name: "createDataExtractionAction", method: "POST", path: "/v2/_actions" },
  { name: "dataExtractionAction", method: "GET", path: "/v2/_actions/{action_id}" },
  { name: "dataExtractionActions", method: "GET", path: "/v2/_actions" },
];
