import { isOwnEvent } from "../access/principal.ts";
import { createAlarm } from "../alarm.ts";
import type { Channel } from "../channels/channel.model.ts";
import { isStoodInFor } from "../channels/fallback.ts";
import type { Clock } from "../clock.ts";
import { forgetAcknowledgements, findConditionsById, saveConditions } from "../conditions/condition.store.ts";
import type { Database, Transaction } from "../db/database.ts";
import { findNewestId } from "../db/newestId.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import { isSilenced } from "../decide/stages/silence.ts";
import type { OpenCondition } from "../decide/state.ts";
import { takenByFor } from "../escalations/acknowledgement.model.ts";
import type { Escalation, EscalationNotice, EscalationPolicy, Turn } from "../escalations/escalation.model.ts";
import { turnOf } from "../escalations/escalation.model.ts";
import { findDueEscalations, findNextEscalation, findPoliciesInForce, insertNotices, updateEscalations } from "../escalations/escalation.store.ts";
import { recipientsOf } from "../escalations/recipients.ts";
import type { Recipient } from "../escalations/recipients.ts";
import type { StoredEvent } from "../events/event.model.ts";
import { findTellingEvents } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import { nextDigest } from "../schedules/digest.ts";
import { quietUntil } from "../schedules/quietHours.ts";
import type { Snapshot, SnapshotHolder } from "../settings/snapshot.ts";
import type { Delivery, DeliveryContext } from "./delivery.model.ts";
import { insertDeliveries } from "./delivery.store.ts";
import type { PlannedDelivery } from "./delivery.store.ts";

/** Tells of problems that nobody takes on, step by step and by the clock. */
export interface Escalator {
  /** Goes on with what waits in the database. */
  start(): Promise<void>;
  /** Tells of an escalation that was just stored or changed. */
  expect(at: Date): void;
  /** Since when it is at work, by `clock.uptime()`; null when it waits. */
  readonly busySince: number | null;
  close(): Promise<void>;
}

export interface EscalatorDeps {
  db: Database;
  snapshot: SnapshotHolder;
  clock: Clock;
  ids: Ids;
  log: Log;
  dispatch(planned: PlannedDelivery[]): void;
  held(dueAt: Date): void;
}

/** More would make one transaction hold up the events that come in. */
const LARGEST_BATCH = 100;
/** What is due is looked for this often whatever happens: a clock that is set forward must not make it late by more. */
const LOOK_EVERY_MS = 30_000;
/** What a silence or another problem keeps back is asked about again so often. */
const WAIT_MS = 60_000;
/** A policy that another process has switched on a moment ago is asked for again so soon. */
const UNREAD_MS = 5_000;

type Due = Escalation & { nextAt: Date };

/** What one transaction changes. */
interface Work {
  after: Pick<Escalation, "id" | "step" | "round" | "nextAt">[];
  planned: PlannedDelivery[];
  notices: EscalationNotice[];
  conditions: Map<string, OpenCondition>;
  /** Ids of conditions whose acknowledgement was forgotten. */
  forgotten: string[];
}

export function createEscalator({ db, snapshot, clock, ids, log, dispatch, held }: EscalatorDeps): Escalator {
  const alarm = createAlarm({
    clock,
    everyMs: LOOK_EVERY_MS,
    shared: db.shared,
    work,
    next: () => findNextEscalation(db),
    failed: (error) => log.error({ err: error }, "problems could not be escalated; trying again"),
  });

  async function work(): Promise<void> {
    const next = await findNextEscalation(db);
    if (!next || next > clock.now()) return;
    for (;;) {
      const { planned, count } = await db.writeAlongside(goOn);
      dispatch(planned.filter(({ delivery }) => delivery.state === "PENDING"));
      for (const { delivery } of planned) if (delivery.state === "HELD") held(delivery.dueAt);
      if (count < LARGEST_BATCH) return;
    }
  }

  /** One process at a time, and no event meanwhile: each step is taken once, and never after the end. */
  async function goOn(tx: Transaction): Promise<{ planned: PlannedDelivery[]; count: number }> {
    await takeLocks(tx, { alone: ["CONDITIONS"] });
    if (db.shared) ids.startAfter(await findNewestId(tx));
    const now = clock.now();
    const due = await findDueEscalations(tx, now, LARGEST_BATCH);
    if (due.length === 0) return { planned: [], count: 0 };
    const conditions = new Map((await findConditionsById(tx, due.map(({ conditionId }) => conditionId))).map((condition) => [condition.id, condition]));
    const unread = await findPoliciesInForce(tx, due.flatMap(({ policyId }) => (snapshot.current.escalationPolicies.has(policyId) ? [] : [policyId])));
    const events = new Map((await findTellingEvents(tx, [...conditions.keys()])).map((event) => [event.conditionId, event]));
    const all: Work = { after: [], planned: [], notices: [], conditions: new Map(), forgotten: [] };
    for (const escalation of due) {
      if (unread.has(escalation.policyId)) {
        all.after.push({ ...escalation, nextAt: new Date(now.getTime() + UNREAD_MS) });
        continue;
      }
      const condition = all.conditions.get(escalation.conditionId) ?? conditions.get(escalation.conditionId);
      take(escalation, condition, events.get(escalation.conditionId), all, now);
    }
    await updateEscalations(tx, all.after);
    await saveConditions(tx, [...all.conditions.values()]);
    await forgetAcknowledgements(tx, all.forgotten);
    await insertDeliveries(tx, all.planned.map(({ delivery }) => delivery));
    await insertNotices(tx, all.notices);
    return { planned: all.planned, count: due.length };
  }

  function take(escalation: Due, condition: OpenCondition | undefined, event: StoredEvent | undefined, all: Work, now: Date): void {
    const { current } = snapshot;
    const policy = current.escalationPolicies.get(escalation.policyId);
    // Switched off, or over by now. It can begin anew with the problem.
    if (!policy || !event || !condition || condition.closedAt) return void all.after.push({ id: escalation.id, step: 0, round: 0, nextAt: null });
    if (condition.inhibitedBy !== null || isSilenced(event, current.settings, policy.customer, now)) {
      return void all.after.push({ ...escalation, nextAt: new Date(now.getTime() + WAIT_MS) });
    }
    const turn = turnOf(escalation, policy, condition.acknowledgedAt, now);
    all.after.push({ id: escalation.id, ...turn.after });
    if (turn.forgets) all.forgotten.push(condition.id);
    if (turn.tells) tell(turn.tells, { escalation, policy, condition, event }, all, now);
  }

  function tell(tells: NonNullable<Turn["tells"]>, { escalation, policy, condition, event }: { escalation: Due; policy: EscalationPolicy; condition: OpenCondition; event: StoredEvent }, all: Work, now: Date): void {
    const { current } = snapshot;
    const isReminder = tells === "REMINDER";
    const wanted = isReminder ? condition.told.map((channelId): Recipient => ({ channelId, contactName: null })) : recipientsOf(policy.steps[escalation.step % policy.steps.length]?.targets ?? [], current.directory);
    let after = condition;
    for (const { channelId, contactName } of wanted) {
      const channel = current.channels.get(channelId);
      if (!channel || !mayHear(channel, policy, condition, current)) continue;
      const context = contextOf(isReminder, escalation, policy, condition, channel, now);
      const delivery = deliveryOf(channel, event, condition, { reason: isReminder ? "REMINDER" : "ESCALATION", context }, ids.next(), now);
      all.planned.push({ delivery, event });
      all.notices.push({ id: ids.next(), escalationId: escalation.id, at: now, step: escalation.step, round: escalation.round, reminder: isReminder, channelId, channelName: channel.name, contactName, deliveryId: delivery.id });
      after = noteTold(after, delivery);
    }
    if (after !== condition) all.conditions.set(condition.id, after);
  }

  return {
    start: alarm.ring,
    expect: alarm.wakeAt,
    get busySince() {
      return alarm.busySince;
    },
    close: alarm.close,
  };
}

/** A customer's channel hears of what that customer may see, whoever leads it there; a customer's policy tells that customer's channels only. */
function mayHear(channel: Channel, policy: EscalationPolicy, condition: OpenCondition, { channels }: Snapshot): boolean {
  return isOwnEvent(channel, condition) && (policy.customer === null || policy.customer === channel.customer) && (channel.enabled || isStoodInFor(channel, channels));
}

/** To a customer's channel neither the name of another's policy is told nor who of the server's people took the problem on. */
function contextOf(isReminder: boolean, { step, round }: Escalation, policy: EscalationPolicy, condition: OpenCondition, channel: Channel, now: Date): DeliveryContext {
  const { openedAt, count, covers, acknowledgedAt } = condition;
  const taken = isReminder && acknowledgedAt ? { takenBy: takenByFor(channel, condition), takenAt: acknowledgedAt.toISOString() } : {};
  return {
    openedAt: openedAt.toISOString(),
    count,
    ...(covers > 0 ? { covers } : {}),
    escalation: { at: now.toISOString(), ...(channel.customer === null || channel.customer === policy.customer ? { policy: policy.name } : {}), step: step + 1, round: round + 1, ...taken },
  };
}

function deliveryOf(channel: Channel, event: StoredEvent, condition: OpenCondition, why: Pick<Delivery, "reason" | "context">, id: string, now: Date): Delivery {
  const wait = waitOf(channel, condition, now);
  return {
    id,
    eventId: event.id,
    channelId: channel.id,
    conditionId: condition.id,
    customer: event.customer,
    state: wait ? "HELD" : "PENDING",
    ...why,
    tries: 0,
    dueAt: wait?.until ?? now,
    createdAt: now,
    finishedAt: null,
    reference: null,
    heldFor: wait?.heldFor ?? null,
    summaryId: null,
    insteadOf: null,
  };
}

/** What a step is for goes through quiet hours; what is only information waits for their end, or for the digest. */
function waitOf({ quietHours, digest }: Channel, { severity }: OpenCondition, now: Date): { heldFor: "QUIET_HOURS" | "DIGEST"; until: Date } | null {
  if (severity !== "INFO") return null;
  const until = quietHours && quietUntil(quietHours, now);
  if (digest) return { heldFor: "DIGEST", until: nextDigest(digest, quietHours, now) };
  return until ? { heldFor: "QUIET_HOURS", until } : null;
}

/** Whom a step tells hears of the end. */
function noteTold(condition: OpenCondition, { channelId, heldFor, dueAt }: Delivery): OpenCondition {
  if (heldFor) return { ...condition, held: { ...condition.held, [channelId]: { heldFor, until: dueAt.toISOString() } } };
  return { ...condition, told: [...new Set([...condition.told, channelId])] };
}
