import type { Transaction } from "../db/database.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import type { OccurrenceCooldown, OpenCondition } from "../decide/state.ts";

const CONDITION: Table = {
  name: "Condition",
  columns: {
    id: "TEXT", fingerprint: "TEXT", type: "TEXT", category: "TEXT", severity: "TEXT", status: "TEXT", title: "TEXT", source: "TEXT", service: "TEXT",
    customer: "TEXT", openedAt: "TIME", lastSeenAt: "TIME", closedAt: "TIME", count: "INTEGER", lastNotifiedAt: "TIME", step: "REAL", told: "JSON", held: "JSON",
  },
};

const COOLDOWN: Table = {
  name: "Cooldown",
  columns: { fingerprint: "TEXT", notifiedAt: "TIME", severity: "TEXT", suppressed: "INTEGER" },
};

/** Times come from raw queries as the database's own milliseconds or as dates, whichever the column says. */
type Raw<Row> = { [Key in keyof Row]: Row[Key] extends string[] | object ? (Row[Key] extends Date ? Date : string | Row[Key]) : Row[Key] };

export async function findOpenConditions(tx: Transaction, fingerprints: string[]): Promise<OpenCondition[]> {
  const rows = await tx.$queryRawUnsafe<Raw<OpenCondition>[]>(
    `SELECT * FROM "Condition" WHERE "fingerprint" IN (SELECT value FROM json_each(?)) AND "closedAt" IS NULL`,
    JSON.stringify(fingerprints),
  );
  return rows.map((row) => ({ ...row, count: Number(row.count), told: parsed<string[]>(row.told), held: parsed<OpenCondition["held"] | null>(row.held) ?? {} }));
}

function parsed<Value>(json: unknown): Value {
  return (typeof json === "string" ? JSON.parse(json) : json) as Value;
}

/** Writes conditions as they are after a batch: new ones are added, known ones changed. */
export async function saveConditions(tx: Transaction, conditions: (OpenCondition & { closedAt: Date | null })[]): Promise<void> {
  const rows = conditions.map((condition) => ({ ...condition, status: condition.closedAt ? "CLOSED" : "OPEN" }));
  const changed = ["severity", "status", "lastSeenAt", "closedAt", "count", "lastNotifiedAt", "step", "told", "held"];
  const sets = changed.map((name) => `"${name}" = excluded."${name}"`).join(", ");
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
