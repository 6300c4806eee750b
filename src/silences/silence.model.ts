import * as z from "zod";
import type { CompiledSilence } from "../decide/settings.ts";
import { ValidationError } from "../errors.ts";
import type { Issue } from "../errors.ts";
import { endOfPeriod } from "../schedules/period.ts";
import type { Period } from "../schedules/period.ts";
import { nextChange } from "../schedules/quietHours.ts";
import { quietHoursSchema } from "../schedules/schedule.ts";
import { compileMatchers, matchersSchema } from "../matchers/matcher.ts";
import type { Matcher } from "../matchers/matcher.ts";
import { matcherWarnings } from "../matchers/matcherWarnings.ts";

/** Keeps matching events from being sent. */
export interface Silence extends Period {
  id: string;
  reason: string;
  /** The name of the token that made it. */
  author: string;
  /** Set on a customer's own: it silences that customer's channels only. */
  customer: string | null;
  matchers: Matcher[];
}

/** So many silences of the server itself may be there that have not ended: every event is held against each. */
export const MOST_SILENCES = 1000;
/** Of each customer. */
export const MOST_SILENCES_OF_CUSTOMER = 100;

const YEAR_MS = 366 * 86_400_000;
/** With a schedule; beyond it, leaving the end out says the same. */
const LONGEST_SECONDS = 10 * 366 * 86_400;

const reason = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(500, "must be at most 500 characters")
  .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters");

const period = {
  startsAt: z.date().nullish(),
  endsAt: z.date().nullish(),
  duration: z.int("must be whole seconds").min(1, "must be at least PT1S").max(LONGEST_SECONDS, "must be at most ten years").nullish(),
  schedule: quietHoursSchema.nullish(),
};

export const silenceInput = z.object({ matchers: matchersSchema, reason, ...period });

/** What of a silence may change; whatever is left out stays. */
export const silenceChange = z.object({ matchers: matchersSchema.optional(), reason: reason.optional(), ...period });

export type SilenceInput = z.input<typeof silenceInput>;
export type SilenceChange = z.input<typeof silenceChange>;

/** When a silence is to hold, as it is given: an end or a duration. */
export type GivenPeriod = Pick<z.output<typeof silenceChange>, "startsAt" | "endsAt" | "duration" | "schedule">;

/**
 * The period that a silence gets.
 * @param before the period that it has; null for a new one, which starts now unless told otherwise
 * @throws {ValidationError} naming everything that is wrong
 */
export function periodOf(given: GivenPeriod, before: Period | null, now: Date): Period {
  const startsAt = given.startsAt ?? before?.startsAt ?? now;
  const schedule = given.schedule === undefined ? (before?.schedule ?? null) : given.schedule;
  const kept = given.endsAt === undefined ? (before?.endsAt ?? null) : given.endsAt;
  const endsAt = given.duration ? new Date(startsAt.getTime() + given.duration * 1000) : kept;
  const issues = [startIssue(startsAt, now), endIssue({ startsAt, endsAt, schedule }, given, now)].filter((issue) => issue !== null);
  if (issues.length > 0) throw new ValidationError(issues);
  return { startsAt, endsAt, schedule };
}

function startIssue(startsAt: Date, now: Date): Issue | null {
  return startsAt.getTime() - now.getTime() > YEAR_MS ? { path: "startsAt", message: "must be at most a year ahead", code: "too_big" } : null;
}

function endIssue({ startsAt, endsAt, schedule }: Period, given: GivenPeriod, now: Date): Issue | null {
  if (given.duration && given.endsAt) return { path: "duration", message: "must be left out when endsAt is given", code: "invalid" };
  if (!endsAt) return schedule ? null : { path: "endsAt", message: "must be given, or duration: only a silence with a schedule may be without an end", code: "required" };
  const path = given.duration ? "duration" : given.endsAt || !given.startsAt ? "endsAt" : "startsAt";
  if (endsAt <= startsAt) return { path, message: path === "startsAt" ? "must be before endsAt" : "must be after startsAt", code: "invalid" };
  if (endsAt <= now) return { path, message: "must end in the future: this would be a silence in the past", code: "too_small" };
  const tooLong = !schedule && endsAt.getTime() - startsAt.getTime() > YEAR_MS;
  return tooLong ? { path, message: "must make it at most a year long; only a silence with a schedule may be longer", code: "too_big" } : null;
}

const SILENCE_STATES = ["ACTIVE", "SCHEDULED", "ENDED"] as const;
export type SilenceState = (typeof SILENCE_STATES)[number];

/** Where a moment lies: before, within or after the time from start to end. */
export function stateOf({ startsAt, endsAt }: Pick<Period, "startsAt" | "endsAt">, now: Date): SilenceState {
  if (endsAt && endsAt <= now) return "ENDED";
  return startsAt > now ? "SCHEDULED" : "ACTIVE";
}

/** Whether it silences now, and the next moment at which that changes; null when it never does. */
export function nextChangeOf(period: Period, now: Date): { active: boolean; at: Date | null } {
  const { startsAt, endsAt, schedule } = period;
  if (stateOf(period, now) === "ENDED") return { active: false, at: null };
  const until = endOfPeriod(period, now);
  if (until !== undefined) return { active: true, at: until };
  if (!schedule) return { active: false, at: startsAt };
  const from = startsAt > now ? startsAt : now;
  const first = nextChange(schedule, from);
  const at = first.active ? from : first.at;
  return { active: false, at: at && (!endsAt || at < endsAt) ? at : null };
}

/** What of a silence can be meant but hardly is: each in a sentence for whoever has made it. */
export function silenceWarnings({ matchers, ...period }: Period & { matchers: readonly Matcher[] }): string[] {
  const { startsAt, schedule } = period;
  // Asked as if it were just before the start, so that a window which is open then counts.
  const never = nextChangeOf(period, new Date(startsAt.getTime() - 1)).at === null;
  const always = schedule !== null && nextChange(schedule, startsAt).active && nextChange(schedule, startsAt).at === null;
  return [
    ...matcherWarnings(matchers),
    ...(never ? ["It never silences anything: no window of the schedule begins between its start and its end."] : []),
    ...(always ? ["The schedule covers the whole week, so it changes nothing."] : []),
  ];
}

/** As deciding needs it. */
export function compileSilence({ id, reason, author, customer, startsAt, endsAt, schedule, matchers }: Silence): CompiledSilence {
  return { id, reason, author, customer, startsAt, endsAt, schedule, matches: compileMatchers(matchers) };
}
