import { decide, decideAgain, remember } from "../decide/decide.ts";
import type { Decision } from "../decide/decision.ts";
import type { IncomingEvent } from "../decide/event.ts";
import type { Settings } from "../decide/settings.ts";
import { burstKey } from "../decide/state.ts";
import type { BurstWindow, OccurrenceCooldown, OpenCondition, State } from "../decide/state.ts";
import type { Delivery, DeliveryContext } from "../dispatch/delivery.model.ts";
import type { PlannedDelivery } from "../dispatch/delivery.store.ts";
import { beginning } from "../escalations/escalation.model.ts";
import type { Escalation } from "../escalations/escalation.model.ts";
import { IdempotencyConflictError } from "../errors.ts";
import { storedDecision } from "../events/event.model.ts";
import type { EventInput, StoredEvent } from "../events/event.model.ts";
import type { IdempotencyRow } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import { fillTemplate } from "../render/fillTemplate.ts";
import { inputHash } from "./idempotency.ts";

/** One event on its way in: checked, its type known. */
export interface Item {
  input: EventInput;
  event: IncomingEvent;
  /** Whose idempotency keys it uses. */
  scope: string;
}

/** What became of one item: taken in, a repeat of an earlier event, or refused. */
export type Fate = { stored: StoredEvent } | { repeatOf: string } | { refused: IdempotencyConflictError };

/** What decisions change, to be stored in one transaction. */
export interface Changes {
  deliveries: PlannedDelivery[];
  conditions: Map<string, OpenCondition>;
  cooldowns: Map<string, OccurrenceCooldown>;
  bursts: Map<string, BurstWindow>;
  /** How many were not sent because of an open condition, by its id. */
  covered: Map<string, number>;
  /** Escalation policies that go to work. */
  escalations: Escalation[];
}

/** Everything that one batch changes. */
export interface Plan extends Changes {
  /** In the order of the items. */
  fates: Fate[];
  events: StoredEvent[];
  keys: IdempotencyRow[];
}

function noChanges(): Changes {
  return { deliveries: [], conditions: new Map(), cooldowns: new Map(), bursts: new Map(), covered: new Map(), escalations: [] };
}

/** Idempotency keys by scope and key. */
export type UsedKeys = Map<string, IdempotencyRow>;

export function usedKey(scope: string, key: string): string {
  return `${scope}\n${key}`;
}

/**
 * Decides every event of a batch in order, each seeing what the ones before it changed. No I/O.
 * @param used keys used before; those of this batch are added
 * @param state what is remembered of the events' fingerprints; brought up to date
 */
export function planBatch(items: readonly Item[], settings: Settings, state: State, used: UsedKeys, ids: Ids, now: Date): Plan {
  const plan: Plan = { ...noChanges(), fates: [], events: [], keys: [] };
  for (const item of items) {
    const earlier = claimKey(item, used, plan, now);
    plan.fates.push(earlier ?? { stored: takeIn(item.event, settings, state, plan, ids, now) });
  }
  return plan;
}

/** A condition with an event to tell it by. */
export interface KnownCondition {
  condition: OpenCondition;
  event: StoredEvent;
}

/** Decides about conditions again. No I/O. @param known conditions of types that are known, all in `state` */
export function planAgain(known: readonly KnownCondition[], settings: Settings, state: State, ids: Ids, now: Date): Changes {
  const changes = noChanges();
  for (const { condition, event } of known) {
    const decision = decideAgain(event, condition, settings, state, now);
    remember(event, decision, settings, state);
    note(decision, changes);
    changes.escalations.push(...escalationsOf(decision, settings, ids, now));
    for (const delivery of deliveriesOf(decision, event, 0, ids, now)) changes.deliveries.push({ delivery, event });
  }
  return changes;
}

/** Notes the item's key as used; gives its fate when it was used before. */
function claimKey({ input, event, scope }: Item, used: UsedKeys, plan: Plan, now: Date): Fate | null {
  const key = input.idempotencyKey;
  if (key === null) return null;
  const hash = inputHash(input);
  const earlier = used.get(usedKey(scope, key));
  if (earlier) return earlier.inputHash === hash ? { repeatOf: earlier.eventId } : { refused: new IdempotencyConflictError(key) };
  const row = { scope, key, inputHash: hash, eventId: event.id, createdAt: now };
  used.set(usedKey(scope, key), row);
  plan.keys.push(row);
  return null;
}

function takeIn(event: IncomingEvent, settings: Settings, state: State, plan: Plan, ids: Ids, now: Date): StoredEvent {
  const decision = decide(event, settings, state, now);
  const heldBack = state.cooldowns.get(decision.fingerprint)?.suppressed ?? 0;
  remember(event, decision, settings, state);
  const stored = storedEvent(event, decision, settings);
  plan.events.push(stored);
  note(decision, plan);
  plan.escalations.push(...escalationsOf(decision, settings, ids, now));
  for (const delivery of deliveriesOf(decision, stored, heldBack, ids, now)) plan.deliveries.push({ delivery, event: stored });
  return stored;
}

function note({ condition, cooldown, bursts, inhibitedBy }: Decision, { conditions, cooldowns, covered, ...changes }: Changes): void {
  if (condition) conditions.set(condition.after.id, condition.after);
  if (cooldown) cooldowns.set(cooldown.fingerprint, cooldown);
  for (const window of bursts) changes.bursts.set(burstKey(window.eventType, window.channelId), window);
  if (inhibitedBy) covered.set(inhibitedBy.conditionId, (covered.get(inhibitedBy.conditionId) ?? 0) + 1);
}

/** The policies of the rules that matched go to work once channels are told of a problem, or when none takes it. */
function escalationsOf({ condition, verdict, rules }: Decision, settings: Settings, ids: Ids, now: Date): Escalation[] {
  const isTold = verdict.action !== "SUPPRESS" || verdict.because === "NO_CHANNEL";
  if (!condition || condition.change === "CLOSED" || condition.after.acknowledgedAt || !isTold) return [];
  const policyIds = new Set(rules.flatMap(({ escalationPolicyId }) => escalationPolicyId ?? []));
  return [...policyIds].flatMap((policyId): Escalation[] => {
    const delaySeconds = settings.escalations.get(policyId);
    return delaySeconds === undefined ? [] : [{ id: ids.next(), conditionId: condition.after.id, policyId, startedAt: now, ...beginning({ steps: [{ delaySeconds }] }, now) }];
  });
}

function storedEvent(event: IncomingEvent, decision: Decision, settings: Settings): StoredEvent {
  const type = settings.triggers.get(event.type)?.type;
  const title = event.title ?? type?.title ?? event.type;
  const { id, receivedAt, occurredAt, status, source, service, customer, details, value, dedupKey } = event;
  return {
    id,
    receivedAt,
    occurredAt,
    type: event.type,
    category: type?.category ?? "custom",
    severity: decision.severity,
    status,
    source,
    service,
    customer,
    title,
    message: event.message ?? fillTemplate(type?.template ?? "", event) ?? title,
    details,
    value,
    dedupKey,
    fingerprint: decision.fingerprint,
    conditionId: decision.condition?.after.id ?? null,
    fate: decision.verdict.because,
    decision: storedDecision(decision),
  };
}

function deliveriesOf(decision: Decision, event: StoredEvent, heldBack: number, ids: Ids, now: Date): Delivery[] {
  const condition = decision.condition?.after;
  const context = contextOf(decision, heldBack);
  return decision.channels
    .filter((verdict) => verdict.action !== "SUPPRESS")
    .map(({ channelId, action, until, heldFor }) => ({
      id: ids.next(),
      eventId: event.id,
      channelId,
      conditionId: condition?.id ?? null,
      customer: event.customer,
      state: action === "HOLD" ? "HELD" : "PENDING",
      reason: decision.reason,
      context,
      tries: 0,
      dueAt: until ?? now,
      createdAt: now,
      finishedAt: null,
      reference: null,
      heldFor: heldFor ?? null,
      summaryId: null,
      insteadOf: null,
    }));
}

function contextOf({ condition, flapping, reason }: Decision, heldBack: number): DeliveryContext {
  if (!condition) return heldBack > 0 ? { heldBack } : {};
  const { openedAt, count, covers, openings } = condition.after;
  return {
    openedAt: openedAt.toISOString(),
    count,
    ...(covers > 0 ? { covers } : {}),
    ...(flapping ? { flapping: { since: flapping.since.toISOString(), ...(reason === "FLAPPING" ? { times: openings.length } : {}) } } : {}),
  };
}
