import { limits } from "../limits.ts";

// RFC 9110, section 5.6.7: all three forms of a date begin with the day of the week. Two end in GMT, the third one in a
// year and means GMT, too; naming GMT twice changes nothing.
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d (?:GMT|\d{4})$/;

/** RFC 9110, section 10.2.3: a number of seconds or an HTTP date. */
export function readRetryAfter(value: string | undefined, now: number): { readonly retryAfterSeconds?: number } {
  const text = value?.trim() ?? "";
  const date = datePattern.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.max(0, Math.ceil((date - now) / 1000));
  return Number.isNaN(seconds) ? {} : { retryAfterSeconds: Math.min(seconds, limits.upstream.retryAfterSeconds) };
}
