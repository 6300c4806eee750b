import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import type { Database } from "../../src/db/database.ts";
import type { Channel } from "../../src/db/generated/client.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import type { Delivery } from "../../src/dispatch/delivery.model.ts";
import type { StoredEvent } from "../../src/events/event.model.ts";
import { createIds } from "../../src/ids.ts";
import { freshPostgresqlUrl, ON_POSTGRESQL } from "../postgresql/freshDatabase.ts";

export const NOW = new Date("2026-03-01T12:00:00.123Z");
export const ids = createIds(() => NOW.getTime());

export function freshFile(): string {
  return join(freshDir(), "carillon.db");
}

export function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "carillon-store-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A database of its own, gone with the test: SQLite's, or PostgreSQL's where the tests run on that. */
export async function openStore(database?: string): Promise<Database> {
  const db = await openDatabase(database ?? (ON_POSTGRESQL ? await freshPostgresqlUrl() : freshFile()), () => NOW);
  onTestFinished(() => db.close());
  return db;
}

export function someEvent(changes: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: ids.next(), receivedAt: NOW, occurredAt: NOW, type: "custom", category: "custom", severity: "INFO", status: null, source: null, service: null,
    customer: null, title: "title", message: "message", details: {}, value: null, dedupKey: null, fingerprint: "f", conditionId: null, fate: "MATCHED",
    decision: { verdict: { action: "SEND", because: "MATCHED", until: null }, channels: [], reason: "FIRST" },
    ...changes,
  };
}

export function someDelivery(eventId: string, channelId: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    id: ids.next(), eventId, channelId, conditionId: null, customer: null, state: "PENDING", reason: "FIRST", context: {}, tries: 0, dueAt: NOW,
    createdAt: NOW, finishedAt: null, reference: null, heldFor: null, summaryId: null, insteadOf: null,
    ...changes,
  };
}

export function someCondition(id: string, changes: Partial<OpenCondition> = {}): OpenCondition {
  return {
    id, fingerprint: id, type: "t", category: "c", severity: "INFO", title: "t", source: null, service: null, customer: null, openedAt: NOW, lastSeenAt: NOW, count: 1, lastNotifiedAt: null, step: null, told: [], held: {},
    kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null, closedAt: null,
    ...changes,
  };
}

export async function addPolicy(db: Database, name = "policy"): Promise<string> {
  const id = ids.next();
  await db.write((tx) => tx.escalationPolicy.create({ data: { id, name, customer: null, enabled: true, rounds: null, reminderSeconds: null, createdAt: NOW, updatedAt: NOW } }));
  return id;
}

export async function addChannel(db: Database, name = "channel"): Promise<string> {
  const id = ids.next();
  const row: Channel = {
    id, name, kind: "LOG", customer: null, contactId: null, enabled: true, onlyByRules: false, fallbackId: null, failingSince: null, accountId: null, pace: null, quietHours: null, digest: null, config: {}, secrets: null, secretsSet: [], rich: true, displayName: null, minimumSeverity: "INFO",
    customers: [], services: [], sources: [], disabledReason: null, createdAt: NOW, updatedAt: NOW, deletedAt: null,
  };
  await db.write((tx) => tx.channel.create({ data: { ...row, pace: undefined, quietHours: undefined, digest: undefined } as never }));
  return id;
}
