import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import { findCooldowns, findOpenConditions, saveConditions, saveCooldowns } from "../conditions/condition.store.ts";
import { createBatch } from "../db/batch.ts";
import { storageErrorOf } from "../db/databaseErrors.ts";
import type { Database, Transaction } from "../db/database.ts";
import { decide, problemTrigger, remember } from "../decide/decide.ts";
import type { Decision } from "../decide/decision.ts";
import type { IncomingEvent } from "../decide/event.ts";
import { fingerprintOf } from "../decide/fingerprint.ts";
import type { OccurrenceCooldown, OpenCondition, State } from "../decide/state.ts";
import type { Settings } from "../decide/settings.ts";
import type { Delivery } from "../dispatch/delivery.model.ts";
import { insertDeliveries } from "../dispatch/delivery.store.ts";
import type { PlannedDelivery } from "../dispatch/delivery.store.ts";
import { CallerError, IdempotencyConflictError, ValidationError } from "../errors.ts";
import { eventInput, incomingEvent, occurredAtProblem, storedDecision } from "../events/event.model.ts";
import type { EventInput, StoredEvent } from "../events/event.model.ts";
import { findEvents, findIdempotencyKeys, insertEvents, insertIdempotencyKeys } from "../events/event.store.ts";
import type { IdempotencyRow } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import { fillTemplate } from "../render/fillTemplate.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import { canonicalName } from "../triggers/trigger.model.ts";
import { IDEMPOTENCY_HOURS, inputHash } from "./idempotency.ts";

/** What became of one event that was sent in. */
export interface Accepted {
  event: StoredEvent;
  /** True when its idempotency key answered with the result of an earlier one. */
  deduplicated: boolean;
  /** Known types near to a type that nobody knew and that was registered now; null for known types. */
  nearestTypes: string[] | null;
}

export interface Intake {
  /**
   * Takes events in: checked, decided, stored durably. Answers for each at its place.
   * @param scope whose idempotency keys they carry
   */
  emit(inputs: readonly unknown[], scope: string): Promise<(Accepted | CallerError)[]>;
  /** Decides an event without storing or sending anything. @throws {CallerError} when the input is wrong */
  simulate(input: unknown): Promise<Decision>;
  /** Resolves when everything that was taken in is stored. */
  idle(): Promise<void>;
}

export interface IntakeDeps {
  db: Database;
  snapshot: SnapshotHolder;
  clock: Clock;
  ids: Ids;
  /** Registers types that were sent without being known. */
  registerUnknown(names: string[]): Promise<void>;
  /** Gets what was planned, once it is stored. */
  dispatch(planned: PlannedDelivery[]): void;
  /** Gets every event, once it is stored. */
  received(events: StoredEvent[]): void;
}

/** More would make one transaction hold up the others. */
const LARGEST_BATCH = 500;

interface Item {
  input: EventInput;
  type: string;
  nearestTypes: string[] | null;
  scope: string;
}

type Answer = { accepted: Accepted } | { conflict: IdempotencyConflictError };

export function createIntake(deps: IntakeDeps): Intake {
  const { clock, ids, snapshot } = deps;
  const batch = createBatch((items: Item[]) => storeBatch(deps, items), LARGEST_BATCH);

  async function prepare(input: unknown, scope: string): Promise<Item> {
    const checked = checkInput(input, clock.now());
    const known = snapshot.current.catalogue.resolve(checked.type);
    if (known) return { input: checked, type: known.name, nearestTypes: null, scope };
    return { input: checked, scope, ...(await unknownType(checked.type)) };
  }

  async function unknownType(given: string): Promise<Pick<Item, "type" | "nearestTypes">> {
    const { catalogue, server } = snapshot.current;
    const nearestTypes = catalogue.nearest(given, 3);
    if (server.unknownEventTypes === "REFUSE") throw unknownTypeError(given, nearestTypes);
    const name = canonicalName(given);
    await deps.registerUnknown([name]);
    const registered = snapshot.current.catalogue.resolve(name);
    if (!registered) throw unknownTypeError(given, nearestTypes);
    return { type: registered.name, nearestTypes };
  }

  async function emitOne(input: unknown, scope: string): Promise<Accepted | CallerError> {
    try {
      const answer = await batch.add(await prepare(input, scope));
      return "accepted" in answer ? answer.accepted : answer.conflict;
    } catch (error) {
      const known = storageErrorOf(error);
      if (known instanceof CallerError) return known;
      throw known;
    }
  }

  return {
    emit: (inputs, scope) => Promise.all(inputs.map((input) => emitOne(input, scope))),

    async simulate(input) {
      const checked = checkInput(input, clock.now());
      const { catalogue, settings } = snapshot.current;
      const type = catalogue.resolve(checked.type);
      if (!type) throw unknownTypeError(checked.type, catalogue.nearest(checked.type, 3));
      const event = incomingEvent(checked, type.name, ids.next(), clock.now());
      const state = await loadState(deps.db.read, [event], settings);
      return decide(event, settings, state, clock.now());
    },

    idle: () => batch.idle(),
  };
}

function checkInput(input: unknown, now: Date): EventInput {
  const checked = parseInput(eventInput, input);
  const problem = occurredAtProblem(checked.occurredAt, now);
  if (problem) throw ValidationError.of("occurredAt", problem, "out_of_range");
  return checked;
}

function unknownTypeError(given: string, nearest: string[]): CallerError {
  const near = nearest.length > 0 ? ` Did you mean ${nearest.join(", ")}?` : "";
  return new CallerError("UNKNOWN_EVENT_TYPE", `type: there is no event type "${given}".${near} The eventTypes query lists all; registerEventType adds one.`);
}

async function storeBatch(deps: IntakeDeps, items: Item[]): Promise<Answer[]> {
  const { clock, snapshot } = deps;
  const now = clock.now();
  const planned: PlannedDelivery[] = [];
  const fresh: StoredEvent[] = [];

  const answers = await deps.db.write(async (tx) => {
    const { catalogue, settings } = snapshot.current;
    const keys = await loadKeys(tx, items, now);
    const events = items.map((item) => incomingEvent(item.input, currentType(item, catalogue), deps.ids.next(), now));
    const state = await loadState(tx, events, settings);
    const conditions = new Map<string, OpenCondition & { closedAt: Date | null }>();
    const cooldowns = new Map<string, OccurrenceCooldown>();
    const newKeys: IdempotencyRow[] = [];
    const results: (Answer | { repeatOf: string })[] = [];

    for (const [index, item] of items.entries()) {
      const event = events[index] as IncomingEvent;
      const key = keyOf(item);
      const hash = key === null ? "" : inputHash(item.input);
      const earlier = key === null ? undefined : keys.get(key);
      if (earlier) {
        results.push(earlier.inputHash === hash ? { repeatOf: earlier.eventId } : { conflict: new IdempotencyConflictError(earlier.key) });
        continue;
      }
      const cooldownBefore = state.cooldowns;
      const decision = decide(event, settings, state, now);
      const heldBack = cooldownBefore.get(decision.fingerprint)?.suppressed ?? 0;
      remember(decision, state);
      const stored = storedEvent(event, decision, settings);
      fresh.push(stored);
      if (decision.condition) conditions.set(decision.condition.after.id, { ...decision.condition.after, closedAt: decision.condition.change === "CLOSED" ? now : null });
      if (decision.cooldown) cooldowns.set(decision.fingerprint, decision.cooldown);
      for (const delivery of deliveriesOf(decision, stored, deps.ids, heldBack, now)) planned.push({ delivery, event: stored });
      if (key !== null) {
        const row = { scope: item.scope, key: item.input.idempotencyKey as string, inputHash: hash, eventId: event.id, createdAt: now };
        keys.set(key, row);
        newKeys.push(row);
      }
      results.push({ accepted: { event: stored, deduplicated: false, nearestTypes: item.nearestTypes } });
    }

    await saveConditions(tx, [...conditions.values()]);
    await saveCooldowns(tx, [...cooldowns.values()]);
    await insertEvents(tx, fresh);
    await insertDeliveries(tx, planned.map(({ delivery }) => delivery));
    await insertIdempotencyKeys(tx, newKeys);
    return withRepeats(tx, results);
  });

  deps.dispatch(planned);
  deps.received(fresh);
  return answers;
}

/** A type may have been removed while its event waited for the batch. */
function currentType(item: Item, catalogue: Catalogue): string {
  return catalogue.resolve(item.type)?.name ?? "custom";
}

function keyOf(item: Item): string | null {
  return item.input.idempotencyKey === null ? null : `${item.scope}\n${item.input.idempotencyKey}`;
}

async function loadKeys(tx: Transaction, items: Item[], now: Date): Promise<Map<string, IdempotencyRow>> {
  const wanted = items.filter((item) => item.input.idempotencyKey !== null).map((item) => ({ scope: item.scope, key: item.input.idempotencyKey as string }));
  const rows = await findIdempotencyKeys(tx, wanted, new Date(now.getTime() - IDEMPOTENCY_HOURS * 3_600_000));
  return new Map(rows.map((row) => [`${row.scope}\n${row.key}`, row]));
}

async function loadState(tx: Transaction, events: IncomingEvent[], settings: Settings): Promise<State> {
  const fingerprints = new Set<string>();
  const occurrences = new Set<string>();
  for (const event of events) {
    const trigger = settings.triggers.get(event.type);
    if (!trigger) continue;
    const fingerprint = fingerprintOf(event, problemTrigger(trigger, settings).type);
    const occurrence = trigger.type.kind === "OCCURRENCE" && !trigger.type.recovers && event.status === null;
    (occurrence ? occurrences : fingerprints).add(fingerprint);
  }
  const conditions = fingerprints.size > 0 ? await findOpenConditions(tx, [...fingerprints]) : [];
  const cooldowns = occurrences.size > 0 ? await findCooldowns(tx, [...occurrences]) : [];
  return {
    conditions: new Map(conditions.map((condition) => [condition.fingerprint, condition])),
    cooldowns: new Map(cooldowns.map((cooldown) => [cooldown.fingerprint, cooldown])),
  };
}

function storedEvent(event: IncomingEvent, decision: Decision, settings: Settings): StoredEvent {
  const { type } = settings.triggers.get(event.type) ?? { type: undefined };
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

function deliveriesOf(decision: Decision, event: StoredEvent, ids: Ids, heldBack: number, now: Date): Delivery[] {
  const condition = decision.condition?.after;
  const context = condition ? { openedAt: condition.openedAt.toISOString(), count: condition.count } : heldBack > 0 ? { heldBack } : {};
  return decision.channels
    .filter((verdict) => verdict.action === "SEND")
    .map(({ channelId }) => ({
      id: ids.next(),
      eventId: event.id,
      channelId,
      conditionId: condition?.id ?? null,
      customer: event.customer,
      state: "PENDING",
      reason: decision.reason,
      context,
      tries: 0,
      dueAt: now,
      createdAt: now,
      finishedAt: null,
      reference: null,
    }));
}

/** Repeats answer with what is stored of the first. */
async function withRepeats(tx: Transaction, results: (Answer | { repeatOf: string })[]): Promise<Answer[]> {
  const ids = results.flatMap((result) => ("repeatOf" in result ? [result.repeatOf] : []));
  const events = new Map((await findEvents(tx, ids)).map((event) => [event.id, event]));
  return results.map((result) => {
    if (!("repeatOf" in result)) return result;
    const event = events.get(result.repeatOf);
    if (!event) throw new Error(`the event ${result.repeatOf} of an idempotency key is gone`);
    return { accepted: { event, deduplicated: true, nearestTypes: null } };
  });
}
