import * as z from "zod";

const seconds = z.number().int("must be a whole number").min(0, "must be 0 or more seconds").max(366 * 86_400, "must be at most a year");

/** So many messages within a burst's window come one by one; 0: all of them. */
export const burstCount = z.number().int("must be a whole number").min(0, "must be 0 or more").max(10_000, "must be at most 10000");
/** Seconds. */
export const burstWindow = z.number().int("must be whole seconds").min(1, "must be at least 1 second").max(86_400, "must be at most a day");

// An opening by itself is a problem, not a flapping one.
const flappingCount = z.number().int("must be a whole number").min(0, "must be 0 or more").max(100, "must be at most 100").refine((count) => count !== 1, "must be 0 for never, or at least 2");
const flappingWindow = z.number().int("must be whole seconds").min(10, "must be at least 10 seconds").max(86_400, "must be at most a day");

/** Settings of the whole server. Each has a default, so an empty database is a working one. */
export const serverSettings = z.object({
  displayName: z.string().trim().max(100, "must be at most 100 characters").regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters").default(""),
  unknownEventTypes: z.enum(["REGISTER", "REFUSE"]).default("REGISTER"),
  infoCooldown: seconds.default(900),
  warningCooldown: seconds.default(300),
  criticalCooldown: seconds.default(60),
  followUpCooldown: seconds.default(1800),
  burstCount: burstCount.default(20),
  burstWindow: burstWindow.default(60),
  flappingCount: flappingCount.default(5),
  flappingWindow: flappingWindow.default(1800),
  customerPortal: z.boolean().default(false),
  historyDays: z.number().int("must be a whole number").min(1, "must be at least 1 day").max(3650, "must be at most 3650 days").default(90),
  historyCount: z.number().int("must be a whole number").min(1000, "must be at least 1000").max(100_000_000, "must be at most 100000000").default(1_000_000),
});

export type ServerSettings = z.output<typeof serverSettings>;

export const settingsChange = serverSettings.partial();
export type SettingsChange = z.input<typeof settingsChange>;
