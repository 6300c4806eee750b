import { CATEGORIES } from "../catalogue/category.ts";
import type { HoldReason } from "../decide/verdict.ts";
import { cut } from "../render/cut.ts";
import { durationText, durationWords } from "../render/duration.ts";
import type { Fact, Message, Severity } from "../render/message.ts";
import type { SummaryItems, SummaryLine } from "./held.store.ts";

/** More lines than this no provider takes; those left out are counted. */
export const MOST_SUMMARY_LINES = 400;
/** A burst is much of the same: a few lines show what. */
const MOST_BURST_LINES = 5;
/** As long as an event type may be. */
const LONGEST_TYPE = 100;
const MOST_TITLE_CATEGORIES = 3;

const CATEGORY_OF = new Map(CATEGORIES.map((category) => [category.name, category]));
const MARKS: Record<Severity, string> = { INFO: "ℹ️", WARNING: "⚠️", CRITICAL: "🔴" };

export interface ComposeSummaryInput {
  id: string;
  heldFor: HoldReason;
  /** Of a burst: the event type that there was too much of. */
  burstOf: { type: string; title: string } | null;
  items: SummaryItems;
  /** IANA name; lines show the clock on the wall there. */
  timeZone: string;
  displayName: string;
  rich: boolean;
  customer: string | null;
  /** Said at its end; empty for nothing. */
  remark: string;
  now: Date;
}

/** What one kind of summary has of its own. */
interface Parts {
  title: string;
  body: string;
  facts: Fact[];
  emoji: string;
  type: string;
  category: string;
}

/** One message of many events: in order of time; in a digest by category; of a burst a sample. Pure. */
export function composeSummary(input: ComposeSummaryInput): Message {
  const { id, items, displayName, rich, customer, remark, now } = input;
  const { title, body, facts, emoji, type, category } = input.burstOf ? burstParts(input, input.burstOf) : mixedParts(input);
  return {
    id,
    reason: "SUMMARY",
    title,
    body: [body || title, remark].filter(Boolean).join("\n\n"),
    facts,
    severity: items.worst,
    recovered: false,
    emoji,
    displayName,
    rich,
    event: { id, type, category, status: null, source: null, service: null, customer, message: title, details: { events: items.eventCount }, occurredAt: now },
    condition: null,
    thread: null,
    acknowledgeUrl: null,
  };
}

function mixedParts({ heldFor, items, timeZone, now }: ComposeSummaryInput): Parts {
  const show = lineOf(timeZone, now);
  const body = heldFor === "DIGEST" ? byCategory(items, show) : items.lines.map(show).join("\n");
  return {
    title: mixedTitle(heldFor, items),
    body: withRest(body, items.lineCount - items.lines.length),
    facts: items.categories.map(({ category, count }) => ({ label: titleOf(category), value: String(count) })),
    emoji: "🗒️",
    type: "summary",
    category: "custom",
  };
}

function mixedTitle(heldFor: HoldReason, { eventCount, lineCount, lines: [first], categories }: SummaryItems): string {
  if (heldFor === "RATE_LIMIT") {
    const what = lineCount === 1 && first ? [first.title] : categories.slice(0, MOST_TITLE_CATEGORIES).map(({ category }) => titleOf(category));
    const others = categories.length > MOST_TITLE_CATEGORIES ? " and others" : "";
    return [`${eventCount} more than the channel may be sent`, what.join(", ") + others].filter(Boolean).join(": ");
  }
  const what = counted(eventCount, "event", "events");
  return heldFor === "DIGEST" ? `Digest: ${what}` : `${what} while it was quiet`;
}

/** Counts what it tells of, not events: the end of a problem is not one more of them. */
function burstParts({ items, timeZone, now }: ComposeSummaryInput, { type, title }: { type: string; title: string }): Parts {
  const { span, lineCount, lines, origins, overCount } = items;
  const category = items.categories[0]?.category ?? "custom";
  const ms = span ? span.to.getTime() - span.from.getTime() : 0;
  const sample = lines.slice(0, MOST_BURST_LINES);
  const about = [
    span && spanText(lineCount, span, timeZone, now),
    origins.length > 0 && originsText(items),
    overCount > 0 && overText(overCount, lineCount),
  ];
  return {
    title: `${lineCount} more${lineCount > 1 ? ` ${ms < 1000 ? "at once" : `in ${durationWords(ms)}`}` : ""}: ${title}`,
    body: [about.filter(Boolean).join("\n"), withRest(sample.map(lineOf(timeZone, now)).join("\n"), lineCount - sample.length)].filter(Boolean).join("\n\n"),
    facts: [
      { label: "Severity", value: items.worst },
      { label: "Event type", value: type },
    ],
    emoji: CATEGORY_OF.get(category)?.emoji ?? "🔔",
    type: cut(`burst.${type}`, LONGEST_TYPE, "CHARACTERS"),
    category,
  };
}

function spanText(count: number, { from, to }: NonNullable<SummaryItems["span"]>, timeZone: string, now: Date): string {
  const { at, until } = clockOf(timeZone, now, true);
  const [first, last] = [at(from), until(from, to)];
  return `${count} more came ${at(to) === first ? `at ${first}` : `from ${first} to ${last}`}.`;
}

function originsText({ origins, eventCount }: SummaryItems): string {
  const others = origins.reduce((sum, { count }) => sum + count, 0) < eventCount ? " and elsewhere" : "";
  return `From ${origins.map(({ name, count }) => `${name} (${count})`).join(", ")}${others}.`;
}

function overText(over: number, count: number): string {
  if (over === count) return count === 1 ? "It is over." : "All of them are over.";
  return `${counted(over, "of them is", "of them are")} over.`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function titleOf(category: string): string {
  return CATEGORY_OF.get(category)?.title ?? category;
}

function withRest(body: string, left: number): string {
  return left > 0 ? `${body}\n\n… and ${left} more.` : body;
}

function byCategory({ lines, categories }: SummaryItems, show: (line: SummaryLine) => string): string {
  return categories
    .map(({ category, count }) => {
      const own = lines.filter((line) => line.category === category);
      return [`${titleOf(category)} (${count})`, ...own.map(show)].join("\n");
    })
    .join("\n\n");
}

/** @returns what writes a line: "22:10 ⚠️ title", with "22:10–22:40" and "over after 30 minutes" for a problem that ended, and how often it was seen */
function lineOf(timeZone: string, now: Date): (line: SummaryLine) => string {
  const { at, until } = clockOf(timeZone, now, false);
  return ({ title, severity, firstAt, lastAt, count, over }) => {
    if (over && count > 1) return `${at(firstAt)}–${until(firstAt, lastAt)} ✅ ${title} (over after ${durationText(lastAt.getTime() - firstAt.getTime())})`;
    return `${at(firstAt)} ${over ? "✅" : MARKS[severity]} ${title}${count > 1 ? ` (${count} times)` : ""}`;
  };
}

/** What writes a time, with its day unless that is today; and the end of a span, with its day unless that is the beginning's. */
function clockOf(timeZone: string, now: Date, seconds: boolean): { at(time: Date): string; until(from: Date, to: Date): string } {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" });
  const today = day.format(now);
  const at = (time: Date) => (day.format(time) === today ? clock.format(time) : `${day.format(time)} ${clock.format(time)}`);
  return { at, until: (from, to) => (day.format(from) === day.format(to) ? clock.format(to) : at(to)) };
}
