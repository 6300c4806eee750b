/** Where the time comes from. Injected everywhere, so that tests turn it by hand. */
export interface Clock {
  now(): Date;
  /** Milliseconds that have passed since some moment, whatever the clock is set to meanwhile. */
  uptime(): number;
  /** Calls `run` once, when `delayMs` milliseconds have passed, whatever the clock is set to meanwhile; the result cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** setTimeout takes no more than this; longer waits are cut to it and simply look again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  uptime: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
