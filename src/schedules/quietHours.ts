import { Temporal } from "temporal-polyfill";
import type { QuietHours, QuietWindow } from "./schedule.ts";
import { DAY_MINUTES, DAYS, isSkipped, minutesOf, momentOf } from "./wallTime.ts";
import type { Day } from "./wallTime.ts";

/** In place of an end, for windows that cover every minute of the week; in epoch milliseconds. */
export const QUIET_FOREVER = Date.UTC(9999, 11, 31);

/**
 * Until when it is quiet, windows that touch or overlap taken as one: always after `now`, and no longer quiet then.
 * Null when it is not quiet now; QUIET_FOREVER when the windows cover every minute of the week.
 * @throws {RangeError} when a time, the zone or the date is none
 */
export function quietUntil(hours: QuietHours, now: Date): Date | null {
  const { quiet, to } = stretchAt(hours, now.getTime());
  return quiet ? new Date(Math.min(to, QUIET_FOREVER)) : null;
}

/**
 * Whether it is quiet now, and the next moment at which that changes: always after `now`; null when it never does,
 * because the windows cover every minute of the week.
 * @throws {RangeError} when a time, the zone or the date is none
 */
export function nextChange(hours: QuietHours, now: Date): { active: boolean; at: Date | null } {
  const { quiet, to } = stretchAt(hours, now.getTime());
  return { active: quiet, at: to === Infinity ? null : new Date(to) };
}

/**
 * The instants [from, to) of the window that starts on a local day; null when none does, or nothing is left of it.
 *
 * Start and end follow the same rule, so that a window always touches one that starts when it ends: of a doubled time
 * the first showing counts (a window that ends in a doubled hour is over when its end is first shown), and a missing
 * time moves forward by the gap (02:30 becomes 03:30). Nothing is left of a window that starts in a gap and ends before
 * its moved start, e.g. 02:30 to 03:15. On a day that the zone skips no window starts; one that would end there ends
 * as much later as the skip is long.
 * @param timeZone IANA name
 * @throws {RangeError} when a time or the zone is none
 */
export function windowInstants(window: QuietWindow, timeZone: string, day: Temporal.PlainDate): { from: Date; to: Date } | null {
  if (!window.days.includes(DAYS[day.dayOfWeek - 1] as Day)) return null;
  const start = momentOf(day, window.start, timeZone);
  if (!start.toPlainDate().equals(day) && isSkipped(day, timeZone)) return null;
  const endDay = minutesOf(window.end) <= minutesOf(window.start) ? day.add({ days: 1 }) : day;
  const end = momentOf(endDay, window.end, timeZone);
  if (end.epochMilliseconds <= start.epochMilliseconds) return null;
  return { from: new Date(start.epochMilliseconds), to: new Date(end.epochMilliseconds) };
}

/** Epoch milliseconds [from, to). */
interface Span {
  from: number;
  to: number;
}

/** A span in which it is all quiet or all not. */
interface Stretch extends Span {
  quiet: boolean;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** More than any zone has ever been from UTC. */
const FARTHEST_OFFSET = 16 * HOUR;
/** From the first minute of a window's day to its end: two days by the clock, and one that the zone may skip. */
const LONGEST_REACH = 3 * DAY;

/**
 * Events come by the thousand, and stretches change twice a day: those last used answer nearly every call. More than
 * one, because an event may ask for now and for when its digest is due.
 */
const lastStretches = new WeakMap<QuietHours, Stretch[]>();
const MOST_STRETCHES = 4;

function stretchAt(hours: QuietHours, now: number): Stretch {
  const last = lastStretches.get(hours) ?? [];
  for (const stretch of last) if (stretch.from <= now && now < stretch.to) return stretch;
  const stretch = findStretch(hours, now);
  lastStretches.set(hours, [stretch, ...last.slice(0, MOST_STRETCHES - 1)]);
  return stretch;
}

function findStretch(hours: QuietHours, now: number): Stretch {
  const covered = minutesOfWeek(hours);
  if (!covered.includes(0)) return { quiet: true, from: -Infinity, to: Infinity };
  if (!covered.includes(1)) return { quiet: false, from: -Infinity, to: Infinity };
  const firstDay = Math.floor((now - FARTHEST_OFFSET - LONGEST_REACH) / DAY) + 1;
  const knownFrom = (firstDay - 1) * DAY + LONGEST_REACH + FARTHEST_OFFSET;
  const runs: Span[] = [];
  // Day by day until it is known what comes after now: within weeks, as some minutes of the week are covered and some not.
  for (let day = firstDay; ; day++) {
    for (const span of spansOf(hours, day)) join(runs, span);
    const knownTo = (day + 1) * DAY - FARTHEST_OFFSET;
    const index = runs.findIndex(({ to }) => to > now);
    const run = runs[index];
    if (run && run.from <= now && run.to < knownTo) return { quiet: true, ...run };
    if (run && now < run.from && run.from < knownTo) return { quiet: false, from: Math.max(knownFrom, runs[index - 1]?.to ?? knownFrom), to: run.from };
  }
}

/** @param epochDay a local day, as days since 1970-01-01 */
function spansOf({ timeZone, windows }: QuietHours, epochDay: number): Span[] {
  const date = new Date(epochDay * DAY);
  const day = new Temporal.PlainDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
  return windows.flatMap((window) => {
    const instants = windowInstants(window, timeZone, day);
    return instants ? [{ from: instants.from.getTime(), to: instants.to.getTime() }] : [];
  });
}

/** Adds a span to sorted runs that do not touch, and keeps them so. */
function join(runs: Span[], { from, to }: Span): void {
  const found = runs.findIndex((run) => run.to >= from);
  const first = found === -1 ? runs.length : found;
  const touching = runs.slice(first).filter((run) => run.from <= to);
  runs.splice(first, touching.length, { from: Math.min(from, ...touching.map((run) => run.from)), to: Math.max(to, ...touching.map((run) => run.to)) });
}

/** 1 for every minute of the week that a window covers, from Monday 00:00 on. */
function minutesOfWeek({ windows }: QuietHours): Uint8Array {
  const minutes = new Uint8Array(7 * DAY_MINUTES);
  for (const { days, start, end } of windows) {
    const length = (minutesOf(end) - minutesOf(start) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
    for (const day of days) {
      const from = DAYS.indexOf(day) * DAY_MINUTES + minutesOf(start);
      minutes.fill(1, from, from + length);
      minutes.fill(1, 0, Math.max(0, from + length - minutes.length));
    }
  }
  return minutes;
}
