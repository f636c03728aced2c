/**
 * The codes that say that this service or one of its dependencies failed: the log warns about them, a trace marks them
 * as errors, and the service level objectives count them. Every other code is about the request itself. The alert rules
 * use the same pattern.
 */
export const serviceFaultPattern = "INTERNAL_SERVER_ERROR|OVERLOADED|UPSTREAM_[A-Z_]+|[A-Z]+_UNAVAILABLE";

const wholeCode = new RegExp(`^(?:${serviceFaultPattern})$`);

export function isServiceFault(code: string): boolean {
  return wholeCode.test(code);
}

/** The code that says most about a response with several errors: a bug first, then any other fault of the service. */
export function findWorstCode(codes: readonly string[] | undefined): string | undefined {
  return codes?.find((code) => code === "INTERNAL_SERVER_ERROR") ?? codes?.find(isServiceFault) ?? codes?.[0];
}
