import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until a test turns it. */
export interface ManualClock extends Clock {
  /** Moves the time on, running what falls due on the way, in order. Negative steps back and runs nothing. */
  advance(ms: number): void;
}

export function createManualClock(start = new Date("2026-03-01T12:00:00Z")): ManualClock {
  let now = start.getTime();
  let timers: { at: number; run: () => void }[] = [];

  return {
    now: () => new Date(now),
    after(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
}
