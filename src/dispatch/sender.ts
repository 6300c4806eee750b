import DataLoader from "dataloader";
import type { Channel } from "../channels/channel.model.ts";
import { fallbackOf } from "../channels/fallback.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { AcknowledgeLinks } from "../escalations/acknowledgeLink.ts";
import type { Log } from "../log.ts";
import type { Provider } from "../providers/provider.ts";
import { providerOf } from "../providers/registry.ts";
import type { Message } from "../render/message.ts";
import type { Snapshot, SnapshotHolder } from "../settings/snapshot.ts";
import { afterTry, carriedBy, mayHandOver } from "./afterTry.ts";
import { attemptOf, untried } from "./attemptOf.ts";
import { createChannelHealth } from "./channelHealth.ts";
import { composeMessage, standInRemark } from "./composeMessage.ts";
import { composeSummary, MOST_SUMMARY_LINES } from "./composeSummary.ts";
import type { Delivery } from "./delivery.model.ts";
import { findFirstTold, findPerhapsDelivered } from "./delivery.store.ts";
import type { FirstTold, PlannedDelivery } from "./delivery.store.ts";
import { displayNameOf } from "./displayName.ts";
import { claimForTry, findSummaryItems, holdWithProblem, writeHeld } from "./held.store.ts";
import type { Answered, Step } from "./lane.ts";
import type { OutsideWorld } from "./outside.ts";
import type { Outcome, Recorder } from "./recorder.ts";
import { sendMessage } from "./sendMessage.ts";
import type { SendResult } from "./sendMessage.ts";
import type { HandOver } from "./standIn.ts";

/** Sends single deliveries and stores what became of them. */
export interface Sender {
  /**
   * Tries a delivery, stores the outcome and brings `job.delivery` up to date. Never rejects.
   * @param answered called when the channel's answer is in, before it is stored
   */
  send(job: PlannedDelivery, channel: Channel, answered: Answered): Promise<Step>;
  /** Gives up deliveries whose recovery has come before they could be told. Never rejects. */
  drop(jobs: PlannedDelivery[]): Promise<void>;
  /** Forgets how tries of a channel went, because another process sends for it now. */
  forget(channelId: string): void;
  /** From now on what cannot be stored is left to the next start. */
  close(): void;
  /** Why an attempt could not be stored before the end; null when all were. */
  readonly unrecorded: unknown;
}

export interface SenderDeps {
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
  /** Switches a channel off because its provider says that it is gone. */
  disableChannel(id: string, reason: string): Promise<void>;
  /** Hears when something that is held is due. */
  held(dueAt: Date): void;
  /** Saves config fields that a provider has told to change. */
  changeConfig(id: string, fields: Record<string, unknown>): Promise<void>;
}

const RECORD_AGAIN_MS = 1_000;
const TRY_LATER_MS = 10_000;

export function createSender(deps: SenderDeps): Sender {
  const { db, snapshot, clock, log, recorder } = deps;
  const health = createChannelHealth();
  const firstTold = new DataLoader(
    async (keys: readonly { conditionId: string; channelId: string }[]) => {
      const found = new Map((await findFirstTold(db, keys)).map((row) => [told(row), row]));
      return keys.map((key) => found.get(told(key)) ?? null);
    },
    { cache: false },
  );
  let closed = false;
  let unrecorded: unknown = null;

  async function send(job: PlannedDelivery, channel: Channel, answered: Answered): Promise<Step> {
    const { delivery, event } = job;
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
    const result = await sendMessage({ provider, channelId: channel.id, customer: channel.customer, config: recipient ? { ...channel.config, ...recipient } : channel.config, message, timeoutMs: channel.pace.timeoutMs }, deps.outside, clock, log);
    const now = clock.now();
    const tried = afterTry(delivery, result, provider.idempotent, now, deps.random());
    const about = snapshot.current.channels.get(channel.id) ?? channel;
    // What a provider says of a recipient that a trigger has set is not about the channel.
    const failingSince = recipient ? undefined : health.after(about, result, tried, now);
    const isFailing = (failingSince === undefined ? about.failingSince : failingSince) !== null;
    const handOver = mayHandOver(tried, result, isFailing, provider) ? handOverOf({ ...job, delivery: tried }, about, now) : undefined;
    const after: Delivery = handOver && tried.state === "RETRY" ? { ...tried, state: "FAILED", finishedAt: now } : tried;
    const step: Step = after.state === "RETRY" ? { done: false, retryAt: after.dueAt, limited: result.outcome === "RATE_LIMITED" } : { done: true };
    const mayRepeat = after.state === "SENT" && provider.idempotent;
    answered(step, mayRepeat);
    await store({
      attempt: attemptOf(channel, message, result, { delivery: after, at: now }),
      delivery: after,
      carried: handOver ? undefined : carriedBy(after, now),
      failingSince,
      handOver,
      mayRest: mayRepeat,
    });
    // The lane goes on with the delivery as it now stands: its tries and when it is due.
    job.delivery = after;
    if (!recipient) await applyToChannel(channel, result);
    return step;
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

  function fallbackFor({ delivery }: PlannedDelivery, channel: Channel): Channel | null {
    return fallbackOf(channel, delivery.context.standIn?.passed ?? [], snapshot.current.channels);
  }

  /** What the fallback is to get, where there is one. */
  function handOverOf(job: PlannedDelivery, channel: Channel, at: Date): HandOver | undefined {
    const fallback = fallbackFor(job, channel);
    return fallback ? { delivery: job.delivery, event: job.event, channel, fallback, at } : undefined;
  }

  /** Of a channel that its provider has switched off everything goes to the fallback. */
  async function giveUpUntried(job: PlannedDelivery, channel: Channel): Promise<Step> {
    const now = clock.now();
    const after: Delivery = { ...job.delivery, state: "FAILED", finishedAt: now };
    await store({ attempt: attemptOf(channel, ...untried({ ...job, delivery: after }, "The channel's provider has switched it off, so its fallback gets this.", now)), delivery: after, handOver: handOverOf({ ...job, delivery: after }, channel, now) });
    return { done: true };
  }

  /** @returns null for a summary of which everything has been deleted meanwhile */
  async function messageOf({ delivery, event }: PlannedDelivery, channel: Channel, first: FirstTold | null): Promise<Message | null> {
    const displayName = displayNameOf(channel, snapshot, deps.hostName);
    const { summaryOf, eventType } = delivery.context;
    if (!summaryOf) return composeMessage({ delivery, event, displayName, rich: channel.rich, thread: first?.reference ?? null, acknowledgeUrl: linkOf(delivery, providerOf(channel.kind)) });
    const { quietHours, digest } = channel;
    const timeZone = (summaryOf === "DIGEST" ? (digest ?? quietHours) : (quietHours ?? digest))?.timeZone ?? "UTC";
    await writeHeld(db, (tx) => claimForTry(tx, delivery.id, delivery.tries + 1));
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
    if (conditionId === null || !(await writeHeld(db, (tx) => holdWithProblem(tx, { id, conditionId, channelId })))) return false;
    deps.held(clock.now());
    return true;
  }

  /** A database that cannot be read for a while costs a delivery time, not the process its life. */
  function tryLater(job: PlannedDelivery, error: unknown): Step {
    log.error({ err: error, delivery: job.delivery.id }, "a delivery could not be made ready; trying again");
    return putOff(job, clock, TRY_LATER_MS);
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
    await store({ attempt: attemptOf(channel, ...untried({ delivery: after, event }, why, now)), delivery: after, carried: carriedBy(after, now) });
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

  return {
    send: (job, channel, answered) => send(job, channel, answered).catch((error: unknown) => tryLater(job, error)),
    async drop(jobs) {
      const perhaps = await perhapsDelivered(jobs);
      await Promise.all(jobs.map((job) => drop(job, "The problem was over before this could be delivered.", perhaps.has(job.delivery.id) ? "UNKNOWN" : "DROPPED")));
    },
    forget: (channelId) => health.forget(channelId),
    close() {
      closed = true;
    },
    get unrecorded() {
      return unrecorded;
    },
  };
}

/** Leaves a delivery untried for so long. */
export function putOff(job: PlannedDelivery, clock: Clock, ms: number): Step {
  const retryAt = new Date(clock.now().getTime() + ms);
  job.delivery = { ...job.delivery, dueAt: retryAt };
  return { done: false, retryAt, limited: false };
}

function told({ conditionId, channelId }: { conditionId: string; channelId: string }): string {
  return `${conditionId} ${channelId}`;
}

/** Who gets it in place of whom the channel names: as the type's trigger has it, or for a recovery the problem's. */
function recipientOf(eventType: string, channelId: string, { catalogue, triggers }: Snapshot): Record<string, unknown> | undefined {
  const problem = catalogue.resolve(eventType)?.recovers ?? eventType;
  return triggers.get(problem)?.recipients[channelId];
}
