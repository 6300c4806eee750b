import { z } from "zod";

const seconds = z.number().int("must be a whole number").min(0, "must be 0 or more seconds").max(366 * 86_400, "must be at most a year");

/** Settings of the whole server. Each has a default, so an empty database is a working one. */
export const serverSettings = z.object({
  displayName: z.string().trim().max(100, "must be at most 100 characters").regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters").default(""),
  unknownEventTypes: z.enum(["REGISTER", "REFUSE"]).default("REGISTER"),
  infoCooldown: seconds.default(900),
  warningCooldown: seconds.default(300),
  criticalCooldown: seconds.default(60),
  followUpCooldown: seconds.default(1800),
  historyDays: z.number().int("must be a whole number").min(1, "must be at least 1 day").max(3650, "must be at most 3650 days").default(90),
  historyCount: z.number().int("must be a whole number").min(1000, "must be at least 1000").max(100_000_000, "must be at most 100000000").default(1_000_000),
});

export type ServerSettings = z.output<typeof serverSettings>;

export const settingsChange = serverSettings.partial();
export type SettingsChange = z.input<typeof settingsChange>;
