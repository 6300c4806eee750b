import type { Fact, Json, Message } from "./message.ts";

/** Put in place of half a surrogate pair, which has no UTF-8 form. */
const REPLACEMENT = "\uFFFD";

/** Line ends in all their forms: CR LF, CR, NEL, line and paragraph separator. */
const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g;

/** C0 and C1 controls but tab and line feed, and the marks that turn the direction of all text after them. */
const CONTROLS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E]/g;

/** Any text, made safe to send: lone surrogates replaced, control characters removed, line ends as "\n". */
export function cleanText(text: string): string {
  return text.replace(LINE_ENDS, "\n").replace(CONTROLS, "").replace(/\p{Surrogate}/gu, REPLACEMENT).trim();
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, " ");
}

/** The same message with every text for people cleaned, and none of them empty. */
export function cleanMessage(message: Message): Message {
  const title = cleanLine(message.title) || cleanLine(message.event.type) || "Notification";
  return {
    ...message,
    title,
    body: cleanText(message.body) || title,
    facts: message.facts.map(
      ({ label, value }): Fact => ({ label: cleanLine(label) || "–", value: cleanText(value) || "–" }),
    ),
    emoji: cleanLine(message.emoji),
    displayName: cleanLine(message.displayName) || "Carillon",
  };
}

/** A JSON value that every parser and database takes: without lone surrogates and NUL, keys included. */
export function cleanJson(value: Json): Json {
  if (typeof value === "string") return value.replaceAll("\0", "").replace(/\p{Surrogate}/gu, REPLACEMENT);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanJson(key), cleanJson(item)]));
}
