import type { Clock } from "../clock.ts";
import { databaseProblemOf } from "../db/databaseProblem.ts";
import type { Log } from "../log.ts";

/** What keeps the server from taking events in and sending them: which check, and what is wrong, without secrets. */
export interface Problem {
  check: "server" | "database" | "dispatcher" | "flusher" | "rechecker" | "escalator" | "auditor";
  problem: string;
}

export interface Readiness {
  /** @returns nothing when all is well */
  problems(): Promise<Problem[]>;
}

export interface ReadinessDeps {
  clock: Clock;
  log: Log;
  isClosing(): boolean;
  /** Writes to the database. */
  probe(now: Date): Promise<void>;
  /** Why events could not be stored when that was last tried, and when; null when they could. */
  refused(): { error: unknown; at: Date } | null;
  /** When each last did what it does every so often, by `clock.uptime()`. */
  lookedAt: { dispatcher: () => number; auditor: () => number };
  /** Since when each is at work, by the same; null while it waits. */
  busySince: { flusher: () => number | null; rechecker: () => number | null; escalator: () => number | null };
  /** What is overdue and could not be put right. */
  stuck(): readonly string[];
}

/** A write that takes longer is as bad as none. */
const PROBE_MS = 5_000;
/** The answer of a write serves so long: whoever asks often must not make the disk busy. */
const PROBED_FOR_MS = 2_000;
/** The probe's row has its place even on a full disk, where events find none. Whoever sends none while it says so must not wait for ever. */
const REFUSED_FOR_MS = 10_000;
/** More than they need by far, several times the time between two looks. */
const LONGEST_SILENCE_MS = 180_000;
const LONGEST_WORK_MS = 180_000;

export function createReadiness({ clock, log, isClosing, probe, refused, lookedAt, busySince, stuck }: ReadinessDeps): Readiness {
  let probing: Promise<string | null> | null = null;
  let probedAt = Number.NEGATIVE_INFINITY;
  let isWritable = false;

  /** Why nothing can be stored; null when it can. */
  function databaseProblem(): Promise<string | null> {
    const last = refused();
    if (last && Math.abs(clock.now().getTime() - last.at.getTime()) < REFUSED_FOR_MS) return Promise.resolve(databaseProblemOf(last.error));
    if (!probing && isWritable && Math.abs(clock.now().getTime() - probedAt) < PROBED_FOR_MS) return Promise.resolve(null);
    probing ??= probeOnce().finally(() => (probing = null));
    return probing;
  }

  async function probeOnce(): Promise<string | null> {
    let cancel: () => void = () => undefined;
    const tooLong = new Promise<string>((resolve) => (cancel = clock.after(PROBE_MS, () => resolve("The database does not answer."))));
    const written = probe(clock.now()).then(
      () => null,
      (error: unknown) => {
        log.warn({ err: error }, "the database cannot be written to");
        return databaseProblemOf(error);
      },
    );
    const problem = await Promise.race([written, tooLong]);
    cancel();
    isWritable = problem === null;
    probedAt = clock.now().getTime();
    return problem;
  }

  return {
    async problems() {
      if (isClosing()) return [{ check: "server", problem: "The server is stopping." }];
      const problems: Problem[] = [];
      const database = await databaseProblem();
      if (database !== null) problems.push({ check: "database", problem: database });
      const now = clock.uptime();
      const ago = (ms: number): string => new Date(clock.now().getTime() - ms).toISOString();
      for (const [check, at] of Object.entries(lookedAt)) {
        const silentMs = now - at();
        if (silentMs > LONGEST_SILENCE_MS) problems.push({ check: check as Problem["check"], problem: `It has not looked for what is to be done since ${ago(silentMs)}.` });
      }
      for (const [check, since] of Object.entries(busySince)) {
        const busyMs = now - (since() ?? now);
        if (busyMs > LONGEST_WORK_MS) problems.push({ check: check as Problem["check"], problem: `It has been at one piece of work since ${ago(busyMs)}.` });
      }
      const overdue = stuck();
      if (overdue.length > 0) problems.push({ check: "auditor", problem: `Overdue, and not put right: ${overdue.join(", ")}.` });
      return problems;
    },
  };
}
