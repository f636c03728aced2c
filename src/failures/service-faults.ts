/**
 * The codes that say that this service, or something that it depends on, failed: what the log warns of, what a trace
 * marks as an error and what the objectives count as bad. Every other code is about the request itself. The alert
 * rules use the same pattern; Prometheus anchors it at both ends too.
 */
export const serviceFaultPattern = "INTERNAL_SERVER_ERROR|OVERLOADED|UPSTREAM_[A-Z_]+|[A-Z]+_UNAVAILABLE";

const wholeCode = new RegExp(`^(?:${serviceFaultPattern})$`);

export function isServiceFault(code: string): boolean {
  return wholeCode.test(code);
}

/** Of the codes of one answer the one that says most of how it went: a fault of the service before any other. */
export function chooseWorstCode(codes: readonly string[] | undefined): string | undefined {
  return codes?.find((code) => code === "INTERNAL_SERVER_ERROR") ?? codes?.find(isServiceFault) ?? codes?.[0];
}
