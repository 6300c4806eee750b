const LONGEST_MS = 24 * 60 * 60 * 1000;

/** The three date forms of RFC 9110 §5.6.7. Checked because Date.parse takes nearly anything for a date. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * Reads a Retry-After header, or a provider's own number of seconds: whole or decimal seconds, or an HTTP date.
 * @returns milliseconds from `now`, at most 24 hours; undefined for anything else, a date that has passed included
 */
export function parseRetryAfter(value: string | number | undefined, now: Date): number | undefined {
  const text = String(value ?? "").trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_MS);
  if (!HTTP_DATES.some((form) => form.test(text))) return undefined;
  const wait = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) - now.getTime();
  return wait > 0 ? Math.min(wait, LONGEST_MS) : undefined;
}
