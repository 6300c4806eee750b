import { Temporal } from "temporal-polyfill";
import * as z from "zod";

/** In the order of Temporal's dayOfWeek, which counts from 1. */
export const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;

export type Day = (typeof DAYS)[number];

/** Minutes in a day by the clock on the wall. */
export const DAY_MINUTES = 1440;

const WALL_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
/** Every name starts with a letter, an offset does not: later runtimes would take "+02:00" for a zone. */
const ZONE_NAME = /^[A-Za-z][\w+/-]{0,99}$/;

const WRONG_WALL_TIME = "must be a time from 00:00 to 23:59";
const WRONG_TIME_ZONE = "must be an IANA time zone such as Europe/Berlin";

/** Whether the text is a wall-clock time from "00:00" to "23:59". */
export function isWallTime(text: string): boolean {
  return WALL_TIME.test(text);
}

/**
 * A wall-clock time as minutes since midnight, 0 to 1439.
 * @throws {RangeError} when the text is not a time from "00:00" to "23:59"
 */
export function minutesOf(time: string): number {
  const match = WALL_TIME.exec(time);
  if (!match) throw new RangeError(`A wall-clock time ${WRONG_WALL_TIME}.`);
  return Number(match[1]) * 60 + Number(match[2]);
}

/** Whether the text names an IANA time zone that this runtime knows, in any case of letters; an offset such as "+02:00" is none. */
export function isTimeZone(text: string): boolean {
  if (!ZONE_NAME.test(text)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The zone as given.
 * @throws {RangeError} when the runtime knows no IANA time zone of that name
 */
export function checkTimeZone(text: string): string {
  if (!isTimeZone(text)) throw new RangeError(`A time zone ${WRONG_TIME_ZONE}.`);
  return text;
}

export const wallTimeSchema = z.string(WRONG_WALL_TIME).refine(isWallTime, WRONG_WALL_TIME);
export const timeZoneSchema = z.string(WRONG_TIME_ZONE).refine(isTimeZone, WRONG_TIME_ZONE);

/**
 * The moment at which clocks of the zone show that time on that day. A doubled time is taken at its first showing, a
 * missing one when clocks that had not been changed would show it: 02:30 in a gap from 02:00 to 03:00 is 03:30.
 * @throws {RangeError} when the time or the zone is none
 */
export function momentOf(day: Temporal.PlainDate, time: string, timeZone: string): Temporal.ZonedDateTime {
  const minutes = minutesOf(time);
  const plainTime = new Temporal.PlainTime(Math.floor(minutes / 60), minutes % 60);
  return day.toZonedDateTime({ timeZone: checkedOnce(timeZone), plainTime });
}

/** Whether the zone's calendar goes over the day, as Samoa's went from 29 to 31 December 2011. */
export function isSkipped(day: Temporal.PlainDate, timeZone: string): boolean {
  return !day.toZonedDateTime(timeZone).toPlainDate().equals(day);
}

const known = new Set<string>();

/** Zones are few and asked for again and again. */
function checkedOnce(timeZone: string): string {
  if (!known.has(timeZone)) known.add(checkTimeZone(timeZone));
  return timeZone;
}
