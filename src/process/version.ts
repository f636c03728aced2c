import manifest from "../../package.json" with { type: "json" };

/** The service's version. */
export const { version } = manifest;
