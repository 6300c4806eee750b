import type { Database, Transaction } from "./database.ts";

/** On SQLite nothing else goes on during a statement. */
const STATEMENT_MS = 10;
const FEWEST = 20;
const MOST = 500;

/** How fast something large is written for which nobody waits: in steps that are short, with rests between them. */
export interface Pace {
  /** Rows that the next step may change: as many as lately took a few milliseconds. */
  readonly rows: number;
  /** Runs one step in a transaction, and rests after it. */
  write<T>(db: Pick<Database, "writeAlongside">, work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** This is about the machine, not about the time that the server goes by. */
const MACHINE = {
  now: () => performance.now(),
  rest: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** @param share of the time that the steps may take, more than 0 and at most 1 */
export function createPace(share: number, { now, rest } = MACHINE): Pace {
  let rows = 100;
  return {
    get rows() {
      return rows;
    },
    async write(db, work) {
      let [startedAt, workedAt] = [0, 0];
      const result = await db.writeAlongside(async (tx) => {
        startedAt = now();
        const done = await work(tx);
        workedAt = now();
        return done;
      });
      // What the disk takes for a commit is hardly less for fewer rows: only the statements say how many are right.
      const worked = workedAt - startedAt;
      if (worked > STATEMENT_MS) rows = Math.max(FEWEST, Math.floor(rows / 2));
      else if (worked < STATEMENT_MS / 3) rows = Math.min(MOST, rows * 2);
      await rest((now() - startedAt) * (1 / share - 1));
      return result;
    },
  };
}
