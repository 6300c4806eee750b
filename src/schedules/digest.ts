import { nextDaily } from "./dailyTime.ts";
import { quietUntil } from "./quietHours.ts";
import type { Digest, QuietHours } from "./schedule.ts";

/** When the next digest is due: at its time of day, or when quiet hours that cover this are over. */
export function nextDigest({ time, timeZone }: Digest, quietHours: QuietHours | null, after: Date): Date {
  const at = nextDaily(time, timeZone, after);
  return (quietHours && quietUntil(quietHours, at)) ?? at;
}
