import type { FailureOutcome } from "../providers/provider.ts";

/** A delivery that has not succeeded after this long is given up. */
export const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** But not before so many tries: the server may have been off for days, or the clock set on. */
export const FEWEST_TRIES = 5;

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
/** A provider that limits us without saying for how long. */
const RATE_LIMITED_WAIT_MS = 30_000;

/**
 * When to try again: 5 s, doubled with every try up to an hour, less up to a quarter so that many deliveries do not
 * come back at once; never before the wait that the provider asked for.
 * @param tries tries so far, at least 1
 * @param random from 0 to 1
 * @returns null when it is given up
 */
export function nextTry(outcome: FailureOutcome, tries: number, retryAfterMs: number | undefined, createdAt: Date, now: Date, random: number): Date | null {
  if (outcome === "PERMANENT") return null;
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20), LONGEST_WAIT_MS) * (1 - random / 4);
  const asked = retryAfterMs ?? (outcome === "RATE_LIMITED" ? RATE_LIMITED_WAIT_MS : 0);
  const at = new Date(now.getTime() + Math.max(backoff, asked));
  const isTooLate = at.getTime() - createdAt.getTime() > GIVE_UP_AFTER_MS;
  return isTooLate && (tries >= FEWEST_TRIES || asked > GIVE_UP_AFTER_MS) ? null : at;
}
