import type { Clock } from "../clock.ts";
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
  /** When each last did what it does every so often. */
  lookedAt: { dispatcher: () => Date; auditor: () => Date };
  /** Since when each is at work; null while it waits. */
  busySince: { flusher: () => Date | null; rechecker: () => Date | null; escalator: () => Date | null };
  /** What is overdue and could not be put right. */
  stuck(): readonly string[];
}

/** A write that takes longer is as bad as none. */
const PROBE_MS = 5_000;
/** The answer of a write serves so long: whoever asks often must not make the disk busy. */
const PROBED_FOR_MS = 2_000;
/** More than they need by far, several times the time between two looks. */
const LONGEST_SILENCE_MS = 180_000;
const LONGEST_WORK_MS = 180_000;

export function createReadiness({ clock, log, isClosing, probe, lookedAt, busySince, stuck }: ReadinessDeps): Readiness {
  let probing: Promise<boolean> | null = null;
  let probedAt = Number.NEGATIVE_INFINITY;
  let isWritable = false;

  function writable(): Promise<boolean> {
    if (!probing && isWritable && Math.abs(clock.now().getTime() - probedAt) < PROBED_FOR_MS) return Promise.resolve(true);
    probing ??= probeOnce().finally(() => (probing = null));
    return probing;
  }

  async function probeOnce(): Promise<boolean> {
    let cancel: () => void = () => undefined;
    const tooLong = new Promise<boolean>((resolve) => (cancel = clock.after(PROBE_MS, () => resolve(false))));
    const written = probe(clock.now()).then(
      () => true,
      (error: unknown) => {
        log.warn({ err: error }, "the database cannot be written to");
        return false;
      },
    );
    isWritable = await Promise.race([written, tooLong]);
    cancel();
    probedAt = clock.now().getTime();
    return isWritable;
  }

  return {
    async problems() {
      if (isClosing()) return [{ check: "server", problem: "The server is stopping." }];
      const problems: Problem[] = [];
      if (!(await writable())) problems.push({ check: "database", problem: "The database cannot be written to." });
      const now = clock.now().getTime();
      for (const [check, at] of Object.entries(lookedAt)) {
        if (now - at().getTime() > LONGEST_SILENCE_MS) problems.push({ check: check as Problem["check"], problem: `It has not looked for what is to be done since ${at().toISOString()}.` });
      }
      for (const [check, since] of Object.entries(busySince)) {
        const at = since();
        if (at && now - at.getTime() > LONGEST_WORK_MS) problems.push({ check: check as Problem["check"], problem: `It has been at one piece of work since ${at.toISOString()}.` });
      }
      const overdue = stuck();
      if (overdue.length > 0) problems.push({ check: "auditor", problem: `Overdue, and not put right: ${overdue.join(", ")}.` });
      return problems;
    },
  };
}
