import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until a test turns it. */
export interface ManualClock extends Clock {
  /** Lets time pass, running what falls due on the way, in order. */
  advance(ms: number): void;
  /** Sets the clock on, or back where negative. No time passes by that: nothing runs, and timers take no notice. */
  step(ms: number): void;
}

export function createManualClock(start = new Date("2026-03-01T12:00:00Z")): ManualClock {
  /** What has passed, and what the clock shows beyond that. */
  let passed = 0;
  let shown = start.getTime();
  let timers: { at: number; run: () => void }[] = [];

  return {
    now: () => new Date(shown + passed),
    uptime: () => passed,
    after(delayMs, run) {
      const timer = { at: passed + Math.max(0, delayMs), run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = passed + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        passed = Math.max(passed, next.at);
        next.run();
      }
      passed = end;
    },
    step: (ms) => void (shown += ms),
  };
}
