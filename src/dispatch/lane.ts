import type { Clock } from "../clock.ts";
import type { Pace } from "../providers/provider.ts";
import type { Delivery } from "./delivery.model.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { createRateLimit } from "./rateLimit.ts";

/** What became of a delivery after one try, once that is stored. `limited`: the provider asked the channel to wait. */
export type Step = { done: true } | { done: false; retryAt: Date; limited: boolean };

export interface LaneDeps {
  pace: Pace;
  clock: Clock;
  /** Tries a delivery, stores the outcome and brings `job.delivery` up to date. Never rejects. */
  send(job: PlannedDelivery): Promise<Step>;
  /** Gives up deliveries whose recovery has come before they could be told. Never rejects. */
  drop(jobs: PlannedDelivery[]): Promise<void>;
  /** Unfinished deliveries after this id, from the database. When it rejects, it is asked again a while later. */
  load(afterId: string, limit: number): Promise<PlannedDelivery[]>;
}

/** Everything that waits for one channel: its order, concurrency, rate and pauses. Lanes share nothing. */
export interface Lane {
  /** Keeps to this pace from now on. */
  setPace(pace: Pace): void;
  /** Takes deliveries that were just stored, in the order of their ids. */
  add(jobs: PlannedDelivery[]): void;
  /** Looks into the database for what this process does not have in memory. */
  refill(): Promise<void>;
  /** Deliveries in memory. */
  readonly size: number;
  /** Starts nothing more; resolves when what is under way has ended. */
  close(): Promise<void>;
}

/** Beyond this the rest of a queue stays in the database: a dead channel must not fill the memory. */
const MOST_IN_MEMORY = 1000;
const REFILL_BELOW = 200;
/** After so many failures in a row the whole lane waits: the channel is down, not the message bad. */
const FAILURES_BEFORE_PAUSE = 3;
const LONGEST_PAUSE_MS = 60_000;
const LOAD_AGAIN_MS = 1_000;

export function createLane(deps: LaneDeps): Lane {
  const { clock } = deps;
  let { pace } = deps;
  let rate = createRateLimit(pace.perSecond, pace.burst);
  const ready: PlannedDelivery[] = [];
  /** Deliveries of one condition, and summaries of one hold, go one after the other: the first of a chain is ready, running or waiting for its next try. */
  const chains = new Map<string, PlannedDelivery[]>();
  /** Waiting for their next try, with what cancels the timer. */
  const retrying = new Map<PlannedDelivery, () => void>();
  const running = new Set<Promise<void>>();
  /** Deliveries in memory, wherever they stand. */
  let held = 0;
  /** The newest that was ever taken in: what is added is new or known. */
  let newestId = "";
  /** True while the database has deliveries newer than `newestId`. */
  let spilled = false;
  /** What was added while the database was read. */
  let arrived: PlannedDelivery[] = [];
  let loading: Promise<void> | null = null;
  let failuresInRow = 0;
  let pausedUntil = 0;
  let cancelWake: (() => void) | null = null;
  let closed = false;

  function enqueue(job: PlannedDelivery): void {
    if (job.delivery.id > newestId) newestId = job.delivery.id;
    held += 1;
    const key = chainKey(job.delivery);
    const chain = key === null ? undefined : chains.get(key);
    if (chain) {
      chain.push(job);
      dropOvertaken(chain);
      return;
    }
    if (key !== null) chains.set(key, [job]);
    makeReady(job);
  }

  function makeReady(job: PlannedDelivery): void {
    const waitMs = job.delivery.dueAt.getTime() - clock.now().getTime();
    if (waitMs <= 0) {
      ready.push(job);
      return;
    }
    retrying.set(job, clock.after(waitMs, () => {
      retrying.delete(job);
      makeReady(job);
      pump();
    }));
  }

  /** A problem that still waits for another try when its recovery comes is no news any more; whether the recovery is, `send` finds out. */
  function dropOvertaken(chain: PlannedDelivery[]): void {
    const [head] = chain;
    const recovery = chain.findIndex((job) => job.delivery.reason === "RECOVERY");
    if (!head || recovery <= 0 || !retrying.has(head)) return;
    retrying.get(head)?.();
    retrying.delete(head);
    const dropped = chain.splice(0, recovery);
    // Until that is stored they count as held: an empty lane would find them in the database again.
    track(
      deps.drop(dropped).then(() => {
        held -= dropped.length;
        advance(head);
      }),
    );
  }

  function advance(finished: PlannedDelivery): void {
    const key = chainKey(finished.delivery);
    if (key === null) return;
    const chain = chains.get(key);
    if (!chain) return;
    if (chain[0] === finished) chain.shift();
    const next = chain[0];
    if (next) makeReady(next);
    else chains.delete(key);
  }

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      running.delete(tracked);
      pump();
    });
    running.add(tracked);
  }

  function pump(): void {
    if (closed) return;
    while (ready.length > 0 && running.size < pace.concurrency) {
      const now = clock.now().getTime();
      const waitMs = Math.max(pausedUntil - now, 0) || rate.take(now);
      if (waitMs > 0) {
        wakeIn(waitMs);
        return;
      }
      track(run(ready.shift() as PlannedDelivery));
    }
    if (spilled && ready.length < REFILL_BELOW) refill().catch(() => wakeIn(LOAD_AGAIN_MS));
  }

  function wakeIn(waitMs: number): void {
    if (cancelWake || closed) return;
    cancelWake = clock.after(waitMs, () => {
      cancelWake = null;
      pump();
    });
  }

  async function run(job: PlannedDelivery): Promise<void> {
    const step = await deps.send(job);
    if (step.done) {
      failuresInRow = 0;
      held -= 1;
      advance(job);
      return;
    }
    noteFailure(step.retryAt, step.limited);
    makeReady(job);
    const key = chainKey(job.delivery);
    const chain = key === null ? undefined : chains.get(key);
    if (chain) dropOvertaken(chain);
  }

  function noteFailure(retryAt: Date, limited: boolean): void {
    failuresInRow += 1;
    const longest = limited ? Infinity : clock.now().getTime() + LONGEST_PAUSE_MS;
    if (limited || failuresInRow >= FAILURES_BEFORE_PAUSE) pausedUntil = Math.max(pausedUntil, Math.min(retryAt.getTime(), longest));
  }

  async function load(): Promise<void> {
    try {
      // With nothing in memory, whatever is unfinished has been missed, however old.
      const jobs = await deps.load(held === 0 ? "" : newestId, MOST_IN_MEMORY);
      for (const job of jobs) enqueue(job);
      spilled = jobs.length === MOST_IN_MEMORY || arrived.length > MOST_IN_MEMORY;
      if (!spilled) for (const job of arrived) if (job.delivery.id > newestId) enqueue(job);
    } catch (error) {
      spilled = true;
      throw error;
    } finally {
      arrived = [];
    }
  }

  function refill(): Promise<void> {
    if (closed || held >= MOST_IN_MEMORY) return Promise.resolve();
    loading ??= load()
      .finally(() => (loading = null))
      .then(pump);
    return loading;
  }

  return {
    setPace(next) {
      if (next.perSecond !== pace.perSecond || next.burst !== pace.burst) rate = createRateLimit(next.perSecond, next.burst);
      pace = next;
      pump();
    },
    add(jobs) {
      for (const job of jobs) {
        if (loading) {
          if (arrived.length <= MOST_IN_MEMORY) arrived.push(job);
        } else if (spilled || held >= MOST_IN_MEMORY) spilled = true;
        else if (job.delivery.id > newestId) enqueue(job);
      }
      pump();
    },
    refill,
    get size() {
      return held;
    },
    async close() {
      closed = true;
      cancelWake?.();
      await loading?.catch(() => undefined);
      // A try that fails may be followed by a drop.
      while (running.size > 0) await Promise.all(running);
      for (const cancel of retrying.values()) cancel();
    },
  };
}

/** What a delivery has to wait its turn in; null when order does not matter. A summary may tell of the end of a problem that an earlier one tells of. */
function chainKey({ conditionId, context }: Delivery): string | null {
  return conditionId ?? context.summaryOf ?? null;
}
