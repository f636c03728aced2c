import { buildPlayground } from "../scripts/build-playground.mjs";

// biome-ignore lint/style/noDefaultExport: Jest takes a setup by its default export
export default buildPlayground;
