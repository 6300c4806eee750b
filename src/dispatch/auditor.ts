import type { Clock } from "../clock.ts";
import { countOverdueConditions } from "../conditions/condition.store.ts";
import type { Database } from "../db/database.ts";
import { createJob } from "../db/job.ts";
import { countOverdueEscalations } from "../escalations/escalation.store.ts";
import type { Log } from "../log.ts";
import { findOpen, findPlanned, findWaitingAmong } from "./delivery.store.ts";
import type { OpenDelivery } from "./delivery.store.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Flusher } from "./flusher.ts";
import { freeOrphans, writeHeld } from "./held.store.ts";

/** What an audit has found and seen to. */
export interface Findings {
  /** Deliveries that were due and that nobody had in hand: they are sent now. */
  missed: number;
  /** Deliveries in memory that the database knows no more, or as done: they are let go. */
  stale: number;
  /** Held messages that should have become a summary: they are made into one now. */
  overdueHeld: number;
  /** Held messages whose summary has ended without them: they go into the next. */
  orphaned: number;
  /** Problems that should have been decided about again: they are now. */
  overdueConditions: number;
  /** Problems of which somebody should have been told by an escalation: they are now. */
  overdueEscalations: number;
}

/** Compares what the database says should have been done with what is done, and puts it right: nothing may wait for ever because of a fault. */
export interface Auditor {
  start(): void;
  /** Looks now. */
  audit(): Promise<Findings>;
  /** When it last came to the end of an audit, by `clock.uptime()`. */
  readonly auditedAt: number;
  /** What the last two audits have both found overdue: it could not be put right. */
  readonly stuck: readonly ("held messages" | "problems" | "escalations")[];
  close(): Promise<void>;
}

export interface AuditorDeps {
  db: Database;
  clock: Clock;
  log: Log;
  dispatcher: Pick<Dispatcher, "laneFor" | "waiting" | "abandon">;
  flusher: Pick<Flusher, "start">;
  rechecker: { start(): Promise<void> };
  escalator: { start(): Promise<void> };
  found(findings: Findings): void;
}

export const AUDIT_EVERY_MS = 60_000;
const LEASE_MS = 2.5 * AUDIT_EVERY_MS;
/** What is due for less than this may be on its way. Longer than those whose work it is take to look again. */
const OVERDUE_MS = 120_000;
/** So many rows of each state are looked at in one audit; the next goes on behind them. */
const LARGEST_LOOK = 1000;
/** More of them are not counted. */
const MOST_CONDITIONS = 1000;

const NOTHING = { overdueHeld: 0, orphaned: 0, overdueConditions: 0, overdueEscalations: 0 };

const STATES = ["PENDING", "RETRY", "HELD"] as const;

export function createAuditor({ db, clock, log, dispatcher, flusher, rechecker, escalator, found }: AuditorDeps): Auditor {
  const looks = Object.fromEntries(STATES.map((state) => [state, createLook(db, state)])) as Record<(typeof STATES)[number], () => Promise<OpenDelivery[]>>;
  /** What is in no process's memory is looked at by one for all. */
  const job = createJob(db, "audit", LEASE_MS);
  let staleFrom = 0;
  let auditedAt = clock.uptime();
  let before: Findings | null = null;
  let stuck: Auditor["stuck"] = [];
  let running: Promise<unknown> = Promise.resolve();
  let cancel: () => void = () => undefined;
  let closed = false;

  async function look(): Promise<Findings> {
    const overdue = new Date(clock.now().getTime() - OVERDUE_MS);
    const ofAll = (await job.isMine(clock.now())) ? await seeToAll(overdue) : NOTHING;
    const findings = { missed: await takeUpMissed(overdue), stale: await letGoStale(), ...ofAll };
    // Not waited for: whoever hangs must not make the auditor hang.
    if (findings.overdueHeld + findings.orphaned > 0) void flusher.start();
    if (findings.overdueConditions > 0) void rechecker.start();
    if (findings.overdueEscalations > 0) void escalator.start();
    return findings;
  }

  /** What one process sees to for all. */
  async function seeToAll(overdue: Date): Promise<typeof NOTHING> {
    const held = await seeToHeld(overdue);
    const overdueConditions = await countOverdueConditions(db, overdue, MOST_CONDITIONS);
    const overdueEscalations = await countOverdueEscalations(db, overdue, MOST_CONDITIONS);
    return { ...held, overdueConditions, overdueEscalations };
  }

  async function takeUpMissed(overdue: Date): Promise<number> {
    let count = 0;
    for (const state of ["PENDING", "RETRY"] as const) {
      const rows = (await looks[state]()).filter(({ id, channelId, dueAt }) => dueAt < overdue && dispatcher.laneFor(channelId)?.has(id) === false);
      // What ends leaves the memory only after that is stored: so what is read anew, and still waits, is in nobody's hands.
      const planned = rows.length > 0 ? await findPlanned(db, rows.map(({ id }) => id)) : [];
      for (const job of planned) {
        const lane = dispatcher.laneFor(job.delivery.channelId);
        if (!lane || lane.has(job.delivery.id)) continue;
        lane.adopt([job]);
        count += 1;
      }
    }
    return count;
  }

  async function letGoStale(): Promise<number> {
    const all = dispatcher.waiting();
    if (staleFrom >= all.length) staleFrom = 0;
    const waiting = all.slice(staleFrom, staleFrom + LARGEST_LOOK);
    staleFrom += LARGEST_LOOK;
    if (waiting.length === 0) return 0;
    const known = await findWaitingAmong(db, waiting);
    return dispatcher.abandon(new Set(waiting.filter((id) => !known.has(id))));
  }

  async function seeToHeld(overdue: Date): Promise<{ overdueHeld: number; orphaned: number }> {
    const rows = await looks.HELD();
    const summaries = [...new Set(rows.flatMap(({ summaryId }) => summaryId ?? []))];
    const open = summaries.length > 0 ? await findWaitingAmong(db, summaries) : new Set<string>();
    const orphans = rows.filter(({ summaryId }) => summaryId !== null && !open.has(summaryId)).map(({ id }) => id);
    const orphaned = orphans.length === 0 ? 0 : await writeHeld(db, (tx) => freeOrphans(tx, orphans, clock.now()));
    return { overdueHeld: rows.filter(({ summaryId, dueAt }) => summaryId === null && dueAt < overdue).length, orphaned };
  }

  async function audit(): Promise<Findings> {
    const findings = await look();
    auditedAt = clock.uptime();
    stuck = [
      ...(before && before.overdueHeld > 0 && findings.overdueHeld > 0 ? (["held messages"] as const) : []),
      ...(before && before.overdueConditions > 0 && findings.overdueConditions > 0 ? (["problems"] as const) : []),
      ...(before && before.overdueEscalations > 0 && findings.overdueEscalations > 0 ? (["escalations"] as const) : []),
    ];
    before = findings;
    found(findings);
    if (Object.values(findings).some((count) => count > 0)) log.warn(findings, "an audit has found what should have been done before, and has seen to it");
    return findings;
  }

  function later(): void {
    cancel = clock.after(AUDIT_EVERY_MS, () => {
      running = audit()
        .catch((error: unknown) => log.error({ err: error }, "an audit has failed"))
        .finally(() => {
          if (!closed) later();
        });
    });
  }

  return {
    start: later,
    audit,
    get auditedAt() {
      return auditedAt;
    },
    get stuck() {
      return stuck;
    },
    async close() {
      closed = true;
      cancel();
      await running;
      await job.giveUp();
    },
  };
}

/** Looks at so many rows of a state each time, going on where it was, and from the beginning after the last. */
function createLook(db: Database, state: (typeof STATES)[number]): () => Promise<OpenDelivery[]> {
  let after = "";
  return async () => {
    const rows = await findOpen(db, state, after, LARGEST_LOOK);
    after = rows.length === LARGEST_LOOK ? (rows.at(-1)?.id ?? "") : "";
    return rows.filter(({ doomed }) => !doomed);
  };
}
