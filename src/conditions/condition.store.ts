import type { Database, Transaction } from "../db/database.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import type { Flapping, OccurrenceCooldown, OpenCondition } from "../decide/state.ts";
import type { Json } from "../render/message.ts";

const CONDITION: Table = {
  name: "Condition",
  columns: {
    id: "TEXT", fingerprint: "TEXT", type: "TEXT", category: "TEXT", severity: "TEXT", status: "TEXT", title: "TEXT", source: "TEXT", service: "TEXT",
    customer: "TEXT", openedAt: "TIME", lastSeenAt: "TIME", closedAt: "TIME", count: "INTEGER", lastNotifiedAt: "TIME", step: "REAL", told: "JSON", held: "JSON",
    kept: "JSON", recheckAt: "TIME", inhibitedBy: "TEXT", covers: "INTEGER", openings: "JSON", flapping: "JSON",
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
export async function findConditions(tx: Transaction, fingerprints: string[], since: Date): Promise<OpenCondition[]> {
  const rows = await tx.$queryRawUnsafe<RawCondition[]>(
    `SELECT c.* FROM json_each(?) AS f
     JOIN "Condition" AS c ON c."id" = (SELECT "id" FROM "Condition" WHERE "fingerprint" = f.value ORDER BY "id" DESC LIMIT 1)
     WHERE c."closedAt" IS NULL OR c."closedAt" > ? OR c."flapping" IS NOT NULL`,
    JSON.stringify(fingerprints),
    since.getTime(),
  );
  return rows.map(conditionOf);
}

/** Conditions that are to be decided about again by now, the longest due first. */
export async function findDueConditions(tx: Transaction, now: Date, most: number): Promise<OpenCondition[]> {
  const rows = await tx.$queryRawUnsafe<RawCondition[]>(`SELECT * FROM "Condition" WHERE "recheckAt" <= ? ORDER BY "recheckAt" LIMIT ?`, now.getTime(), most);
  return rows.map(conditionOf);
}

/** When the next condition is to be decided about again; null when none is. */
export async function findNextRecheck(db: Database): Promise<Date | null> {
  const first = await db.read.condition.findFirst({ where: { recheckAt: { not: null } }, orderBy: { recheckAt: "asc" }, select: { recheckAt: true } });
  return first?.recheckAt ?? null;
}

/** Has everything that waits decided about again: settings have changed, and with them perhaps what it waits for. */
export async function recheckWaiting(tx: Transaction, now: Date): Promise<void> {
  await tx.$executeRawUnsafe(`UPDATE "Condition" SET "recheckAt" = ? WHERE "closedAt" IS NULL AND ("recheckAt" IS NOT NULL OR "inhibitedBy" IS NOT NULL)`, now.getTime());
}

/** Lets go of what these conditions inhibited: it is decided about again at that time, or earlier if something else is due. */
export async function releaseInhibited(tx: Transaction, inhibitors: string[], recheckAt: Date): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "Condition" SET "inhibitedBy" = NULL, "recheckAt" = CASE WHEN "recheckAt" < ? THEN "recheckAt" ELSE ? END
     WHERE "inhibitedBy" IN (SELECT value FROM json_each(?)) AND "closedAt" IS NULL`,
    recheckAt.getTime(),
    recheckAt.getTime(),
    JSON.stringify(inhibitors),
  );
}

/** Counts what conditions have kept from being sent. @param covered by the inhibitor's id */
export async function addCovered(tx: Transaction, covered: ReadonlyMap<string, number>): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "Condition" SET "covers" = "covers" + e.value ->> 'count' FROM json_each(?) AS e WHERE "Condition"."id" = e.value ->> 'id'`,
    JSON.stringify([...covered].map(([id, count]) => ({ id, count }))),
  );
}

/** An open condition that inhibits others, with what rules compare. */
export type InhibitorRow = OpenCondition & { details: { [key: string]: Json } };

/** More open conditions than this are not looked at: rules are for hosts and networks, not for every check. */
const MOST_INHIBITORS = 5000;

/** Open conditions of these types that are not inhibited themselves. */
export async function findInhibitors(tx: Transaction, types: string[]): Promise<InhibitorRow[]> {
  const rows = await tx.$queryRawUnsafe<(RawCondition & { details: unknown })[]>(
    `SELECT c.*, e."details" FROM "Condition" AS c JOIN "Event" AS e ON e."id" = c."id"
     WHERE c."status" = 'OPEN' AND c."inhibitedBy" IS NULL AND c."type" IN (SELECT value FROM json_each(?)) ORDER BY c."id" LIMIT ?`,
    JSON.stringify(types),
    MOST_INHIBITORS,
  );
  return rows.map((row) => ({ ...conditionOf(row), details: parsed(row.details) }));
}

function conditionOf(row: RawCondition): OpenCondition {
  const flapping = parsed<{ since: string; until: string; severity: Flapping["severity"] } | null>(row.flapping);
  return {
    ...(row as OpenCondition),
    count: Number(row.count),
    covers: Number(row.covers),
    told: parsed(row.told),
    held: parsed<OpenCondition["held"] | null>(row.held) ?? {},
    kept: parsed<string[] | null>(row.kept) ?? [],
    openings: (parsed<string[] | null>(row.openings) ?? []).map((time) => new Date(time)),
    flapping: flapping && { ...flapping, since: new Date(flapping.since), until: new Date(flapping.until) },
  };
}

function parsed<Value>(json: unknown): Value {
  return (typeof json === "string" ? JSON.parse(json) : json) as Value;
}

/** Written when a condition is new, and never changed by a later event; what others keep count of is not overwritten. */
const UNCHANGING = new Set(["id", "fingerprint", "type", "category", "title", "source", "service", "customer", "openedAt", "covers"]);
const CHANGED = Object.keys(CONDITION.columns).filter((name) => !UNCHANGING.has(name));

/** Writes conditions as they are after a batch: new ones are added, known ones changed. */
export async function saveConditions(tx: Transaction, conditions: OpenCondition[]): Promise<void> {
  const rows = conditions.map((condition) => ({ ...condition, status: condition.closedAt ? "CLOSED" : "OPEN" }));
  const sets = CHANGED.map((name) => `"${name}" = excluded."${name}"`).join(", ");
  await insertRows(tx, CONDITION, rows, { onConflict: `ON CONFLICT ("id") DO UPDATE SET ${sets}` });
}

export async function findCooldowns(tx: Transaction, fingerprints: string[]): Promise<OccurrenceCooldown[]> {
  const rows = await tx.$queryRawUnsafe<OccurrenceCooldown[]>(
    `SELECT * FROM "Cooldown" WHERE "fingerprint" IN (SELECT value FROM json_each(?))`,
    JSON.stringify(fingerprints),
  );
  return rows.map((row) => ({ ...row, suppressed: Number(row.suppressed) }));
}

export async function saveCooldowns(tx: Transaction, cooldowns: OccurrenceCooldown[]): Promise<void> {
  const sets = ["notifiedAt", "severity", "suppressed"].map((name) => `"${name}" = excluded."${name}"`).join(", ");
  await insertRows(tx, COOLDOWN, cooldowns as unknown as Record<string, unknown>[], { onConflict: `ON CONFLICT ("fingerprint") DO UPDATE SET ${sets}` });
}

/** Forgets cooldowns that can hold nothing back any more. */
export async function deleteCooldownsBefore(tx: Transaction, time: Date): Promise<void> {
  await tx.cooldown.deleteMany({ where: { notifiedAt: { lt: time } } });
}
