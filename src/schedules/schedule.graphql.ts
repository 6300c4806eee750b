import { builder } from "../graphql/builder.ts";
import { nextDigest } from "./digest.ts";
import { nextChange } from "./quietHours.ts";
import type { Digest, QuietHours, QuietWindow } from "./schedule.ts";

const DayEnum = builder.enumType("DayOfWeek", {
  description: "A day of the week.",
  values: {
    MON: { value: "MON" as const, description: "Monday." },
    TUE: { value: "TUE" as const, description: "Tuesday." },
    WED: { value: "WED" as const, description: "Wednesday." },
    THU: { value: "THU" as const, description: "Thursday." },
    FRI: { value: "FRI" as const, description: "Friday." },
    SAT: { value: "SAT" as const, description: "Saturday." },
    SUN: { value: "SUN" as const, description: "Sunday." },
  },
});

const QuietWindowType = builder.objectRef<QuietWindow>("QuietWindow").implement({
  description: "A window by the clock on the wall: from `start` until just before `end`.",
  fields: (t) => ({
    days: t.expose("days", { type: [DayEnum], description: "The days on which it starts." }),
    start: t.exposeString("start", { description: "HH:MM." }),
    end: t.exposeString("end", { description: "HH:MM. At or before `start` it is on the next day; equal to it, the window is a whole day." }),
  }),
});

export const QuietHoursType = builder.objectRef<QuietHours>("QuietHours").implement({
  description: "Windows that come back every week: when a channel stays quiet (critical messages pass, the rest comes as one summary when it ends), or when a silence holds.",
  fields: (t) => ({
    timeZone: t.exposeString("timeZone", { description: "IANA time zone, e.g. Europe/Berlin." }),
    windows: t.expose("windows", { type: [QuietWindowType], description: "The windows." }),
    active: t.boolean({ description: "Whether a window is open now.", resolve: (hours, _args, { services }) => nextChange(hours, services.clock.now()).active }),
    nextChange: t.field({ type: "DateTime", nullable: true, description: "When that changes next; null when it never does.", resolve: (hours, _args, { services }) => nextChange(hours, services.clock.now()).at }),
  }),
});

export const DigestType = builder.objectRef<Digest & { quietHours: QuietHours | null }>("Digest").implement({
  description: "When a channel gets its daily digest of what is only information. Starts, stops and failures never wait for it.",
  fields: (t) => ({
    timeZone: t.exposeString("timeZone", { description: "IANA time zone, e.g. Europe/Berlin." }),
    time: t.exposeString("time", { description: "HH:MM." }),
    nextAt: t.field({ type: "DateTime", description: "When the next one is due; where quiet hours cover that, when they end. A day without events has none.", resolve: (digest, _args, { services }) => nextDigest(digest, digest.quietHours, services.clock.now()) }),
  }),
});

const QuietWindowInput = builder.inputType("QuietWindowInput", {
  description: "A window by the clock on the wall: from `start` until just before `end`.",
  fields: (t) => ({
    days: t.field({ type: [DayEnum], description: "The days on which it starts. Left out: every day." }),
    start: t.string({ required: true, description: "HH:MM, 00:00 to 23:59." }),
    end: t.string({ required: true, description: "HH:MM. At or before `start` it is on the next day; equal to it, the window is a whole day." }),
  }),
});

export const QuietHoursInput = builder.inputType("QuietHoursInput", {
  description: "Windows that come back every week: when a channel stays quiet, or when a silence holds. Clock changes of the zone are taken care of.",
  fields: (t) => ({
    timeZone: t.string({ required: true, description: "IANA time zone, e.g. Europe/Berlin." }),
    windows: t.field({ type: [QuietWindowInput], required: true, description: "1 to 20 windows, which may touch but not overlap." }),
  }),
});

export const DigestInput = builder.inputType("DigestInput", {
  description: "When a channel gets its daily digest.",
  fields: (t) => ({
    timeZone: t.string({ required: true, description: "IANA time zone, e.g. Europe/Berlin." }),
    time: t.string({ description: "HH:MM, 00:00 to 23:59. Left out: 09:00." }),
  }),
});
