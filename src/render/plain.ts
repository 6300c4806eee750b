import { cut, lengthIn, type LengthUnit } from "./cut.ts";
import type { Message } from "./message.ts";

const BLANK_LINE = "\n\n";

/**
 * A cleaned message as plain text: "[display name] title", the body unless it only repeats the title, then "label: value" lines.
 * A long body is cut before the facts are.
 * @param limit at least 64
 */
export function plainText(message: Message, limit = Number.POSITIVE_INFINITY, unit: LengthUnit = "UTF16"): string {
  const head = cut(`[${message.displayName}] ${message.title}`, Math.floor(limit / 4), unit);
  const text = message.body === message.title ? "" : message.body;
  const facts = message.facts.map(({ label, value }) => `${label}: ${value}`).join("\n");
  const room = limit - lengthIn(unit, head) - 2 * BLANK_LINE.length;
  const tail = cut(facts, Math.max(Math.floor(limit / 3), room - lengthIn(unit, text)), unit);
  const body = cut(text, room - lengthIn(unit, tail), unit);
  return [head, body, tail].filter((part) => part !== "").join(BLANK_LINE);
}
