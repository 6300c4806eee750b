import { lengthIn, type LengthUnit } from "./cut.ts";
import { cutEscaped } from "./escape.ts";
import { fitFacts } from "./facts.ts";
import type { Message } from "./message.ts";

/** A URL, or a sign that means something inside a line, or one that does at its start. */
const SPECIAL = /https?:\/\/[^\s<>()[\]\\`*|~]+|[\\`*_{}[\]<>|~$&!@]|^ *(?:[-+#>=:]|\d+(?=[.)]))/gm;

/**
 * Plain text as CommonMark, and as what Mattermost and others add to it: nothing in it is read as a mark, HTML or a mention, and lines stay lines.
 * URLs stay as they are, so that they are still links.
 */
export function escapeMarkdown(text: string): string {
  const escaped = text.replace(SPECIAL, (part) => {
    if (part.startsWith("http")) return part;
    // A mention has no escape of its own: a word joiner, which nobody sees, makes it no name any more.
    if (part === "@") return "@\u2060";
    return /\d$/.test(part) ? `${part}\\` : part.replace(/\S/, "\\$&");
  });
  // A single line end would be a blank: two blanks before it keep it. Four blanks at the start of a line would make it code.
  return escaped.replace(/(?<!\n)\n(?!\n)/g, "  \n").replace(/^[ \t]{4,}/gm, (blanks) => "\u00a0".repeat(blanks.length));
}

export interface MarkdownLimits {
  /** Units for everything together; at least 1000. */
  total: number;
  unit: LengthUnit;
  /** The mark of a bold text: "**" in CommonMark, "*" in others. @default "**" */
  bold?: string;
  /** @default escapeMarkdown */
  escape?: (text: string) => string;
}

const MOST_FACTS = 30;
/** With less, so little of a fact would be left that it says nothing. */
const ROOM_OF_A_FACT = 100;

/**
 * A cleaned message without its title as Markdown: the body unless it only repeats the title, the facts as a list, and where it comes from.
 * A long body is cut before the facts are.
 */
export function markdownText(message: Message, { total, unit, bold = "**", escape = escapeMarkdown }: MarkdownLimits): string {
  const footer = cutEscaped(message.displayName, Math.floor(total / 8), unit, escape);
  const facts = fitFacts(message.facts, {
    most: Math.min(MOST_FACTS, Math.floor(total / ROOM_OF_A_FACT)),
    total: Math.floor(total / 3),
    label: Math.floor(total / 16),
    value: Math.floor(total / 4),
    unit,
    escape: (text) => escape(text.replaceAll("\n", " ")),
  });
  const list = facts.map(({ label, value }) => `- ${bold}${label}:${bold} ${value}`).join("\n");
  const room = total - lengthIn(unit, list) - lengthIn(unit, footer) - 6;
  const body = message.body === message.title ? "" : cutEscaped(message.body, room, unit, escape);
  return [body, list, footer].filter((part) => part !== "").join("\n\n");
}
