import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { findNewestId } from "../db/newestId.ts";
import type { SqlClient } from "../db/sql.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import { problemTrigger } from "../decide/decide.ts";
import { fingerprintOf } from "../decide/fingerprint.ts";
import type { Settings } from "../decide/settings.ts";
import { insertDeliveries } from "../dispatch/delivery.store.ts";
import type { IdempotencyConflictError } from "../errors.ts";
import { incomingEvent } from "../events/event.model.ts";
import type { EventInput, StoredEvent } from "../events/event.model.ts";
import { findEvents, findIdempotencyKeys, insertEvents, insertIdempotencyKeys } from "../events/event.store.ts";
import type { Ids } from "../ids.ts";
import type { SnapshotHolder } from "../settings/snapshot.ts";
import { IDEMPOTENCY_HOURS } from "./idempotency.ts";
import { loadState } from "./loadState.ts";
import { expectChanges, saveChanges } from "./saveChanges.ts";
import type { Expectations } from "./saveChanges.ts";
import { planBatch, usedKey } from "./plan.ts";
import type { Fate, Item, UsedKeys } from "./plan.ts";

/** A checked event that waits for its batch. */
export interface Waiting {
  input: EventInput;
  /** Canonical name of its type. */
  type: string;
  scope: string;
}

export type Stored = { event: StoredEvent; deduplicated: boolean } | IdempotencyConflictError;

export interface StoreBatchDeps extends Expectations {
  db: Database;
  snapshot: SnapshotHolder;
  clock: Clock;
  ids: Ids;
  /** Gets every new event, once it is stored. */
  received(events: StoredEvent[]): void;
}

/** Reads what is remembered, decides and stores: one transaction, so that nothing is acknowledged by halves. */
export async function storeBatch(waiting: Waiting[], deps: StoreBatchDeps): Promise<Stored[]> {
  const { plan, results } = await deps.db.writeStatements(async (tx) => {
    const { catalogue, settings } = deps.snapshot.current;
    // What problems inhibit, and what their end lets go, goes across fingerprints.
    const conditions = settings.inhibitions.length > 0 ? "alone" : "shared";
    await takeLocks(tx, { [conditions]: ["CONDITIONS"], items: () => waiting.flatMap((one) => touchedBy(one, catalogue, settings)) });
    if (deps.db.shared) deps.ids.startAfter(await findNewestId(tx));
    const now = deps.clock.now();
    const items = waiting.map((one) => itemOf(one, catalogue, deps.ids, now));
    const used = await loadUsedKeys(tx, waiting, now);
    const state = await loadState(tx, items.map(({ event }) => event), settings, now);
    const made = planBatch(items, settings, state, used, deps.ids, now);
    await saveChanges(tx, made, settings, now);
    await insertEvents(tx, made.events);
    await insertDeliveries(tx, made.deliveries.map(({ delivery }) => delivery));
    await insertIdempotencyKeys(tx, made.keys);
    return { plan: made, results: await answers(tx, made.fates) };
  });
  expectChanges(plan, deps);
  deps.received(plan.events);
  return results;
}

/** What one event reads and changes, by names. */
function touchedBy({ input, type, scope }: Waiting, catalogue: Catalogue, settings: Settings): string[] {
  const event = incomingEvent(input, catalogue.resolve(type)?.name ?? "custom", "", new Date(0));
  const trigger = settings.triggers.get(event.type);
  return [
    ...(input.idempotencyKey === null ? [] : [`key ${usedKey(scope, input.idempotencyKey)}`]),
    ...(trigger ? [`fingerprint ${fingerprintOf(event, problemTrigger(trigger, settings).type)}`] : []),
    ...(trigger?.burst ? [`burst ${event.type}`] : []),
  ];
}

/** A type may have been removed while its event waited. Ids are given inside the transaction: they rise with the commits. */
function itemOf({ input, type, scope }: Waiting, catalogue: Catalogue, ids: Ids, now: Date): Item {
  return { input, scope, event: incomingEvent(input, catalogue.resolve(type)?.name ?? "custom", ids.next(), now) };
}

async function loadUsedKeys(tx: SqlClient, waiting: Waiting[], now: Date): Promise<UsedKeys> {
  const wanted = waiting.flatMap(({ input, scope }) => (input.idempotencyKey === null ? [] : { scope, key: input.idempotencyKey }));
  const rows = await findIdempotencyKeys(tx, wanted, new Date(now.getTime() - IDEMPOTENCY_HOURS * 3_600_000));
  return new Map(rows.map((row) => [usedKey(row.scope, row.key), row]));
}

/** A repeat answers with what is stored of the first. */
async function answers(tx: SqlClient, fates: Fate[]): Promise<Stored[]> {
  const repeated = fates.flatMap((fate) => ("repeatOf" in fate ? [fate.repeatOf] : []));
  const earlier = new Map((await findEvents(tx, repeated)).map((event) => [event.id, event]));
  return fates.map((fate) => {
    if ("refused" in fate) return fate.refused;
    if ("stored" in fate) return { event: fate.stored, deduplicated: false };
    const event = earlier.get(fate.repeatOf);
    if (!event) throw new Error(`the event ${fate.repeatOf} of an idempotency key is gone`);
    return { event, deduplicated: true };
  });
}
