import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { databaseProblemOf } from "./db/databaseProblem.ts";

/** How long a stop waits for each thing that it has to do in a database that may not answer, and for those after one that has taken too long. */
const STORE_MS = 4_000;
const HOPELESS_MS = 1_000;
const NO_ANSWER = "The database does not answer.";

export interface Steps {
  /** What the database does not let it do must not keep the server from ending: it is noted and left. */
  step(what: string, work: () => Promise<unknown>): Promise<void>;
  undone: { what: string; why: string }[];
}

/**
 * Steps of a stop, of which none keeps the next from its turn. Times are the machine's own: they are about connections.
 * @param mayHang where the database is another server, each is given so much time and no more
 */
export function createSteps(mayHang: boolean): Steps {
  const undone: Steps["undone"] = [];
  let limitMs = STORE_MS;
  return {
    undone,
    async step(what, work) {
      let why: string | null = NO_ANSWER;
      const done = work().then(
        () => (why = null),
        (error: unknown) => (why = databaseProblemOf(error)),
      );
      await (mayHang ? waitAtMost(systemClock, limitMs, done) : done);
      if (why === NO_ANSWER) limitMs = HOPELESS_MS;
      if (why !== null) undone.push({ what, why });
    },
  };
}

/** Resolves when the work has ended or the time is up; rejects as the work does. */
export async function waitAtMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let cancel: () => void = () => undefined;
  const timeUp = new Promise<void>((resolve) => (cancel = clock.after(ms, resolve)));
  await Promise.race([work, timeUp]);
  cancel();
}
