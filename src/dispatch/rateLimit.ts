/** A token bucket: `burst` at once, then `perSecond` on average. */
export interface RateLimit {
  /** Takes one and answers 0, or answers how many milliseconds to wait and takes nothing. */
  take(nowMs: number): number;
  /** How many could be taken at once, in whole numbers. */
  left(nowMs: number): number;
  /** In how many milliseconds all of the burst can be taken at once. */
  fullInMs(nowMs: number): number;
}

/** @param spent where it begins with less than the burst */
export function createRateLimit(perSecond: number, burst: number, spent?: { fullInMs: number; nowMs: number }): RateLimit {
  if (perSecond === Infinity) return { take: () => 0, left: () => Infinity, fullInMs: () => 0 };
  let tokens = spent ? Math.max(0, burst - (spent.fullInMs / 1000) * perSecond) : burst;
  let filledAt = spent?.nowMs ?? Infinity;

  /** A clock that steps back takes no tokens away, and filling goes on from there rather than when it has caught up. */
  function fill(nowMs: number): void {
    tokens = Math.min(burst, tokens + (Math.max(nowMs - filledAt, 0) / 1000) * perSecond);
    filledAt = nowMs;
  }

  return {
    take(nowMs) {
      fill(nowMs);
      if (tokens >= 1) {
        tokens -= 1;
        return 0;
      }
      return Math.ceil(((1 - tokens) / perSecond) * 1000);
    },
    left(nowMs) {
      fill(nowMs);
      return Math.floor(tokens);
    },
    fullInMs(nowMs) {
      fill(nowMs);
      return ((burst - tokens) / perSecond) * 1000;
    },
  };
}
