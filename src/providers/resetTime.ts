import { parseRetryAfter } from "./retryAfter.ts";

/**
 * Reads a header that names the time when a limit is lifted, in seconds since 1970.
 * @returns milliseconds from `now`, at most 24 hours; undefined for anything else, a time that has passed included
 */
export function waitUntil(reset: string | undefined, now: Date): number | undefined {
  if (!/^\d{9,11}(\.\d+)?$/.test(reset ?? "")) return undefined;
  const wait = Number(reset) - now.getTime() / 1000;
  return wait > 0 ? parseRetryAfter(wait.toFixed(3), now) : undefined;
}
