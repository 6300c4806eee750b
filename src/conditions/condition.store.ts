import type { Database } from "../db/database.ts";
import type { Pace } from "../db/pace.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { execute, isOneOf, parsedJson, query, sql, tableOf } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import type { Flapping, OccurrenceCooldown, OpenCondition } from "../decide/state.ts";
import type { Json } from "../render/message.ts";

const CONDITION: Table = {
  name: "Condition",
  columns: {
    id: "TEXT", fingerprint: "TEXT", type: "TEXT", category: "TEXT", severity: "TEXT", status: "TEXT", title: "TEXT", source: "TEXT", service: "TEXT",
    customer: "TEXT", openedAt: "TIME", lastSeenAt: "TIME", closedAt: "TIME", count: "INTEGER", lastNotifiedAt: "TIME", step: "REAL", told: "JSON", held: "JSON",
    kept: "JSON", recheckAt: "TIME", inhibitedBy: "TEXT", covers: "INTEGER", openings: "JSON", flapping: "JSON", acknowledgedAt: "TIME", acknowledgedBy: "TEXT", acknowledgementNote: "TEXT",
    acknowledgedFor: "TEXT",
  },
};

const COOLDOWN: Table = {
  name: "Cooldown",
  columns: { fingerprint: "TEXT", notifiedAt: "TIME", severity: "TEXT", suppressed: "INTEGER" },
};

/** A row as raw queries give it. */
type RawCondition = Record<keyof OpenCondition, unknown>;

/**
 * The newest condition of each of these fingerprints, if it is open, was closed after `since`, or is flapping.
 * @param since for which a closed one still matters
 */
export async function findConditions(tx: SqlClient, fingerprints: string[], since: Date): Promise<OpenCondition[]> {
  const rows = await query<RawCondition>(
    tx,
    sql`SELECT c.* FROM ${tableOf("f", { fingerprint: "TEXT" }, fingerprints.map((fingerprint) => ({ fingerprint })))}
        JOIN "Condition" AS c ON c."id" = (SELECT "id" FROM "Condition" WHERE "fingerprint" = f."fingerprint" ORDER BY "id" DESC LIMIT 1)
        WHERE c."closedAt" IS NULL OR c."closedAt" > ${since} OR c."flapping" IS NOT NULL`,
  );
  return rows.map(conditionOf);
}

/** Conditions that are to be decided about again by now, the longest due first. */
export async function findDueConditions(tx: SqlClient, now: Date, most: number): Promise<OpenCondition[]> {
  const rows = await query<RawCondition>(tx, sql`SELECT * FROM "Condition" WHERE "recheckAt" <= ${now} ORDER BY "recheckAt" LIMIT ${most}`);
  return rows.map(conditionOf);
}

export async function findConditionsById(tx: SqlClient, ids: string[]): Promise<OpenCondition[]> {
  const rows = await query<RawCondition>(tx, sql`SELECT * FROM "Condition" WHERE "id" ${isOneOf(ids)}`);
  return rows.map(conditionOf);
}

/** Nobody counts as having taken these on any more. */
export async function forgetAcknowledgements(tx: SqlClient, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await execute(tx, sql`UPDATE "Condition" SET "acknowledgedAt" = NULL, "acknowledgedBy" = NULL, "acknowledgementNote" = NULL, "acknowledgedFor" = NULL WHERE "id" ${isOneOf(ids)}`);
}

/** How many conditions should have been decided about again before this time, at most `most`. */
export async function countOverdueConditions(db: Database, time: Date, most: number): Promise<number> {
  const rows = await query<{ count: number | bigint }>(db.read, sql`SELECT COUNT(*) AS "count" FROM (SELECT 1 FROM "Condition" WHERE "recheckAt" < ${time} LIMIT ${most}) AS s`);
  return Number(rows[0]?.count ?? 0);
}

/** When the next condition is to be decided about again; null when none is. */
export async function findNextRecheck(db: Database): Promise<Date | null> {
  const first = await db.read.condition.findFirst({ where: { recheckAt: { not: null } }, orderBy: { recheckAt: "asc" }, select: { recheckAt: true } });
  return first?.recheckAt ?? null;
}

/** Has everything that waits decided about again: settings have changed, and with them perhaps what it waits for. */
export async function recheckWaiting(tx: SqlClient, now: Date): Promise<void> {
  await execute(tx, sql`UPDATE "Condition" SET "recheckAt" = ${now} WHERE "closedAt" IS NULL AND ("recheckAt" IS NOT NULL OR "inhibitedBy" IS NOT NULL)`);
}

/** Lets go of what these conditions inhibited: it is decided about again at that time, or earlier if something else is due. */
export async function releaseInhibited(tx: SqlClient, inhibitors: string[], recheckAt: Date): Promise<void> {
  await execute(
    tx,
    sql`UPDATE "Condition" SET "inhibitedBy" = NULL, "recheckAt" = CASE WHEN "recheckAt" < ${recheckAt} THEN "recheckAt" ELSE ${recheckAt} END
        WHERE "inhibitedBy" ${isOneOf(inhibitors)} AND "closedAt" IS NULL`,
  );
}

/** Counts what conditions have kept from being sent. @param covered by the inhibitor's id */
export async function addCovered(tx: SqlClient, covered: ReadonlyMap<string, number>): Promise<void> {
  const counts = tableOf("e", { id: "TEXT", count: "INTEGER" }, [...covered].map(([id, count]) => ({ id, count })));
  await execute(tx, sql`UPDATE "Condition" SET "covers" = "covers" + e."count" FROM ${counts} WHERE "Condition"."id" = e."id"`);
}

/** An open condition that inhibits others, with what rules compare. */
export type InhibitorRow = OpenCondition & { details: { [key: string]: Json } };

/** More open conditions than this are not looked at: rules are for hosts and networks, not for every check. */
const MOST_INHIBITORS = 5000;

/** Open conditions of these types that are not inhibited themselves. */
export async function findInhibitors(tx: SqlClient, types: string[]): Promise<InhibitorRow[]> {
  const rows = await query<RawCondition & { details: unknown }>(
    tx,
    sql`SELECT c.*, e."details" FROM "Condition" AS c JOIN "Event" AS e ON e."id" = c."id"
        WHERE c."status" = 'OPEN' AND c."inhibitedBy" IS NULL AND c."type" ${isOneOf(types)} ORDER BY c."id" LIMIT ${MOST_INHIBITORS}`,
  );
  return rows.map((row) => ({ ...conditionOf(row), details: parsedJson(row.details) }));
}

function conditionOf(row: RawCondition): OpenCondition {
  const flapping = parsedJson<{ since: string; until: string; severity: Flapping["severity"] } | null>(row.flapping);
  return {
    ...(row as OpenCondition),
    count: Number(row.count),
    covers: Number(row.covers),
    told: parsedJson(row.told),
    held: parsedJson<OpenCondition["held"] | null>(row.held) ?? {},
    kept: parsedJson<string[] | null>(row.kept) ?? [],
    openings: (parsedJson<string[] | null>(row.openings) ?? []).map((time) => new Date(time)),
    flapping: flapping && { ...flapping, since: new Date(flapping.since), until: new Date(flapping.until) },
  };
}

/** Written when a condition is new, and never changed by a later event; what others keep count of is not overwritten. */
const UNCHANGING = new Set(["id", "fingerprint", "type", "category", "title", "source", "service", "customer", "openedAt", "covers", "acknowledgedAt", "acknowledgedBy", "acknowledgementNote", "acknowledgedFor"]);
const CHANGED = Object.keys(CONDITION.columns).filter((name) => !UNCHANGING.has(name));

/** Writes conditions as they are after a batch: new ones are added, known ones changed. */
export async function saveConditions(tx: SqlClient, conditions: OpenCondition[]): Promise<void> {
  const rows = conditions.map((condition) => ({ ...condition, status: condition.closedAt ? "CLOSED" : "OPEN" }));
  const sets = CHANGED.map((name) => `"${name}" = excluded."${name}"`).join(", ");
  await insertRows(tx, CONDITION, rows, { onConflict: `ON CONFLICT ("id") DO UPDATE SET ${sets}` });
}

export async function findCooldowns(tx: SqlClient, fingerprints: string[]): Promise<OccurrenceCooldown[]> {
  const rows = await query<OccurrenceCooldown>(tx, sql`SELECT * FROM "Cooldown" WHERE "fingerprint" ${isOneOf(fingerprints)}`);
  return rows.map((row) => ({ ...row, suppressed: Number(row.suppressed) }));
}

export async function saveCooldowns(tx: SqlClient, cooldowns: OccurrenceCooldown[]): Promise<void> {
  const sets = ["notifiedAt", "severity", "suppressed"].map((name) => `"${name}" = excluded."${name}"`).join(", ");
  await insertRows(tx, COOLDOWN, cooldowns as unknown as Record<string, unknown>[], { onConflict: `ON CONFLICT ("fingerprint") DO UPDATE SET ${sets}` });
}

/**
 * Forgets cooldowns that can hold nothing back any more, among the next so many after a fingerprint. An index by time
 * would cost more with every occurrence that is told of than looking at a part of them now and then.
 * @returns the last fingerprint that was looked at; null when that was the end
 */
export async function deleteCooldownsBefore(db: Database, time: Date, after: string, most: number, pace: Pace): Promise<string | null> {
  const next = sql`SELECT COUNT(*) AS "count", MAX("fingerprint") AS "last", COUNT(CASE WHEN "notifiedAt" < ${time} THEN 1 END) AS "old"
        FROM (SELECT "fingerprint", "notifiedAt" FROM "Cooldown" WHERE "fingerprint" > ${after} ORDER BY "fingerprint" LIMIT ${most}) AS s`;
  const [looked] = await pace.read(() => query<{ count: number | bigint; last: string | null; old: number | bigint }>(db.read, next));
  const last = looked?.last ?? null;
  if (last === null) return null;
  if (Number(looked?.old) > 0) await pace.write(db, (tx) => execute(tx, sql`DELETE FROM "Cooldown" WHERE "fingerprint" > ${after} AND "fingerprint" <= ${last} AND "notifiedAt" < ${time}`));
  return Number(looked?.count) < most ? null : last;
}
