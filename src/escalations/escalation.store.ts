import type { Database } from "../db/database.ts";
import { insertRows, updateRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { execute, isOneOf, query, sql } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import type { Escalation, EscalationNotice } from "./escalation.model.ts";

// The partial index serves statements that say themselves that nextAt is not null.

const ESCALATION: Table = {
  name: "Escalation",
  columns: { id: "TEXT", conditionId: "TEXT", policyId: "TEXT", startedAt: "TIME", step: "INTEGER", round: "INTEGER", nextAt: "TIME" },
};

const NOTICE: Table = {
  name: "EscalationNotice",
  columns: { id: "TEXT", escalationId: "TEXT", at: "TIME", step: "INTEGER", round: "INTEGER", reminder: "BOOLEAN", channelId: "TEXT", channelName: "TEXT", contactName: "TEXT", deliveryId: "TEXT" },
};

/** Puts policies to work. One that is at work on the problem goes on; one that ended with it, and not by its rounds, begins anew. */
export async function startEscalations(tx: SqlClient, escalations: Escalation[]): Promise<void> {
  // A policy may have been deleted a moment ago.
  const known = await query<{ id: string }>(tx, sql`SELECT "id" FROM "EscalationPolicy" WHERE "id" ${isOneOf(escalations.map(({ policyId }) => policyId))} AND "deletedAt" IS NULL`);
  const ids = new Set(known.map(({ id }) => id));
  const rows = escalations.filter(({ policyId }) => ids.has(policyId)) as unknown as Record<string, unknown>[];
  const again = `WHERE "Escalation"."nextAt" IS NULL AND "Escalation"."step" = 0 AND "Escalation"."round" = 0`;
  await insertRows(tx, ESCALATION, rows, { onConflict: `ON CONFLICT ("conditionId", "policyId") DO UPDATE SET "startedAt" = excluded."startedAt", "nextAt" = excluded."nextAt" ${again}` });
}

/** Nothing more is to come for these problems. */
export async function endEscalations(tx: SqlClient, conditionIds: string[]): Promise<void> {
  await execute(tx, sql`UPDATE "Escalation" SET "nextAt" = NULL, "step" = 0, "round" = 0 WHERE "conditionId" ${isOneOf(conditionIds)}`);
}

/** Escalations of which something is due, the longest due first. */
export async function findDueEscalations(tx: SqlClient, now: Date, most: number): Promise<(Escalation & { nextAt: Date })[]> {
  const rows = await query<Escalation & { nextAt: Date }>(tx, sql`SELECT * FROM "Escalation" WHERE "nextAt" IS NOT NULL AND "nextAt" <= ${now} ORDER BY "nextAt" LIMIT ${most}`);
  return rows.map((row) => ({ ...row, step: Number(row.step), round: Number(row.round) }));
}

/** Which of these policies are switched on, by the database itself. */
export async function findPoliciesInForce(tx: SqlClient, ids: string[]): Promise<Set<string>> {
  const rows = await query<{ id: string }>(tx, sql`SELECT "id" FROM "EscalationPolicy" WHERE "id" ${isOneOf(ids)} AND "enabled"`);
  return new Set(rows.map(({ id }) => id));
}

/** When something is due next; null when nothing is to come. */
export async function findNextEscalation(db: Database): Promise<Date | null> {
  const rows = await query<{ nextAt: Date }>(db.read, sql`SELECT "nextAt" FROM "Escalation" WHERE "nextAt" IS NOT NULL ORDER BY "nextAt" LIMIT 1`);
  return rows[0]?.nextAt ?? null;
}

/** How many should have gone on before this time, at most `most`. */
export async function countOverdueEscalations(db: Database, time: Date, most: number): Promise<number> {
  const rows = await query<{ count: number | bigint }>(db.read, sql`SELECT COUNT(*) AS "count" FROM (SELECT 1 FROM "Escalation" WHERE "nextAt" IS NOT NULL AND "nextAt" < ${time} LIMIT ${most}) AS s`);
  return Number(rows[0]?.count ?? 0);
}

/** Writes how far escalations have come. */
export async function updateEscalations(tx: SqlClient, escalations: Pick<Escalation, "id" | "step" | "round" | "nextAt">[]): Promise<void> {
  await updateRows(tx, ESCALATION, ["step", "round", "nextAt"], escalations.map(({ id, step, round, nextAt }) => ({ id, step, round, nextAt })));
}

export async function insertNotices(tx: SqlClient, notices: EscalationNotice[]): Promise<void> {
  await insertRows(tx, NOTICE, notices as unknown as Record<string, unknown>[]);
}
