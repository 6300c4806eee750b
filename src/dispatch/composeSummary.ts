import { CATEGORIES } from "../catalogue/category.ts";
import type { HoldReason } from "../decide/verdict.ts";
import { durationText } from "../render/duration.ts";
import type { Message, Severity } from "../render/message.ts";
import type { SummaryItems, SummaryLine } from "./held.store.ts";

/** More lines than this no provider takes; those left out are counted. */
export const MOST_SUMMARY_LINES = 400;

const TITLES = new Map(CATEGORIES.map(({ name, title }) => [name, title]));
const MARKS: Record<Severity, string> = { INFO: "ℹ️", WARNING: "⚠️", CRITICAL: "🔴" };

export interface ComposeSummaryInput {
  id: string;
  heldFor: HoldReason;
  items: SummaryItems;
  /** IANA name; lines show the clock on the wall there. */
  timeZone: string;
  displayName: string;
  rich: boolean;
  customer: string | null;
  now: Date;
}

/** One message of many events: in order of time after quiet hours, by category in a digest. Pure. */
export function composeSummary({ id, heldFor, items, timeZone, displayName, rich, customer, now }: ComposeSummaryInput): Message {
  const { lines, lineCount, eventCount, worst, categories } = items;
  const what = `${eventCount} ${eventCount === 1 ? "event" : "events"}`;
  const title = heldFor === "DIGEST" ? `Digest: ${what}` : `${what} while it was quiet`;
  const show = lineOf(timeZone, now);
  const body = heldFor === "DIGEST" ? byCategory(items, show) : lines.map(show).join("\n");
  const left = lineCount - lines.length;
  return {
    id,
    reason: "SUMMARY",
    title,
    body: (left > 0 ? `${body}\n\n… and ${left} more.` : body) || title,
    facts: categories.map(({ category, count }) => ({ label: TITLES.get(category) ?? category, value: String(count) })),
    severity: worst,
    recovered: false,
    emoji: "🗒️",
    displayName,
    rich,
    event: { id, type: "summary", category: "custom", status: null, source: null, service: null, customer, message: title, details: { events: eventCount }, occurredAt: now },
    condition: null,
    thread: null,
  };
}

function byCategory({ lines, categories }: SummaryItems, show: (line: SummaryLine) => string): string {
  return categories
    .map(({ category, count }) => {
      const own = lines.filter((line) => line.category === category);
      return [`${TITLES.get(category) ?? category} (${count})`, ...own.map(show)].join("\n");
    })
    .join("\n\n");
}

/** @returns what writes a line: "22:10 ⚠️ title", with "22:10–22:40" and "over after 30 minutes" for a problem that ended, and how often it was seen */
function lineOf(timeZone: string, now: Date): (line: SummaryLine) => string {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" });
  const today = day.format(now);
  const at = (time: Date) => (day.format(time) === today ? clock.format(time) : `${day.format(time)} ${clock.format(time)}`);
  return ({ title, severity, firstAt, lastAt, count, over }) => {
    const end = day.format(firstAt) === day.format(lastAt) ? clock.format(lastAt) : at(lastAt);
    if (over && count > 1) return `${at(firstAt)}–${end} ✅ ${title} (over after ${durationText(lastAt.getTime() - firstAt.getTime())})`;
    return `${at(firstAt)} ${over ? "✅" : MARKS[severity]} ${title}${count > 1 ? ` (${count} times)` : ""}`;
  };
}
