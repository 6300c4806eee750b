import { expect } from "vitest";
import type { ApiClient } from "../e2e/apiClient.ts";

const COUNTS = `query { events { totalCount } channels { totalCount } history { totalCount } inbox { totalCount } conditions { totalCount }
  accessTokens { id } eventTypes(category: "custom") { name } settings { displayName unknownEventTypes infoCooldown historyDays historyCount } }`;

/** How much is stored of everything that bad input could add to or change. */
export function storedRows(api: ApiClient): Promise<object> {
  return api.run(COUNTS);
}

/** What no answer may hold: the server's inside. */
const INSIDE = [
  { what: "a stack trace", match: /\bat (async )?[\w.<>[\] ]*\(?(file:\/\/|node:|\/)[^)\s]*:\d+:\d+|\\n\s+at /i },
  { what: "a file path", match: /node_modules|file:\/\/|\/(src|dist|tmp|home|root|usr|var)\/|\.(ts|js|mjs|cjs):\d+|carillon\.db|secret\.key/ },
  { what: "the database's words", match: /[Pp]risma|SQLITE|[Ss]qlite|json_each|SELECT |INSERT INTO|\bP20\d\d\b/ },
  { what: "a fault of the server", match: /"INTERNAL"|its log has the details/i },
];

/** Any text that leaves the server: nothing of its inside, and none of the given secrets in any usual encoding. */
export function expectSafe(text: string, secrets: readonly string[] = []): void {
  expect(insideIn(text)).toEqual([]);
  expectWithout(text, secrets);
}

/** What of the server's inside the text tells; empty when it tells nothing. */
export function insideIn(text: string): string[] {
  return INSIDE.flatMap(({ what, match }) => (match.test(text) ? [`${what}, ${match.exec(text)?.[0]}, in ${text.slice(0, 500)}`] : []));
}

/** None of the secrets, plain or encoded. */
export function expectWithout(text: string, secrets: readonly string[]): void {
  expect(secretsIn(text, secrets), "a secret was told").toEqual([]);
}

/** Where the text holds one of the secrets, plain or encoded, with what stands around it; empty when it holds none. */
export function secretsIn(text: string, secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => {
    const at = Math.max(...formsOf(secret).map((form) => text.indexOf(form)));
    return at < 0 ? [] : [`${secret.slice(0, 60)} in: ${text.slice(Math.max(0, at - 100), at + secret.length + 50)}`];
  });
}

const known = new Map<string, string[]>();

/** The secret in every usual encoding. */
function formsOf(secret: string): string[] {
  const before = known.get(secret);
  if (before) return before;
  const bytes = Buffer.from(secret);
  const cores = base64Cores(bytes);
  const urlCores = cores.map((core) => core.replaceAll("+", "-").replaceAll("/", "_"));
  const urlEncoded = [encodeURIComponent(secret), new URLSearchParams({ "": secret }).toString().slice(1)];
  const forms = [...new Set([secret, JSON.stringify(secret).slice(1, -1), ...urlEncoded, bytes.toString("hex"), ...cores, ...urlCores])];
  known.set(secret, forms);
  return forms;
}

/** What base64 makes of the bytes wherever they stand in a longer text. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // Without the ends, which mix with the neighbouring bytes.
    return text.slice(shift === 0 ? 0 : 4, (bytes.length + shift) % 3 === 0 ? undefined : -4);
  });
}
