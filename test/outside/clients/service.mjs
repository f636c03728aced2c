// The types are in service.d.mts: the root package checks the service's sources, with its own compiler options.
export { demoToken } from "../../../src/auth/demo-token.ts";
export { onTestEnd } from "../../helpers/cleanup.ts";
export { startSandboxedService } from "../../helpers/service.ts";
