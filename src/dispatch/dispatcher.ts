import type { Channel } from "../channels/channel.model.ts";
import { findNewestId } from "../db/newestId.ts";
import { isDue } from "./delivery.model.ts";
import { findUnfinished, findWaitingChannels } from "./delivery.store.ts";
import type { PlannedDelivery } from "./delivery.store.ts";
import { holdOverflow, writeHeld } from "./held.store.ts";
import { createLane } from "./lane.ts";
import type { Answered, Lane, LaneRest, Step } from "./lane.ts";
import { createLeases } from "./leases.ts";
import type { Leases } from "./leases.ts";
import type { KeepLanes } from "./recorder.ts";
import { createSender, putOff } from "./sender.ts";
import type { SenderDeps } from "./sender.ts";

export interface Dispatcher {
  /** Sends what was just stored. Once closed, it leaves that to other processes or to the next start. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Goes on with whatever is unfinished in the database. */
  start(): Promise<void>;
  /** Deliveries in memory. */
  readonly queued: number;
  /** Where several processes share the database; see `createRecorder`. */
  readonly keepLanes: KeepLanes | undefined;
  /** When it last looked for what is unfinished in the database, by `clock.uptime()`. */
  readonly lookedAt: number;
  /** What a channel has in memory; null while some of it is left in the database, because there is so much, or while the channel is gone. */
  laneFor(channelId: string): Pick<Lane, "has" | "adopt"> | null;
  /** All that wait in memory for their turn or their time. */
  waiting(): string[];
  /** Lets go of what waits in memory, without trying it. @returns how many there were */
  abandon(ids: ReadonlySet<string>): number;
  /** Starts no more tries; resolves when those under way are stored. @throws what kept one from being stored */
  close(): Promise<void>;
}

export interface DispatcherDeps extends SenderDeps {
  /** The newest id that was stored when this process started; null when nothing was. */
  startedAfter: string | null;
}

/** How far the process had come that had a lane before: what it had planned may have been on its way when it ended. */
interface Before {
  endedAt: Date;
  /** Null while it has not been looked for, or when there is none. */
  newestId: string | null;
}

/** Nothing depends on memory: what was missed for whatever reason is found again by this. */
const SWEEP_EVERY_MS = 30_000;
const MOST_TOLD = 150;
/** So long it is waited for a lane's lease that could not be renewed. */
const LAPSED_MS = 1_000;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, snapshot, clock, log, recorder } = deps;
  const sender = createSender(deps);
  const startedAt = clock.now();
  /** By channel, where the process that had its lane did not give it back. */
  const takenOver = new Map<string, Before>();
  /** Where several processes share the database, each sends for the channels whose lanes it has. */
  const leases = db.notifications && createLeases({ db, log, gained, restOf, more: (id) => lanes.get(id)?.more(), lost, tell: (ids) => tellOfWork(ids), tellFree: () => db.notifications?.tell("lanes", "") });
  const lanes = new Map<string, Lane>();
  /** How lanes were left that were lost. */
  const rests = new Map<string, LaneRest>();
  snapshot.onReload(({ channels }) => {
    for (const [id, lane] of lanes) {
      const channel = channels.get(id);
      if (channel) lane.setPace(channel.pace);
      else if (lane.size === 0) lanes.delete(id);
    }
  });
  let lookedAt = clock.uptime();
  /** Before that, the database may have older ones of any channel. */
  let hasLooked = false;
  let cancelSweep: (() => void) | null = null;
  let closed = false;

  function laneOf(channel: Channel, rest?: LaneRest): Lane {
    const known = lanes.get(channel.id);
    if (known) return known;
    const lane = createLane({
      pace: channel.pace,
      rest,
      clock,
      send,
      drop: (jobs) => sender.drop(jobs),
      overflow: (jobs) =>
        overflow(channel.id, jobs).catch((error: unknown) => {
          log.error({ err: error, channel: channel.id }, "what is too much for a channel could not be held; trying again");
          return false;
        }),
      shared: db.shared,
      load: (afterId, limit) =>
        load(channel.id, afterId, limit).catch((error: unknown) => {
          log.error({ err: error, channel: channel.id }, "unfinished deliveries could not be read");
          throw error;
        }),
    });
    lanes.set(channel.id, lane);
    return lane;
  }

  async function send(job: PlannedDelivery, answered: Answered): Promise<Step> {
    const channel = snapshot.current.channels.get(job.delivery.channelId);
    if (!channel) return { done: true };
    // It stays in the database for the process that has the lane now, or until it is known that none has.
    if (leases && !leases.has(channel.id)) return leases.hasLapsed(channel.id) ? putOff(job, clock, LAPSED_MS) : { done: true };
    return sender.send(job, channel, answered);
  }

  /** More than a channel may be sent becomes a summary. */
  async function overflow(channelId: string, jobs: PlannedDelivery[]): Promise<true> {
    const now = clock.now();
    await writeHeld(db, async (tx) => {
      // Of a lane that was lost another process sends.
      if (leases && !(await leases.keep(tx, [channelId])).has(channelId)) return;
      await holdOverflow(tx, jobs.map(({ delivery }) => delivery.id), now);
    });
    deps.held(now);
    return true;
  }

  async function load(channelId: string, afterId: string, limit: number): Promise<PlannedDelivery[]> {
    // Deleted: what it has left is removed by and by.
    if (!snapshot.current.channels.has(channelId)) return [];
    const before = await beforeUs(channelId);
    const jobs = await findUnfinished(db, channelId, afterId, limit);
    return jobs.map((job) => ({ ...job, cutShort: before !== undefined && job.delivery.id <= (before.newestId ?? "") && isDue(job.delivery, before.endedAt) }));
  }

  async function beforeUs(channelId: string): Promise<Before | undefined> {
    if (!leases) return { endedAt: startedAt, newestId: deps.startedAfter };
    const before = takenOver.get(channelId);
    if (before) before.newestId ??= await findNewestId(db.read);
    return before;
  }

  function gained(channelId: string, isTakenOver: boolean, rest: LaneRest): void {
    rests.delete(channelId);
    if (isTakenOver) takenOver.set(channelId, { endedAt: clock.now(), newestId: null });
    const channel = snapshot.current.channels.get(channelId);
    if (channel && !closed) laneOf(channel, rest).more();
  }

  function restOf(channelId: string): LaneRest {
    return lanes.get(channelId)?.rest ?? rests.get(channelId) ?? { pausedMs: 0, fullInMs: 0 };
  }

  async function lost(channelId: string): Promise<void> {
    const lane = lanes.get(channelId);
    lanes.delete(channelId);
    takenOver.delete(channelId);
    sender.forget(channelId);
    if (!lane) return;
    rests.set(channelId, lane.rest);
    await lane.close();
    if (rests.has(channelId)) rests.set(channelId, lane.rest);
  }

  /** As many ids as go into one notification; beyond that all are told to look. */
  function tellOfWork(channelIds: readonly string[]): void {
    db.notifications?.tell("work", channelIds.length > MOST_TOLD ? "" : channelIds.join(" "));
  }

  function hearOfWork(text: string): void {
    leases?.more(text === "" ? [...lanes.keys()] : text.split(" "));
  }

  async function sweep(): Promise<void> {
    await (leases ? sweepShared(leases) : sweepAll());
    lookedAt = clock.uptime();
    hasLooked = true;
  }

  async function sweepAll(): Promise<void> {
    for (const channelId of await findWaitingChannels(db)) {
      const channel = snapshot.current.channels.get(channelId);
      const lane = channel && laneOf(channel);
      if (lane?.size === 0) await lane.refill();
    }
  }

  async function sweepShared(shared: Leases): Promise<void> {
    for (const lane of lanes.values()) {
      if (lane.size > 0) lane.more();
      else await lane.refill();
    }
    // Not before all are read: what was empty a moment ago may have a try under way.
    const empty = [...lanes].flatMap(([id, lane]) => (lane.size === 0 && lane.isWhole ? [id] : []));
    for (const id of empty) void lost(id);
    if (empty.length > 0) await shared.release(empty);
  }

  function sweepLater(): void {
    cancelSweep = clock.after(SWEEP_EVERY_MS, () => {
      void sweep()
        .catch((error: unknown) => log.error({ err: error }, "unfinished deliveries could not be looked for"))
        .finally(() => {
          if (!closed) sweepLater();
        });
    });
  }

  return {
    dispatch(planned) {
      // The lanes may be others'.
      if (closed) return tellOfWork([...byChannel(planned).keys()]);
      if (leases) return leases.work(new Set(planned.map(({ delivery }) => delivery.channelId)));
      for (const [channelId, jobs] of byChannel(planned)) {
        const channel = snapshot.current.channels.get(channelId);
        if (!channel) continue;
        const lane = laneOf(channel);
        if (hasLooked) lane.add(jobs);
        else lane.more();
      }
    },
    async start() {
      db.notifications?.listen("work", hearOfWork);
      db.notifications?.listen("lanes", () => leases?.lookForFree());
      db.notifications?.onGap(() => {
        hearOfWork("");
        leases?.lookForFree();
      });
      await (leases ? leases.start() : sweep());
      sweepLater();
    },
    keepLanes: leases?.keep,
    get queued() {
      let sum = 0;
      for (const lane of lanes.values()) sum += lane.size;
      return sum;
    },
    get lookedAt() {
      return lookedAt;
    },
    laneFor(channelId) {
      const channel = snapshot.current.channels.get(channelId);
      const lane = channel && (!leases || leases.has(channelId)) ? laneOf(channel) : undefined;
      return lane?.isWhole ? lane : null;
    },
    waiting: () => [...lanes.values()].flatMap((lane) => lane.waiting()),
    abandon(ids) {
      let count = 0;
      for (const lane of lanes.values()) count += lane.abandon(ids);
      return count;
    },
    async close() {
      closed = true;
      sender.close();
      cancelSweep?.();
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
      await recorder.idle();
      await leases?.close();
      if (sender.unrecorded !== null) throw sender.unrecorded;
    },
  };
}

function byChannel(planned: PlannedDelivery[]): Map<string, PlannedDelivery[]> {
  const groups = new Map<string, PlannedDelivery[]>();
  for (const job of planned) {
    const group = groups.get(job.delivery.channelId);
    if (group) group.push(job);
    else groups.set(job.delivery.channelId, [job]);
  }
  return groups;
}
