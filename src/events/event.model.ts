import * as z from "zod";
import type { Decision, MatchedRule } from "../decide/decision.ts";
import type { IncomingEvent } from "../decide/event.ts";
import type { Verdict, ChannelVerdict } from "../decide/verdict.ts";
import { EVENT_STATUSES, SEVERITIES } from "../render/message.ts";
import type { EventStatus, Json, MessageReason, Severity } from "../render/message.ts";

/** An event as it is stored. */
export interface StoredEvent {
  id: string;
  receivedAt: Date;
  occurredAt: Date;
  type: string;
  category: string;
  severity: Severity;
  status: EventStatus | null;
  source: string | null;
  service: string | null;
  customer: string | null;
  title: string;
  message: string;
  details: { [key: string]: Json };
  value: number | null;
  dedupKey: string | null;
  fingerprint: string;
  conditionId: string | null;
  fate: string;
  decision: StoredDecision;
}

/** What is kept of a Decision: the explanation. */
export interface StoredDecision {
  verdict: Verdict;
  channels: ChannelVerdict[];
  reason: MessageReason;
  /** The first of the alert rules that matched; left out when none did. */
  rules?: MatchedRule[];
}

/** More rules than so many are not kept of one event. */
const MOST_RULES_KEPT = 100;

export function storedDecision({ verdict, channels, reason, rules }: Decision): StoredDecision {
  return { verdict, channels, reason, ...(rules.length > 0 ? { rules: rules.slice(0, MOST_RULES_KEPT) } : {}) };
}

/** Control characters other than tab and line breaks, and halves of surrogate pairs. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}/u;
const LINE_BREAKS = /[\r\n\t]/;

/** The longest that texts may be, in UTF-16 code units. */
export const TEXT_LIMITS = { type: 100, source: 200, service: 200, customer: 200, title: 300, message: 20_000, dedupKey: 200, idempotencyKey: 200 } as const;

function text(max: number, { lines = false } = {}) {
  return z
    .string({ error: ({ input }) => (input === undefined ? "must be given" : "must be text") })
    .max(max, `must be at most ${max} characters`)
    .refine((value) => !UNPRINTABLE.test(value), "must not hold control characters or broken Unicode")
    .refine((value) => lines || !LINE_BREAKS.test(value), "must be one line")
    .transform((value) => value.trim());
}

/** Text that may be left out; blank counts as left out. */
function optionalText(max: number, options?: { lines?: boolean }) {
  return text(max, options).nullish().transform((value) => value || null);
}

export const DETAILS_LIMITS = { bytes: 32 * 1024, depth: 8 };
/** Producers' clocks may be ahead by this much. */
const FURTHEST_FUTURE_MS = 24 * 3600 * 1000;
/** Times before this are a unit mix-up (seconds taken for milliseconds) rather than history. */
const EARLIEST_OCCURRED_AT = Date.UTC(2000, 0, 1);

const details = z
  .record(z.string(), z.unknown(), "must be a JSON object")
  .refine((value) => !isDeeperThan(DETAILS_LIMITS.depth, value), { message: `must be nested at most ${DETAILS_LIMITS.depth} deep`, abort: true })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= DETAILS_LIMITS.bytes, `must be at most ${DETAILS_LIMITS.bytes} bytes of JSON`)
  .refine((value) => !hasUnprintable(value), "must not hold control characters or broken Unicode")
  .refine((value) => !hasInfinite(value), "must not hold numbers beyond ±1.7e308, which JSON cannot keep")
  .nullish()
  .transform((value) => (value ?? {}) as { [key: string]: Json });

const FIELDS = "an event is a JSON object of type, severity, status, source, service, customer, title, message, details, value, occurredAt, dedupKey, idempotencyKey";

/** What a producer sends, checked. `occurredAt` may be a Date (GraphQL) or ISO 8601 text (REST). */
export const eventInput = z.strictObject(
  {
    type: text(TEXT_LIMITS.type).refine((value) => value !== "", "must be the name of an event type, e.g. backup.failure"),
    severity: z.enum(SEVERITIES, `must be one of ${SEVERITIES.join(", ")}`).nullish().transform((value) => value ?? null),
    status: z.enum(EVENT_STATUSES, `must be one of ${EVENT_STATUSES.join(", ")}`).nullish().transform((value) => value ?? null),
    source: optionalText(TEXT_LIMITS.source),
    service: optionalText(TEXT_LIMITS.service),
    customer: optionalText(TEXT_LIMITS.customer),
    title: optionalText(TEXT_LIMITS.title),
    message: optionalText(TEXT_LIMITS.message, { lines: true }),
    details,
    value: z.number("must be a number").nullish().transform((value) => value ?? null),
    occurredAt: z
      .union([z.date(), z.iso.datetime({ offset: true }).transform((iso) => new Date(iso))], "must be a time as ISO 8601 with an offset, e.g. 2026-01-31T12:00:00Z")
      .nullish()
      .transform((value) => value ?? null),
    dedupKey: optionalText(TEXT_LIMITS.dedupKey),
    idempotencyKey: optionalText(TEXT_LIMITS.idempotencyKey),
  },
  { error: (issue) => (issue.code === "unrecognized_keys" ? `has no field ${issue.keys?.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 100))).join(", ")}; ${FIELDS}` : FIELDS) },
);

export type EventInput = z.output<typeof eventInput>;

/** Checks that need the time: undefined when all is well. */
export function occurredAtProblem(occurredAt: Date | null, now: Date): string | undefined {
  if (!occurredAt) return undefined;
  const time = occurredAt.getTime();
  if (time > now.getTime() + FURTHEST_FUTURE_MS) return "must not be more than a day in the future";
  return time < EARLIEST_OCCURRED_AT ? "must be after the year 2000" : undefined;
}

/** The event as decide takes it. */
export function incomingEvent(input: EventInput, type: string, id: string, now: Date): IncomingEvent {
  const { severity, status, source, service, customer, title, message, details, value, dedupKey } = input;
  return { id, receivedAt: now, occurredAt: input.occurredAt ?? now, type, severity, status, source, service, customer, title, message, details, value, dedupKey };
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

function hasUnprintable(value: unknown): boolean {
  if (typeof value === "string") return UNPRINTABLE.test(value);
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(([key, inner]) => UNPRINTABLE.test(key) || hasUnprintable(inner));
}

/** JSON.parse makes Infinity of a number that is too large, and JSON.stringify would make null of that. */
function hasInfinite(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return value !== null && typeof value === "object" && Object.values(value).some(hasInfinite);
}
