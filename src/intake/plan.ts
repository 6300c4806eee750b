import { decide, remember } from "../decide/decide.ts";
import type { Decision } from "../decide/decision.ts";
import type { IncomingEvent } from "../decide/event.ts";
import type { Settings } from "../decide/settings.ts";
import type { OccurrenceCooldown, OpenCondition, State } from "../decide/state.ts";
import type { Delivery } from "../dispatch/delivery.model.ts";
import type { PlannedDelivery } from "../dispatch/delivery.store.ts";
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

/** Everything that one batch changes, to be stored in one transaction. */
export interface Plan {
  /** In the order of the items. */
  fates: Fate[];
  events: StoredEvent[];
  deliveries: PlannedDelivery[];
  conditions: Map<string, OpenCondition & { closedAt: Date | null }>;
  cooldowns: Map<string, OccurrenceCooldown>;
  keys: IdempotencyRow[];
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
  const plan: Plan = { fates: [], events: [], deliveries: [], conditions: new Map(), cooldowns: new Map(), keys: [] };
  for (const item of items) {
    const earlier = claimKey(item, used, plan, now);
    plan.fates.push(earlier ?? { stored: takeIn(item.event, settings, state, plan, ids, now) });
  }
  return plan;
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
  remember(decision, state);
  const stored = storedEvent(event, decision, settings);
  plan.events.push(stored);
  const { condition, cooldown } = decision;
  if (condition) plan.conditions.set(condition.after.id, { ...condition.after, closedAt: condition.change === "CLOSED" ? now : null });
  if (cooldown) plan.cooldowns.set(cooldown.fingerprint, cooldown);
  for (const delivery of deliveriesOf(decision, stored, heldBack, ids, now)) plan.deliveries.push({ delivery, event: stored });
  return stored;
}

function storedEvent(event: IncomingEvent, decision: Decision, settings: Settings): StoredEvent {
  const type = settings.triggers.get(event.type)?.type;
  const title = event.title ?? type?.title ?? event.type;
  return {
    ...event,
    category: type?.category ?? "custom",
    severity: decision.severity,
    title,
    message: event.message ?? fillTemplate(type?.template ?? "", event) ?? title,
    fingerprint: decision.fingerprint,
    conditionId: decision.condition?.after.id ?? null,
    fate: decision.verdict.because,
    decision: storedDecision(decision),
  };
}

function deliveriesOf(decision: Decision, event: StoredEvent, heldBack: number, ids: Ids, now: Date): Delivery[] {
  const condition = decision.condition?.after;
  const repeats = heldBack > 0 ? { heldBack } : {};
  const context = condition ? { openedAt: condition.openedAt.toISOString(), count: condition.count } : repeats;
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
    }));
}
