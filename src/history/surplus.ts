import type { Pace } from "../db/pace.ts";
import type { AttemptStore } from "./attempt.store.ts";

/** Finds where the history has to end so that only so many attempts are kept. */
export interface Surplus {
  /**
   * @param mark changes whenever attempts were deleted from the middle; then all is counted anew
   * @returns the id of the newest attempt that is one too many; null when there are not so many
   */
  newest(keep: number, mark: unknown, pace: Pace): Promise<string | null>;
}

/** So many rows are passed over by one statement. */
const STEP = 5000;

/**
 * Counting millions of rows every hour would be felt: so what was counted is remembered, in lengths, and only what has
 * come at the one end and gone from the other is counted.
 */
export function createSurplus(store: Pick<AttemptStore, "idAfter" | "countBetween">): Surplus {
  /** Each from behind the one before it up to an id, the oldest first. */
  let lengths: { upTo: string; count: number }[] = [];
  let seen: unknown;

  async function catchUp(pace: Pace): Promise<void> {
    for (let first = lengths[0]; first; first = lengths[0]) {
      const { upTo } = first;
      first.count = await pace.read(() => store.countBetween("", upTo));
      if (first.count > 0) break;
      lengths.shift();
    }
    for (;;) {
      const upTo = await pace.read(() => store.idAfter(lengths.at(-1)?.upTo ?? "", STEP));
      if (upTo === null) return;
      lengths.push({ upTo, count: STEP });
    }
  }

  return {
    async newest(keep, mark, pace) {
      if (mark !== seen) lengths = [];
      seen = mark;
      await catchUp(pace);
      let surplus = lengths.reduce((sum, { count }) => sum + count, 0) - keep;
      surplus += await store.countBetween(lengths.at(-1)?.upTo ?? "", null);
      if (surplus <= 0) return null;
      let before = "";
      for (const { upTo, count } of lengths) {
        if (count > surplus) break;
        surplus -= count;
        before = upTo;
      }
      return surplus === 0 ? before : store.idAfter(before, surplus);
    },
  };
}
