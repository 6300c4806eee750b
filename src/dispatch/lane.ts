import type { Clock } from "../clock.ts";
import type { Pace } from "../providers/provider.ts";
import type { MessageReason } from "../render/message.ts";
import { isDue } from "./delivery.model.ts";
import type { Delivery } from "./delivery.model.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { firstIdAt, timeOf } from "../ids.ts";
import { createRateLimit } from "./rateLimit.ts";

/** What became of a delivery after one try, once that is stored. `limited`: the provider asked the channel to wait. */
export type Step = { done: true } | { done: false; retryAt: Date; limited: boolean };

/**
 * Hears what an answer will come to. A pause begins with it.
 * @param mayRepeat true where a repeat does no harm: what has arrived makes room for the next before it is stored
 */
export type Answered = (step: Step, mayRepeat: boolean) => void;

/** What a channel has used up of its pace: whoever sends for it next goes on from there. */
export interface LaneRest {
  /** Nothing is sent for so long, in milliseconds. */
  pausedMs: number;
  /** In so many milliseconds all of the burst may be sent at once. */
  fullInMs: number;
}

export interface LaneDeps {
  pace: Pace;
  clock: Clock;
  /** How an earlier lane of the channel was left. @default nothing is used up */
  rest?: LaneRest | undefined;
  /**
   * Tries a delivery, stores the outcome and brings `job.delivery` up to date. Never rejects.
   * @param answered called when the channel's answer is in, before it is stored
   */
  send(job: PlannedDelivery, answered: Answered): Promise<Step>;
  /** Gives up deliveries whose recovery has come before they could be told. Never rejects. */
  drop(jobs: PlannedDelivery[]): Promise<void>;
  /** Stores deliveries as held for a summary, all or none. Never rejects. @returns false when that is not possible now */
  overflow(jobs: PlannedDelivery[]): Promise<boolean>;
  /** Unfinished deliveries after this id, from the database. When it rejects, it is asked again a while later. */
  load(afterId: string, limit: number): Promise<PlannedDelivery[]>;
  /** True when other processes store deliveries too: those may appear behind newer ones. */
  shared: boolean;
}

/** Everything that waits for one channel: its order, concurrency, rate and pauses. Lanes share nothing. */
export interface Lane {
  /** Keeps to this pace from now on. */
  setPace(pace: Pace): void;
  /** Takes deliveries that were just stored, in the order of their ids. */
  add(jobs: PlannedDelivery[]): void;
  /** Looks into the database for what this process does not have in memory. */
  refill(): Promise<void>;
  /** Tells that there is more in the database than there was a moment ago. */
  more(): void;
  /** Deliveries in memory. */
  readonly size: number;
  /** True when everything unfinished should be in memory; false while some is left in the database, or being read from it. */
  readonly isWhole: boolean;
  readonly rest: LaneRest;
  has(id: string): boolean;
  /** Those that wait for nothing but their turn or their time. */
  waiting(): string[];
  /** Takes in what was missed, whatever its place, unless it is in memory. */
  adopt(jobs: PlannedDelivery[]): void;
  /** Lets go of what waits, without trying it. @returns how many there were */
  abandon(ids: ReadonlySet<string>): number;
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
/** So many may have arrived, where a repeat does no harm, and not be stored yet: a crash sends these once more. Fewer keep a fast channel waiting for the disk. */
export const MOST_UNSTORED = 200;
/** What a channel cannot be sent within so long becomes a summary; a few are always sent one by one. */
const LONGEST_QUEUE_MS = 60_000;
const SHORTEST_QUEUE = 10;
/** A channel that takes more than this in a minute has its queue in the database, and is fast enough to empty it. */
const LONGEST_QUEUE = 3000;
/** What goes on overflowing is stored in few writes. */
const OVERFLOW_EVERY_MS = 1_000;

/** An id is given before its transaction commits: it may appear so much behind newer ones of other processes. */
const LATEST_COMMIT_MS = 60_000;

export function createLane(deps: LaneDeps): Lane {
  const { clock } = deps;
  let { pace } = deps;
  let rate = createRateLimit(pace.perSecond, pace.burst, deps.rest && { fullInMs: deps.rest.fullInMs, nowMs: clock.uptime() });
  const ready: PlannedDelivery[] = [];
  /** Deliveries of one condition, and summaries of one hold, go one after the other: the first of a chain is ready, running or waiting for its next try. */
  const chains = new Map<string, PlannedDelivery[]>();
  /** Waiting for their next try, with what cancels the timer. */
  const retrying = new Map<PlannedDelivery, () => void>();
  const running = new Set<Promise<void>>();
  /** Of what is running, what has arrived and is only being stored. */
  let unstored = 0;
  /** Ids of the deliveries in memory, wherever they stand. */
  const known = new Set<string>();
  /** What was done with while the database was read, which may still show it as unfinished. */
  const leftMeanwhile = new Set<string>();
  /** The newest that was ever taken in: what is added is new or known. */
  let newestId = "";
  /** True while the database has deliveries newer than `newestId`. */
  let spilled = false;
  /** What was added while the database was read. */
  let addedMeanwhile: PlannedDelivery[] = [];
  let loading: Promise<void> | null = null;
  /** True when there is more than what is being read shows. */
  let loadAgain = false;
  let failuresInRow = 0;
  // Times of the lane itself are by `clock.uptime()`: setting the clock must not make it wait.
  let pausedUntil = deps.rest ? clock.uptime() + deps.rest.pausedMs : 0;
  /** Until when the provider itself has asked the channel to wait. */
  let limitedUntil = 0;
  /** What is being stored as too much. */
  let overflowing: Promise<void> | null = null;
  let overflowFrom = 0;
  let wakesAt = Infinity;
  let cancelWake: (() => void) | null = null;
  let closed = false;

  function enqueue(job: PlannedDelivery): void {
    if (job.delivery.id > newestId) newestId = job.delivery.id;
    known.add(job.delivery.id);
    const key = chainKey(job.delivery);
    const chain = key === null ? undefined : chains.get(key);
    if (chain) {
      // Behind the one whose turn it is; only what was missed is older than others there.
      const place = chain.findIndex(({ delivery }, at) => at > 0 && delivery.id > job.delivery.id);
      chain.splice(place < 0 ? chain.length : place, 0, job);
      dropOvertaken(chain);
      return;
    }
    if (key !== null) chains.set(key, [job]);
    makeReady(job);
  }

  function makeReady(job: PlannedDelivery): void {
    if (isDue(job.delivery, clock.now())) {
      ready.push(job);
      return;
    }
    waitForTry(job);
  }

  function waitForTry(job: PlannedDelivery): void {
    retrying.set(job, clock.after(job.delivery.dueAt.getTime() - clock.now().getTime(), () => {
      retrying.delete(job);
      ready.push(job);
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
        leave(dropped);
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
    while (ready.length > 0 && running.size - unstored < pace.concurrency && unstored < MOST_UNSTORED) {
      const now = clock.uptime();
      const waitMs = Math.max(pausedUntil - now, 0) || rate.take(now);
      if (waitMs > 0) {
        wakeIn(waitMs);
        break;
      }
      track(run(ready.shift() as PlannedDelivery));
    }
    shed();
    if (spilled && ready.length < Math.max(REFILL_BELOW, shortQueue() + 1)) refill().catch(() => wakeIn(LOAD_AGAIN_MS));
  }

  function wakeIn(waitMs: number): void {
    const at = clock.uptime() + waitMs;
    if (closed || (cancelWake && wakesAt <= at)) return;
    cancelWake?.();
    wakesAt = at;
    cancelWake = clock.after(waitMs, () => {
      cancelWake = null;
      pump();
    });
  }

  /** How many may be ready before the rest is too much: what the channel takes within a minute. Infinity where nothing limits it. */
  function longestQueue(): number {
    const now = clock.uptime();
    if (limitedUntil - now > LONGEST_QUEUE_MS) return SHORTEST_QUEUE;
    return Math.max(SHORTEST_QUEUE, Math.ceil((pace.perSecond * LONGEST_QUEUE_MS) / 1000) + rate.left(now));
  }

  /** As far as it fits into memory; 0 when it does not. */
  function shortQueue(): number {
    const longest = longestQueue();
    return longest <= LONGEST_QUEUE ? longest : 0;
  }

  function mostInMemory(): number {
    return Math.max(MOST_IN_MEMORY, shortQueue() + 1);
  }

  /** Hands over what is too much. What cannot be stored stays, and is handed over later. */
  function shed(): void {
    const longest = longestQueue();
    if (overflowing || ready.length <= longest) return;
    const heads = ready.slice(longest).filter(mayOverflow);
    if (heads.length === 0) return;
    const waitMs = overflowFrom - clock.uptime();
    if (waitMs > 0) return wakeIn(waitMs);
    const surplus = new Set(heads);
    ready.splice(longest, Infinity, ...ready.slice(longest).filter((job) => !surplus.has(job)));
    const groups = heads.map(withFollowers);
    // Until that is stored they count as held, as with drops.
    overflowing = deps.overflow(groups.flat()).then((stored) => {
      overflowing = null;
      overflowFrom = stored && spilled ? 0 : clock.uptime() + OVERFLOW_EVERY_MS;
      if (stored) for (const group of groups) forget(group);
      else putBack(heads);
      pump();
    });
  }

  /** A delivery with what follows it in its chain and is to go the same way: an end only with the very first news, since whoever was told of a problem hears of its end. */
  function withFollowers(head: PlannedDelivery): PlannedDelivery[] {
    const key = chainKey(head.delivery);
    const [, ...followers] = (key !== null && chains.get(key)) || [head];
    const ends = head.delivery.reason === "FIRST";
    const stays = followers.findIndex((job) => !mayOverflow(job) && !(ends && isFresh(job) && job.delivery.reason === "RECOVERY"));
    return [head, ...(stays < 0 ? followers : followers.slice(0, stays))];
  }

  /** Lets go of what is stored as held: what waits behind it in its chain is next. */
  function forget(group: PlannedDelivery[]): void {
    leave(group);
    const last = group.at(-1) as PlannedDelivery;
    const key = chainKey(last.delivery);
    if (key !== null) chains.get(key)?.splice(0, group.length - 1);
    advance(last);
  }

  function putBack(jobs: PlannedDelivery[]): void {
    ready.push(...jobs);
    ready.sort((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1));
  }

  async function run(job: PlannedDelivery): Promise<void> {
    let isNoted = false;
    let madeRoom = false;
    const step = await deps.send(job, (answer, mayRepeat) => {
      isNoted = true;
      if (!answer.done) return noteFailure(answer.retryAt, answer.limited);
      if (!mayRepeat) return;
      madeRoom = true;
      unstored += 1;
      pump();
    });
    if (madeRoom) unstored -= 1;
    if (step.done) {
      failuresInRow = 0;
      leave([job]);
      advance(job);
      return;
    }
    if (!isNoted) noteFailure(step.retryAt, step.limited);
    waitForTry(job);
    const key = chainKey(job.delivery);
    const chain = key === null ? undefined : chains.get(key);
    if (chain) dropOvertaken(chain);
  }

  function noteFailure(retryAt: Date, limited: boolean): void {
    failuresInRow += 1;
    const waitMs = retryAt.getTime() - clock.now().getTime();
    const now = clock.uptime();
    if (limited) limitedUntil = Math.max(limitedUntil, now + waitMs);
    if (limited || failuresInRow >= FAILURES_BEFORE_PAUSE) pausedUntil = Math.max(pausedUntil, now + (limited ? waitMs : Math.min(waitMs, LONGEST_PAUSE_MS)));
  }

  function leave(jobs: PlannedDelivery[]): void {
    for (const { delivery } of jobs) {
      known.delete(delivery.id);
      if (loading) leftMeanwhile.add(delivery.id);
    }
  }

  async function load(): Promise<void> {
    try {
      // Of what is known, some may come again where others store too.
      const limit = MOST_IN_MEMORY + (deps.shared ? known.size : 0);
      const jobs = await deps.load(loadFrom(), limit);
      for (const job of jobs) if (!known.has(job.delivery.id) && !leftMeanwhile.has(job.delivery.id)) enqueue(job);
      spilled = jobs.length === limit || addedMeanwhile.length > MOST_IN_MEMORY;
      if (!spilled) for (const job of addedMeanwhile) if (job.delivery.id > newestId) enqueue(job);
    } catch (error) {
      spilled = true;
      throw error;
    } finally {
      addedMeanwhile = [];
      leftMeanwhile.clear();
    }
  }

  function loadFrom(): string {
    // With nothing in memory, whatever is unfinished has been missed, however old.
    if (known.size === 0) return "";
    return deps.shared ? firstIdAt(timeOf(newestId) - LATEST_COMMIT_MS) : newestId;
  }

  function refill(): Promise<void> {
    if (closed || known.size >= mostInMemory()) return Promise.resolve();
    loading ??= load()
      .finally(() => (loading = null))
      .then(() => {
        pump();
        if (loadAgain) more();
      });
    return loading;
  }

  function more(): void {
    loadAgain = loading !== null;
    if (known.size >= mostInMemory()) spilled = true;
    if (!loading) refill().catch(() => wakeIn(LOAD_AGAIN_MS));
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
          if (addedMeanwhile.length <= MOST_IN_MEMORY) addedMeanwhile.push(job);
        } else if (spilled || known.size >= mostInMemory()) spilled = true;
        else if (job.delivery.id > newestId) enqueue(job);
      }
      pump();
    },
    refill,
    more,
    get size() {
      return known.size;
    },
    get isWhole() {
      return !spilled && !loading && !closed;
    },
    get rest() {
      const now = clock.uptime();
      return { pausedMs: Math.max(0, pausedUntil - now), fullInMs: rate.fullInMs(now) };
    },
    has: (id) => known.has(id),
    waiting: () => [...ready, ...retrying.keys()].map(({ delivery }) => delivery.id),
    adopt(jobs) {
      for (const job of jobs) if (!closed && !known.has(job.delivery.id)) enqueue(job);
      pump();
    },
    abandon(ids) {
      const jobs = [...ready, ...retrying.keys()].filter(({ delivery }) => ids.has(delivery.id));
      const left = ready.filter((job) => !jobs.includes(job));
      ready.splice(0, Infinity, ...left);
      for (const job of jobs) {
        retrying.get(job)?.();
        retrying.delete(job);
        leave([job]);
        advance(job);
      }
      pump();
      return jobs.length;
    },
    async close() {
      closed = true;
      cancelWake?.();
      await loading?.catch(() => undefined);
      // A try that fails may be followed by a drop.
      while (running.size > 0 || overflowing) await Promise.all([...running, overflowing]);
      for (const cancel of retrying.values()) cancel();
    },
  };
}

/** What a delivery has to wait its turn in; null when order does not matter. A summary may tell of the end of a problem that an earlier one tells of. */
function chainKey({ conditionId, context: { summaryOf, eventType } }: Delivery): string | null {
  return conditionId ?? (summaryOf && eventType ? `${summaryOf} ${eventType}` : summaryOf) ?? null;
}

/** Never tried, for all that is known. */
function isFresh({ delivery, cutShort }: PlannedDelivery): boolean {
  return delivery.tries === 0 && !cutShort;
}

const NEVER_OVERFLOW: ReadonlySet<MessageReason> = new Set(["RECOVERY", "SUMMARY", "TEST", "ESCALATION", "REMINDER"]);

/** Whether a summary may tell of it when there is too much. */
function mayOverflow(job: PlannedDelivery): boolean {
  return isFresh(job) && job.event.severity !== "CRITICAL" && !NEVER_OVERFLOW.has(job.delivery.reason);
}
