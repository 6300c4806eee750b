import type { Clock } from "../clock.ts";
import { createPace } from "../db/pace.ts";
import type { Pace } from "../db/pace.ts";
import type { Log } from "../log.ts";

/** How far a clearing was when it was answered. */
export interface Cleared {
  deleted: number;
  /** False: there is more, and it goes on. */
  isComplete: boolean;
}

export interface Clearings {
  /**
   * Starts one, and waits for its end for a while.
   * @param work deletes, and says how many each time
   */
  run(work: (pace: Pace, deleted: (count: number) => void) => Promise<void>): Promise<Cleared>;
  /** Ends those that are under way where they are. */
  close(): Promise<void>;
}

/** What is usual is deleted sooner; nobody waits for millions. */
const ANSWER_WITHIN_MS = 10_000;
/** Of the time: somebody wants to see the end of it, but what is taken in meanwhile must hardly feel it. */
const SHARES = { alone: 0.5, beside: 0.1 };

export function createClearings(clock: Clock, log: Log): Clearings {
  const stopping = new AbortController();
  const running = new Set<Promise<boolean>>();

  return {
    async run(work) {
      let deleted = 0;
      let isAnswered = false;
      const ended = work(createPace(SHARES, { signal: stopping.signal }), (count) => (deleted += count)).then(
        () => true,
        (error: unknown) => {
          if (stopping.signal.aborted) return false;
          if (!isAnswered) throw error;
          log.error({ err: error, deleted }, "the history could not be cleared further");
          return false;
        },
      );
      const settled = ended.catch(() => false).finally(() => running.delete(settled));
      running.add(settled);
      let cancel: () => void = () => undefined;
      const timeUp = new Promise<boolean>((resolve) => (cancel = clock.after(ANSWER_WITHIN_MS, () => resolve(false))));
      try {
        const isComplete = await Promise.race([ended, timeUp]);
        return { deleted, isComplete };
      } finally {
        isAnswered = true;
        cancel();
      }
    },
    async close() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
