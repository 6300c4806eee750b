import { z } from "zod";
import { DAYS, timeZoneSchema, wallTimeSchema } from "./wallTime.ts";
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
  /** 1 to 20; they may touch and overlap. */
  readonly windows: readonly QuietWindow[];
}

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
    .max(20, "must hold at most 20 windows")
    .superRefine((windows, context) => {
      const firstIndex = new Map<string, number>();
      for (const [index, { days, start, end }] of windows.entries()) {
        const repeated = days.find((day) => firstIndex.has(`${day} ${start} ${end}`));
        if (repeated) context.addIssue({ code: "custom", path: [index], message: `must not repeat windows.${firstIndex.get(`${repeated} ${start} ${end}`)} on ${repeated}` });
        for (const day of days) if (!firstIndex.has(`${day} ${start} ${end}`)) firstIndex.set(`${day} ${start} ${end}`, index);
      }
    }),
});

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
