import DataLoader from "dataloader";
import type { Channel } from "../channels/channel.model.ts";
import { fallbackOf } from "../channels/fallback.ts";
import type { Clock } from "../clock.ts";
import type { Database, Transaction } from "../db/database.ts";
import { findNewestId } from "../db/newestId.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { AcknowledgeLinks } from "../escalations/acknowledgeLink.ts";
import type { Attempt, AttemptOutcome } from "../history/attempt.model.ts";
import type { Log } from "../log.ts";
import type { Provider } from "../providers/provider.ts";
import { providerOf } from "../providers/registry.ts";
import { withoutAcknowledgeLinks } from "../render/acknowledgeLink.ts";
import type { Message } from "../render/message.ts";
import type { Snapshot, SnapshotHolder } from "../settings/snapshot.ts";
import { createChannelHealth } from "./channelHealth.ts";
import { composeMessage, standInRemark } from "./composeMessage.ts";
import { composeSummary, MOST_SUMMARY_LINES } from "./composeSummary.ts";
import { isDue } from "./delivery.model.ts";
import type { Delivery } from "./delivery.model.ts";
import { findFirstTold, findPerhapsDelivered, findUnfinished, findWaitingChannels } from "./delivery.store.ts";
import type { FirstTold, PlannedDelivery } from "./delivery.store.ts";
import { claimForTry, findSummaryItems, holdOverflow, holdWithProblem } from "./held.store.ts";
import { createLane } from "./lane.ts";
import type { Lane, Step } from "./lane.ts";
import { createLeases } from "./leases.ts";
import type { Leases } from "./leases.ts";
import type { OutsideWorld } from "./outside.ts";
import type { KeepLanes, Outcome, Recorder } from "./recorder.ts";
import { nextTry } from "./retry.ts";
import { sendMessage } from "./sendMessage.ts";
import type { SendResult } from "./sendMessage.ts";
import type { HandOver } from "./standIn.ts";

export interface Dispatcher {
  /** Sends what was just stored. Once closed, it leaves that to the next start. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Goes on with whatever is unfinished in the database. */
  start(): Promise<void>;
  /** Deliveries in memory. */
  readonly queued: number;
  /** Where several processes share the database; see `createRecorder`. */
  readonly keepLanes: KeepLanes | undefined;
  /** When it last looked for what is unfinished in the database. */
  readonly lookedAt: Date;
  /** What a channel has in memory; null while some of it is left in the database, because there is so much, or while the channel is gone. */
  laneFor(channelId: string): Pick<Lane, "has" | "adopt"> | null;
  /** All that wait in memory for their turn or their time. */
  waiting(): string[];
  /** Lets go of what waits in memory, without trying it. @returns how many there were */
  abandon(ids: ReadonlySet<string>): number;
  /** Starts no more tries; resolves when those under way are stored. @throws what kept one from being stored */
  close(): Promise<void>;
}

export interface DispatcherDeps {
  db: Database;
  snapshot: SnapshotHolder;
  outside: OutsideWorld;
  clock: Clock;
  log: Log;
  recorder: Recorder;
  /** Makes links by which a problem is taken on. */
  links: Pick<AcknowledgeLinks, "urlOf">;
  /** From 0 to 1, for the jitter of retries. */
  random: () => number;
  hostName: string;
  /** The newest id that was stored when this process started; null when nothing was. */
  startedAfter: string | null;
  /** Switches a channel off because its provider says that it is gone. */
  disableChannel(id: string, reason: string): Promise<void>;
  /** Hears when something that is held is due. */
  held(dueAt: Date): void;
  /** Saves config fields that a provider has told to change. */
  changeConfig(id: string, fields: Record<string, unknown>): Promise<void>;
}

/** How far the process had come that had a lane before: what it had planned may have been on its way when it ended. */
interface Before {
  endedAt: Date;
  /** Null while it has not been looked for, or when there is none. */
  newestId: string | null;
}

/** Nothing depends on memory: what was missed for whatever reason is found again by this. */
const SWEEP_EVERY_MS = 30_000;
const RECORD_AGAIN_MS = 1_000;
const MOST_TOLD = 150;
const TRY_LATER_MS = 10_000;
/** So long it is waited for a lane's lease that could not be renewed. */
const LAPSED_MS = 1_000;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, snapshot, clock, log, recorder } = deps;
  const startedAt = clock.now();
  /** By channel, where the process that had its lane did not give it back. */
  const takenOver = new Map<string, Before>();
  /** Where several processes share the database, each sends for the channels whose lanes it has. */
  const leases = db.notifications && createLeases({ db, log, gained, more: (id) => lanes.get(id)?.more(), lost, tell: (ids) => tellOfWork(ids), tellFree: () => db.notifications?.tell("lanes", "") });
  const lanes = new Map<string, Lane>();
  const health = createChannelHealth();
  const firstTold = new DataLoader(
    async (keys: readonly { conditionId: string; channelId: string }[]) => {
      const found = new Map((await findFirstTold(db, keys)).map((row) => [told(row), row]));
      return keys.map((key) => found.get(told(key)) ?? null);
    },
    { cache: false },
  );
  snapshot.onReload(({ channels }) => {
    for (const [id, lane] of lanes) {
      const channel = channels.get(id);
      if (channel) lane.setPace(channel.pace);
      else if (lane.size === 0) lanes.delete(id);
    }
  });
  let lookedAt = startedAt;
  let cancelSweep: (() => void) | null = null;
  let closed = false;
  /** Why an attempt could not be recorded before the end; null when all were. */
  let unrecorded: unknown = null;

  function laneOf(channel: Channel): Lane {
    const known = lanes.get(channel.id);
    if (known) return known;
    const lane = createLane({
      pace: channel.pace,
      clock,
      send: (job, arrived) => send(job, arrived).catch((error: unknown) => tryLater(job, error)),
      drop: async (jobs) => {
        const perhaps = await perhapsDelivered(jobs);
        await Promise.all(jobs.map((job) => drop(job, "The problem was over before this could be delivered.", perhaps.has(job.delivery.id) ? "UNKNOWN" : "DROPPED")));
      },
      overflow: (jobs) =>
        overflow(jobs).catch((error: unknown) => {
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

  /** What is held changes in one transaction at a time, here and in the flusher. */
  function writeHeld<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return db.writeAlongside(async (tx) => {
      await takeLocks(tx, { alone: ["HELD"] });
      return work(tx);
    });
  }

  /** More than a channel may be sent becomes a summary. */
  async function overflow(jobs: PlannedDelivery[]): Promise<true> {
    const now = clock.now();
    await writeHeld((tx) => holdOverflow(tx, jobs.map(({ delivery }) => delivery.id), now));
    deps.held(now);
    return true;
  }

  async function load(channelId: string, afterId: string, limit: number): Promise<PlannedDelivery[]> {
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

  function gained(channelId: string, isTakenOver: boolean): void {
    if (isTakenOver) takenOver.set(channelId, { endedAt: clock.now(), newestId: null });
    const channel = snapshot.current.channels.get(channelId);
    if (channel && !closed) laneOf(channel).more();
  }

  async function lost(channelId: string): Promise<void> {
    const lane = lanes.get(channelId);
    lanes.delete(channelId);
    takenOver.delete(channelId);
    health.forget(channelId);
    await lane?.close();
  }

  /** As many ids as go into one notification; beyond that all are told to look. */
  function tellOfWork(channelIds: readonly string[]): void {
    db.notifications?.tell("work", channelIds.length > MOST_TOLD ? "" : channelIds.join(" "));
  }

  function hearOfWork(text: string): void {
    leases?.more(text === "" ? [...lanes.keys()] : text.split(" "));
  }

  /**
   * Deliveries that an earlier try may have brought: its answer was lost, or the process was killed before it was stored.
   * What cannot be known counts as perhaps: a recovery too many is better than a problem that never ends.
   */
  async function perhapsDelivered(jobs: PlannedDelivery[]): Promise<Set<string>> {
    const ids = jobs.map(({ delivery }) => delivery.id);
    const cutShort = jobs.filter((job) => job.cutShort).map(({ delivery }) => delivery.id);
    const unknown = await findPerhapsDelivered(db, ids).catch((error: unknown) => {
      log.error({ err: error }, "earlier tries could not be read; taken as perhaps delivered");
      return ids;
    });
    return new Set([...cutShort, ...unknown]);
  }

  async function send(job: PlannedDelivery, arrived: () => void): Promise<Step> {
    const { delivery, event } = job;
    const channel = snapshot.current.channels.get(delivery.channelId);
    if (!channel) return { done: true };
    // It stays in the database for the process that has the lane now, or until it is known that none has.
    if (leases && !leases.has(channel.id)) return leases.hasLapsed(channel.id) ? putOff(job, LAPSED_MS) : { done: true };
    const isGone = !channel.enabled && channel.disabledReason !== null && fallbackFor(job, channel) !== null;
    if (!channel.enabled && !isGone) return drop(job, "The channel was switched off before this could be delivered.");
    const first = await findFirst(delivery);
    // One that it stands in for knows of the problem.
    const unheard = delivery.reason === "RECOVERY" && !first && delivery.insteadOf === null;
    if (unheard && (await waitsWithProblem(delivery))) return { done: true };
    if (unheard) return drop(job, "The channel was never reached with the problem, so it does not hear of its end.");
    if (isGone) return giveUpUntried(job, channel);

    const message = await messageOf(job, channel, first);
    if (!message) return drop(job, "Nothing that waited is left to tell.");
    const provider = providerOf(channel.kind);
    const type = delivery.reason === "SUMMARY" ? delivery.context.eventType : event.type;
    const recipient = type === undefined ? undefined : recipientOf(type, channel.id, snapshot.current);
    const result = await sendMessage({ provider, channelId: channel.id, customer: channel.customer, config: { ...channel.config, ...recipient }, message, timeoutMs: channel.pace.timeoutMs }, deps.outside, clock, log);
    const now = clock.now();
    const tried = afterTry(delivery, result, provider.idempotent, now, deps.random());
    const about = snapshot.current.channels.get(channel.id) ?? channel;
    // What a provider says of a recipient that a trigger has set is not about the channel.
    const failingSince = recipient ? undefined : health.after(about, result, tried, now);
    const isFailing = (failingSince === undefined ? about.failingSince : failingSince) !== null;
    const handedOver = mayHandOver(tried, result, isFailing, provider) ? handOverOf({ ...job, delivery: tried }, about, now) : {};
    const after: Delivery = handedOver.handOver && tried.state === "RETRY" ? { ...tried, state: "FAILED", finishedAt: now } : tried;
    if (after.state === "SENT" && provider.idempotent) arrived();
    await store({
      attempt: attemptOf(channel, message, result, { delivery: after, at: now }),
      delivery: after,
      ...(failingSince === undefined ? {} : { failingSince }),
      ...handedOver,
      ...(handedOver.handOver ? {} : carriedBy(after, now)),
    });
    // The lane goes on with the delivery as it now stands: its tries and when it is due.
    job.delivery = after;
    if (!recipient) await applyToChannel(channel, result);
    return after.state === "RETRY" ? { done: false, retryAt: after.dueAt, limited: result.outcome === "RATE_LIMITED" } : { done: true };
  }

  function fallbackFor({ delivery }: PlannedDelivery, channel: Channel): Channel | null {
    return fallbackOf(channel, delivery.context.standIn?.passed ?? [], snapshot.current.channels);
  }

  /** What the fallback is to get, where there is one. */
  function handOverOf(job: PlannedDelivery, channel: Channel, at: Date): { handOver?: HandOver } {
    const fallback = fallbackFor(job, channel);
    return fallback ? { handOver: { delivery: job.delivery, event: job.event, channel, fallback, at } } : {};
  }

  /** Of a channel that its provider has switched off everything goes to the fallback. */
  async function giveUpUntried(job: PlannedDelivery, channel: Channel): Promise<Step> {
    const now = clock.now();
    const after: Delivery = { ...job.delivery, state: "FAILED", finishedAt: now };
    await store({ attempt: attemptOf(channel, ...untried({ ...job, delivery: after }, "The channel's provider has switched it off, so its fallback gets this.", now)), delivery: after, ...handOverOf({ ...job, delivery: after }, channel, now) });
    return { done: true };
  }

  /** @returns null for a summary of which everything has been deleted meanwhile */
  async function messageOf({ delivery, event }: PlannedDelivery, channel: Channel, first: FirstTold | null): Promise<Message | null> {
    const displayName = displayNameOf(channel, snapshot, deps.hostName);
    const { summaryOf, eventType } = delivery.context;
    if (!summaryOf) return composeMessage({ ...delivery, event, displayName, rich: channel.rich, thread: first?.reference ?? null, acknowledgeUrl: linkOf(delivery, providerOf(channel.kind)) });
    const { quietHours, digest } = channel;
    const timeZone = (summaryOf === "DIGEST" ? (digest ?? quietHours) : (quietHours ?? digest))?.timeZone ?? "UTC";
    await writeHeld((tx) => claimForTry(tx, delivery.id, delivery.tries + 1));
    const items = await findSummaryItems(db, delivery.id, MOST_SUMMARY_LINES);
    if (items.eventCount === 0) return null;
    const burstOf = eventType === undefined ? null : { type: eventType, title: snapshot.current.catalogue.resolve(eventType)?.title ?? eventType };
    return composeSummary({ id: delivery.id, heldFor: summaryOf, burstOf, items, timeZone, displayName, rich: channel.rich, customer: delivery.customer, remark: standInRemark(delivery.context), now: clock.now() });
  }

  function linkOf({ id, conditionId, createdAt, reason }: Delivery, { withoutLinks }: Provider): string | null {
    return conditionId === null || reason === "RECOVERY" || withoutLinks ? null : deps.links.urlOf({ id, conditionId, createdAt });
  }

  /** The end of a problem that is still held goes into the same summary: it must not come before. */
  async function waitsWithProblem({ id, conditionId, channelId }: Delivery): Promise<boolean> {
    if (conditionId === null || !(await writeHeld((tx) => holdWithProblem(tx, { id, conditionId, channelId })))) return false;
    deps.held(clock.now());
    return true;
  }

  /** A database that cannot be read for a while costs a delivery time, not the process its life. */
  function tryLater(job: PlannedDelivery, error: unknown): Step {
    log.error({ err: error, delivery: job.delivery.id }, "a delivery could not be made ready; trying again");
    return putOff(job, TRY_LATER_MS);
  }

  function putOff(job: PlannedDelivery, ms: number): Step {
    const retryAt = new Date(clock.now().getTime() + ms);
    job.delivery = { ...job.delivery, dueAt: retryAt };
    return { done: false, retryAt, limited: false };
  }

  function findFirst({ reason, conditionId, channelId }: Delivery): Promise<FirstTold | null> | null {
    return conditionId === null || reason === "FIRST" ? null : firstTold.load({ conditionId, channelId });
  }

  /** @param state UNKNOWN when an earlier try may have reached the channel: then it hears of the end */
  async function drop({ delivery, event }: PlannedDelivery, why: string, state: "DROPPED" | "UNKNOWN" = "DROPPED"): Promise<Step> {
    const channel = snapshot.current.channels.get(delivery.channelId);
    if (!channel) return { done: true };
    const now = clock.now();
    const after: Delivery = { ...delivery, state, finishedAt: now };
    await store({ attempt: attemptOf(channel, ...untried({ delivery: after, event }, why, now)), delivery: after, ...carriedBy(after, now) });
    return { done: true };
  }

  /** What was sent must not be forgotten because the disk is full for a while: it is stored as soon as that works. */
  async function store(outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        await recorder.record(outcome);
        if (outcome.carried) deps.held("at" in outcome.carried ? outcome.carried.at : outcome.carried.retryAt);
        return;
      } catch (error) {
        log.error({ err: error, delivery: outcome.delivery?.id }, closed ? "an attempt could not be recorded before the stop" : "an attempt could not be recorded; trying again");
        if (closed) {
          unrecorded = error;
          return;
        }
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve));
      }
    }
  }

  async function applyToChannel(channel: Channel, result: SendResult): Promise<void> {
    try {
      if (result.outcome === "DELIVERED") {
        if (result.receipt.changedConfig) await deps.changeConfig(channel.id, result.receipt.changedConfig);
      } else if (result.disableChannel) {
        await deps.disableChannel(channel.id, result.hint ?? result.error);
      }
    } catch (error) {
      log.error({ err: error, channel: channel.id }, "a channel could not be changed as its provider asked");
    }
  }

  async function sweep(): Promise<void> {
    if (leases) return sweepShared(leases);
    for (const channelId of await findWaitingChannels(db)) {
      const channel = snapshot.current.channels.get(channelId);
      const lane = channel && laneOf(channel);
      if (lane?.size === 0) await lane.refill();
    }
    lookedAt = clock.now();
  }

  async function sweepShared(shared: Leases): Promise<void> {
    const empty: string[] = [];
    for (const [id, lane] of lanes) {
      if (lane.size > 0) lane.more();
      else {
        await lane.refill();
        if (lane.size === 0) empty.push(id);
      }
    }
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
      if (closed) return;
      if (leases) return leases.work(new Set(planned.map(({ delivery }) => delivery.channelId)));
      for (const [channelId, jobs] of byChannel(planned)) {
        const channel = snapshot.current.channels.get(channelId);
        if (channel) laneOf(channel).add(jobs);
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
      cancelSweep?.();
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
      await recorder.idle();
      await leases?.close();
      if (unrecorded !== null) throw unrecorded;
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

function told({ conditionId, channelId }: { conditionId: string; channelId: string }): string {
  return `${conditionId} ${channelId}`;
}

/** Who gets it in place of whom the channel names: as the type's trigger has it, or for a recovery the problem's. */
function recipientOf(eventType: string, channelId: string, { catalogue, triggers }: Snapshot): Record<string, unknown> | undefined {
  const problem = catalogue.resolve(eventType)?.recovers ?? eventType;
  return triggers.get(problem)?.recipients[channelId];
}

/** The label for where alerts come from: the channel's, else the server's, else the host's name. */
export function displayNameOf(channel: { displayName: string | null }, snapshot: SnapshotHolder, hostName: string): string {
  return channel.displayName ?? (snapshot.current.server.displayName || hostName);
}

/** The delivery as it stands after a try. */
function afterTry(delivery: Delivery, result: SendResult, idempotent: boolean, now: Date, random: number): Delivery {
  const tries = delivery.tries + 1;
  const done = { ...delivery, tries, finishedAt: now };
  if (result.outcome === "DELIVERED") return { ...done, state: "SENT", reference: result.receipt.reference ?? null };
  // A repeat that the provider cannot tell from the first could be a second message: better unknown than twice.
  if (result.outcome === "UNKNOWN" && !idempotent) return { ...done, state: "UNKNOWN" };
  const retryAt = nextTry(result.outcome, tries, result.retryAfterMs, delivery.createdAt, now, random);
  return retryAt ? { ...delivery, tries, state: "RETRY", dueAt: retryAt } : { ...done, state: "FAILED" };
}

/**
 * Whether the fallback gets it now: what is given up, and of a channel that fails whatever did not arrive, so that nobody
 * waits for a day of tries. An incident that only its own provider can close is tried on until it is given up.
 */
function mayHandOver({ reason, state }: Delivery, { outcome }: SendResult, isFailing: boolean, { recovery }: Provider): boolean {
  if (state === "FAILED") return true;
  if (!isFailing || outcome === "RATE_LIMITED" || (reason === "RECOVERY" && recovery === "RESOLVES")) return false;
  return state === "RETRY" || (state === "UNKNOWN" && reason !== "SUMMARY");
}

/** A summary that was refused for good keeps nothing from being told: the next one takes it up after so long. */
const NEXT_SUMMARY_MS = 3_600_000;

/** What the end of a summary means for the deliveries in it; nothing for other deliveries and while it is tried again. */
function carriedBy({ reason, state }: Delivery, now: Date): Pick<Outcome, "carried"> {
  if (reason !== "SUMMARY" || state === "RETRY") return {};
  if (state === "SENT" || state === "UNKNOWN" || state === "DROPPED") return { carried: { state, at: now } };
  return { carried: { retryAt: new Date(now.getTime() + NEXT_SUMMARY_MS) } };
}

/** What the history says of a delivery that was not even tried. */
function untried({ delivery, event }: PlannedDelivery, why: string, at: Date): [Message, Shown, { delivery: Delivery; at: Date }] {
  const message = composeMessage({ ...delivery, event, displayName: "", rich: false, thread: null, acknowledgeUrl: null });
  return [message, { outcome: "DROPPED", text: message.body, durationMs: 0, error: why, status: null, hint: null }, { delivery, at }];
}

type Shown = { outcome: AttemptOutcome; text: string; durationMs: number } & (
  | { outcome: "DELIVERED"; receipt: { status: string } }
  | { status: string | null; error: string; hint: string | null }
);

const LONGEST_STATUS = 200;
const LONGEST_ERROR = 1000;

/** The history's row of one try. */
export function attemptOf(channel: Pick<Channel, "id" | "name" | "kind" | "customer">, message: Message, result: Shown, about: { delivery: Delivery | null; at: Date }): Omit<Attempt, "id"> {
  const { delivery, at } = about;
  const failed = "error" in result;
  return {
    at,
    deliveryId: delivery?.id ?? null,
    eventId: delivery?.eventId ?? null,
    channelId: channel.id,
    channelName: channel.name,
    kind: channel.kind,
    type: message.event.type,
    category: message.event.category,
    severity: message.severity,
    customer: message.event.customer,
    channelCustomer: channel.customer,
    reason: message.reason,
    title: message.title,
    body: withoutAcknowledgeLinks(result.text),
    outcome: result.outcome,
    status: (failed ? result.status : result.receipt.status)?.slice(0, LONGEST_STATUS) ?? null,
    error: failed ? withoutAcknowledgeLinks(result.error).slice(0, LONGEST_ERROR) : null,
    hint: failed ? result.hint : null,
    durationMs: result.durationMs,
    tryNumber: delivery?.tries ?? 1,
    nextTryAt: delivery?.state === "RETRY" ? delivery.dueAt : null,
  };
}
