import { CATEGORIES } from "../catalogue/category.ts";
import { SEVERITIES } from "../render/message.ts";
import { compileMatcher } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";

/** Texts that have nothing in common: what takes in all of them takes in nearly everything. */
const ODD_TEXTS = ["~", "Zß 9!", "🔔 -", "0"];
const NEVER_EMPTY = ["type", "category", "severity", "title"];

/** Matchers that can be meant but hardly are: each in a sentence for whoever has written them. */
export function matcherWarnings(matchers: readonly Matcher[]): string[] {
  if (canNeverHold(matchers)) return ["No event can match: the matchers contradict each other."];
  return leaveOutLittle(matchers) ? ["The matchers leave out hardly anything: nearly every event matches."] : [];
}

/** Whether nearly every event meets them. */
export function leaveOutLittle(matchers: readonly Matcher[]): boolean {
  return matchers.every(leavesOutLittle);
}

function leavesOutLittle(matcher: Matcher): boolean {
  return samplesOf(matcher.field).every(compileMatcher(matcher));
}

function samplesOf(field: string): readonly string[] {
  if (field === "severity") return SEVERITIES;
  return NEVER_EMPTY.includes(field) ? ODD_TEXTS : ["", ...ODD_TEXTS];
}

/** Whether they contradict each other. */
export function canNeverHold(matchers: readonly Matcher[]): boolean {
  return [...new Set(matchers.map(({ field }) => field))].some((field) => {
    const own = matchers.filter((matcher) => matcher.field === field);
    const tests = own.map(compileMatcher);
    const possible = possibleTexts(field, own);
    if (possible) return !possible.some((text) => tests.every((holds) => holds(text)));
    return own.some((matcher) => matcher.operator === "NOT_MATCHES" && leavesOutLittle({ ...matcher, operator: "MATCHES" }));
  });
}

/** All that the field can be for these matchers to hold; null when that is without end. */
function possibleTexts(field: string, matchers: readonly Matcher[]): readonly string[] | null {
  const exact = matchers.find(({ operator }) => operator === "EQUALS");
  if (exact) return [exact.value];
  if (field === "severity") return SEVERITIES;
  return field === "category" ? CATEGORIES.map(({ name }) => name) : null;
}
