import * as z from "zod";
import { notAnEventType } from "../catalogue/catalogue.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import type { MatchSubject } from "../decide/settings.ts";
import { ValidationError } from "../errors.ts";
import { SEVERITIES } from "../render/message.ts";
import { patternOf, patternProblem } from "./pattern.ts";

export const MATCH_OPERATORS = ["EQUALS", "NOT_EQUALS", "MATCHES", "NOT_MATCHES"] as const;
export type MatchOperator = (typeof MATCH_OPERATORS)[number];

/** What one field of an event must be like. */
export interface Matcher {
  /** `type`, `category`, `severity`, `service`, `source`, `customer`, `title` or `details.<name>`. */
  field: string;
  operator: MatchOperator;
  /** A text, or a regular expression that must take in the whole text. */
  value: string;
}

const PLAIN_FIELDS = ["type", "category", "severity", "service", "source", "customer", "title"] as const;
const DETAILS = "details.";
const FIELD = new RegExp(`^(${PLAIN_FIELDS.join("|")}|details\\.[\\w-]{1,100})$`);

const CLOSED_FIELDS = new Map<string, readonly string[]>([
  ["severity", SEVERITIES],
  ["category", CATEGORIES.map(({ name }) => name)],
]);

const matcherSchema = z
  .strictObject({
    field: z.string().regex(FIELD, `must be one of ${PLAIN_FIELDS.join(", ")} or details.<name>`),
    operator: z.enum(MATCH_OPERATORS),
    value: z.string().max(200, "must be at most 200 characters").regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters"),
  })
  .superRefine(({ field, operator, value }, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", path: ["value"], message });
    const known = isExact(operator) ? CLOSED_FIELDS.get(field) : undefined;
    if (known && !known.includes(value)) refuse(`must be one of ${known.join(", ")}`);
    const problem = isExact(operator) ? null : patternProblem(value);
    if (problem) refuse(problem);
  });

/** All of them must hold. */
export const matchersOrNone = z.array(matcherSchema).max(20, "must hold at most 20 matchers");

/** For what must not take in everything. */
export const matchersSchema = matchersOrNone.min(1, "must hold at least one matcher");

/** Whether the operator compares with the value as it stands. */
export function isExact(operator: MatchOperator): boolean {
  return operator === "EQUALS" || operator === "NOT_EQUALS";
}

/** @throws {ValidationError} at this path, naming types that are spelled nearly so, when there is none */
export function eventTypeNamed(name: string, catalogue: Catalogue, path: string): EventType {
  const type = catalogue.resolve(name);
  if (type) return type;
  throw ValidationError.of(path, notAnEventType(name, catalogue), "unknown_event_type");
}

/** The same matchers with event types by their canonical names. @throws {ValidationError} when there is no such type */
export function canonicalMatchers(matchers: readonly Matcher[], catalogue: Catalogue): Matcher[] {
  return matchers.map((matcher, at) => {
    if (matcher.field !== "type" || !isExact(matcher.operator)) return matcher;
    return { ...matcher, value: eventTypeNamed(matcher.value, catalogue, `matchers.${at}.value`).name };
  });
}

/** Whether all matchers hold for an event. */
export function compileMatchers(matchers: readonly Matcher[]): (subject: MatchSubject) => boolean {
  // What costs least is asked first.
  const ordered = [...matchers].sort((a, b) => Number(isExact(b.operator)) - Number(isExact(a.operator)));
  const tests = ordered.map((matcher) => ({ field: matcher.field, holds: compileMatcher(matcher) }));
  return (subject) => tests.every(({ field, holds }) => holds(textOf(subject, field)));
}

/** Whether one matcher holds for its field's text. */
export function compileMatcher({ operator, value }: Matcher): (text: string) => boolean {
  const pattern = patternOf(value);
  switch (operator) {
    case "EQUALS":
      return (text) => text === value;
    case "NOT_EQUALS":
      return (text) => text !== value;
    case "MATCHES":
      return (text) => pattern.matches(text);
    case "NOT_MATCHES":
      return (text) => !pattern.matches(text);
  }
}

/** A field that an event lacks is empty; a detail that is no text is its JSON. */
function textOf(subject: MatchSubject, field: string): string {
  if (!field.startsWith(DETAILS)) return subject[field as (typeof PLAIN_FIELDS)[number]] ?? "";
  const name = field.slice(DETAILS.length);
  const value = Object.hasOwn(subject.details, name) ? subject.details[name] : "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
