// Jest takes its global setup by a default export.
export { buildPlayground as default } from "../scripts/build-playground.mjs";
