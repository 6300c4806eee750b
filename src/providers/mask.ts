/** What is shorter is no credential but a word, e.g. "ok". */
export const SHORTEST_CREDENTIAL = 8;

/** Parts of URLs and headers that are the same for everyone: masking them would only make messages unreadable. */
const COMMON_SEGMENTS = new Set(
  (
    "services webhooks messages message sendMessage notify notifications account accounts alerts client integration requests instances interests publishes " +
    "publish_api pushes spaces direct workflows triggers manual invoke automations powerautomate 2010-04-01 Accounts Messages.json Calls.json enqueue"
  ).split(" "),
);
const COMMON_HEADERS = /^(content-type|content-encoding|user-agent|accept|ttl|urgency|topic|x-carillon-.*|webhook-(id|timestamp))$/;

/** Replaces what may be secret in a request wherever an answer repeats it, plain or encoded. */
export function masker(url: URL, headers: Record<string, string>, secrets: string[]): (text: string) => string {
  const short = [...headerValues(headers), ...url.searchParams.values(), url.username, url.password].filter((part) => part.length >= 4);
  const segments = url.pathname.split("/").filter((part) => part.length >= 6 && !COMMON_SEGMENTS.has(part));
  return hiding([...secrets, ...short, ...segments, url.href, url.search]);
}

/**
 * The same for an answer of success, of which ids and words are kept as well. It goes on being read, so only what is
 * long enough for a credential is replaced: the names of rooms and spaces in a path stay.
 */
export function credentialMasker(url: URL, headers: Record<string, string>, secrets: string[]): (text: string) => string {
  const given = [...secrets, ...headerValues(headers), url.username, url.password].filter((part) => part.length >= SHORTEST_CREDENTIAL);
  const inUrl = [...url.searchParams.values(), ...url.pathname.split("/")].filter((part) => part.length >= 20);
  return hiding([...given, ...inUrl]);
}

/** Whole values, and what stands behind a scheme such as Bearer. */
function headerValues(headers: Record<string, string>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (COMMON_HEADERS.test(name) ? [] : [value, ...value.split(" ").slice(1)]));
}

function hiding(parts: string[]): (text: string) => string {
  const hidden = parts
    .flatMap((part) => [part, decoded(part), encodeURIComponent(part.replace(/\p{Surrogate}/gu, "")), JSON.stringify(part).slice(1, -1)])
    .filter((part) => part.length >= 3)
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((masked, part) => masked.replaceAll(part, "***"), text);
}

/** Percent-encoded text as it was; what is not encoded rightly stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
