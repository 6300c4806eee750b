/** What JSON.stringify makes of characters that PostgreSQL has no place for: NUL, and halves of surrogate pairs. */
const UNSTORABLE_ESCAPES = /\\u0000|\\ud[89a-f]/;

/** U+FFFD, as Unicode has it for what cannot be shown. */
const REPLACEMENT = "\\ufffd";

/** JSON with U+FFFD in place of the characters that PostgreSQL cannot store. @param json as JSON.stringify writes it */
export function storableText(json: string): string {
  if (!UNSTORABLE_ESCAPES.test(json)) return json;
  // An even number of backslashes before it is text that only looks like an escape.
  return json.replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, `$1${REPLACEMENT}`);
}
