import { cutInJson, jsonBytes } from "./cutJson.ts";
import type { Message } from "./message.ts";

type Escape = (text: string) => string;
const asItIs: Escape = (text) => text;

/** The title of a cleaned message as a telephone or browser shows it: with the emoji in the rich form, with the display name in the plain one. */
export function pushTitle(message: Message, limit: number, escape = asItIs): string {
  const { rich, emoji, displayName, title } = message;
  return cutInJson(rich ? `${emoji} ${title}`.trim() : `[${displayName}] ${title}`, limit, escape);
}

/**
 * What stands below that title, never empty: the body unless it only repeats the title, the facts, and in the rich form where it comes from.
 * A long body is cut before the facts are.
 * @param limit bytes within a JSON string, at least 200
 */
export function pushBody(message: Message, limit: number, escape = asItIs): string {
  const { rich, title, body, displayName } = message;
  const name = rich ? cutInJson(displayName, Math.floor(limit / 8), escape) : "";
  const said = body === title ? "" : body;
  const facts = message.facts.map(({ label, value }) => `${label}: ${value}`).join("\n");
  // Two blank lines of four bytes each, as JSON writes them.
  const room = limit - jsonBytes(name) - 8;
  const tail = cutInJson(facts, Math.max(Math.floor(limit / 3), room - jsonBytes(escape(said))), escape);
  const text = cutInJson(said, room - jsonBytes(tail), escape);
  return [text, tail, name].filter((part) => part !== "").join("\n\n") || cutInJson(body, limit, escape);
}
