import type { Transaction } from "../db/database.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { isOneOf, query, sql } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import type { BurstWindow } from "../decide/state.ts";

const BURST: Table = {
  name: "Burst",
  columns: { channelId: "TEXT", eventType: "TEXT", startedAt: "TIME", count: "INTEGER", overflowing: "BOOLEAN" },
};

export async function findBursts(tx: SqlClient, eventTypes: string[]): Promise<BurstWindow[]> {
  const rows = await query<BurstWindow>(tx, sql`SELECT * FROM "Burst" WHERE "eventType" ${isOneOf(eventTypes)}`);
  return rows.map((row) => ({ ...row, count: Number(row.count), overflowing: Boolean(row.overflowing) }));
}

export async function saveBursts(tx: SqlClient, windows: BurstWindow[]): Promise<void> {
  const sets = ["startedAt", "count", "overflowing"].map((name) => `"${name}" = excluded."${name}"`).join(", ");
  await insertRows(tx, BURST, windows as unknown as Record<string, unknown>[], { onConflict: `ON CONFLICT ("eventType", "channelId") DO UPDATE SET ${sets}`, needsChannel: true });
}

/** Forgets windows in which nothing has started since. */
export async function deleteBurstsBefore(tx: Transaction, time: Date): Promise<void> {
  await tx.burst.deleteMany({ where: { startedAt: { lt: time } } });
}
