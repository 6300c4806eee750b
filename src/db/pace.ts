import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./database.ts";
import type { SqlClient } from "./sql.ts";

/** On SQLite nothing else is written during a statement. */
const STATEMENT_MS = 10;
const FEWEST = 20;
const MOST = 500;

/** How fast something large is done for which nobody waits: in steps that are short, with rests between them. */
export interface Pace {
  /** Rows that the next step may change: as many as lately took a few milliseconds. */
  readonly rows: number;
  /** Runs one step in a transaction, and rests after it. @throws {Error} once it is to stop */
  write<T>(db: Pick<Database, "writeStatements" | "writing">, work: (tx: SqlClient) => Promise<T>): Promise<T>;
  /** The same for a step that only reads: on SQLite, one after another without a rest would let nothing else go on. */
  read<T>(work: () => Promise<T>): Promise<T>;
}

/** This is about the machine, not about the time that the server goes by. */
const MACHINE = {
  now: () => performance.now(),
  rest: (ms: number, signal?: AbortSignal) => sleep<void>(ms, undefined, signal ? { signal } : {}),
};

/** Of the time that the steps may take, more than 0 and at most 1: while nobody else writes, and beside others. */
export interface Shares {
  alone: number;
  beside: number;
}

/** After so many steps beside which nobody else wrote, there is nobody. */
const STEPS_ALONE = 20;

/** @param signal says when to stop: in a rest, or before the next step */
export function createPace({ alone, beside }: Shares, { signal, machine: { now, rest } = MACHINE }: { signal?: AbortSignal; machine?: typeof MACHINE } = {}): Pace {
  let rows = 100;
  let stepsAlone = 0;
  const restSince = (startedAt: number): Promise<void> => rest((now() - startedAt) * (1 / (stepsAlone >= STEPS_ALONE ? alone : beside) - 1), signal);
  return {
    get rows() {
      return rows;
    },
    async read(work) {
      signal?.throwIfAborted();
      const startedAt = now();
      const result = await work();
      await restSince(startedAt);
      return result;
    },
    async write(db, work) {
      signal?.throwIfAborted();
      let [startedAt, workedAt] = [0, 0];
      const result = await db.writeStatements(async (tx) => {
        startedAt = now();
        const done = await work(tx);
        workedAt = now();
        stepsAlone = db.writing > 1 ? 0 : stepsAlone + 1;
        return done;
      });
      // What the disk takes for a commit is hardly less for fewer rows: only the statements say how many are right.
      const worked = workedAt - startedAt;
      if (worked > STATEMENT_MS) rows = Math.max(FEWEST, Math.floor(rows / 2));
      else if (worked < STATEMENT_MS / 3) rows = Math.min(MOST, rows * 2);
      await restSince(startedAt);
      return result;
    },
  };
}
