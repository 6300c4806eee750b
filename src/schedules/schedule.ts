import * as z from "zod";
import { DAYS, DAY_MINUTES, isWallTime, minutesOf, timeZoneSchema, wallTimeSchema } from "./wallTime.ts";
import type { Day } from "./wallTime.ts";

/** A span by the clock on the wall, half open: at `end` it is over. */
export interface QuietWindow {
  /** On which it starts, at least one. */
  readonly days: readonly Day[];
  /** "00:00" to "23:59". */
  readonly start: string;
  /** "00:00" to "23:59". At or before `start`: of the next day, so that equal times make a whole day. */
  readonly end: string;
}

/** Kept as wall-clock time and never as instants. What is computed of it is remembered by identity: replace it, do not change it. */
export interface QuietHours {
  /** IANA name, e.g. Europe/Berlin. */
  readonly timeZone: string;
  /** 1 to 20. As they are given they may touch but not overlap; what reads them takes both. */
  readonly windows: readonly QuietWindow[];
}

const MOST_WINDOWS = 20;

const quietWindowSchema = z.strictObject({
  days: z
    .array(z.enum(DAYS, `must be one of ${DAYS.join(", ")}`))
    .min(1, "must name at least one day")
    .refine((days) => new Set(days).size === days.length, "must not name a day twice")
    .nullish()
    .transform((days) => days ?? [...DAYS]),
  start: wallTimeSchema,
  end: wallTimeSchema,
});

export const quietHoursSchema = z.strictObject({
  timeZone: timeZoneSchema,
  windows: z
    .array(quietWindowSchema)
    .min(1, "must hold at least one window")
    .max(MOST_WINDOWS, `must hold at most ${MOST_WINDOWS} windows`)
    .superRefine((windows, context) => {
      // What is wrong in itself has been told of.
      if (windows.length > MOST_WINDOWS || !windows.every(({ start, end }) => isWallTime(start) && isWallTime(end))) return;
      for (const [index, window] of windows.entries()) {
        const clash = firstOverlap(windows.slice(0, index), window);
        if (clash) context.addIssue({ code: "custom", path: [index], message: `must not overlap windows.${clash.index}: ${clash.own} and ${clash.other}` });
      }
    }),
});

/** The first of the others that shares a minute of the week with a window, and on which of their days. */
function firstOverlap(others: readonly QuietWindow[], window: QuietWindow): { index: number; own: string; other: string } | null {
  for (const [index, other] of others.entries()) {
    for (const own of window.days) {
      const clash = other.days.find((day) => overlap(window, own, other, day));
      if (clash) return { index, own: textOf(window, own), other: textOf(other, clash) };
    }
  }
  return null;
}

/** Whether two windows that start on these days share a minute, the week taken as a circle. */
function overlap(a: QuietWindow, dayOfA: Day, b: QuietWindow, dayOfB: Day): boolean {
  const week = DAYS.length * DAY_MINUTES;
  const startOf = (window: QuietWindow, day: Day) => DAYS.indexOf(day) * DAY_MINUTES + minutesOf(window.start);
  const fromAToB = (startOf(b, dayOfB) - startOf(a, dayOfA) + week) % week;
  return fromAToB < lengthOf(a) || (week - fromAToB) % week < lengthOf(b);
}

/** In minutes by the clock on the wall. */
function lengthOf({ start, end }: QuietWindow): number {
  return (minutesOf(end) - minutesOf(start) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
}

function textOf({ start, end }: QuietWindow, day: Day): string {
  return `${day} ${start} to ${end}`;
}

/** A time of every day by the clocks of a zone. */
export interface Digest {
  /** "00:00" to "23:59". */
  readonly time: string;
  /** IANA name, e.g. Europe/Berlin. */
  readonly timeZone: string;
}

export const digestSchema = z.strictObject({
  time: wallTimeSchema.nullish().transform((time) => time ?? "09:00"),
  timeZone: timeZoneSchema,
});
