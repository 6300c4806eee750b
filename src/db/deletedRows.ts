import type { Database } from "./database.ts";
import { CHANNELS } from "./deletedChannels.ts";
import { POLICIES } from "./deletedPolicies.ts";
import type { Pace } from "./pace.ts";
import { execute, query, raw, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/**
 * What is deleted as far as anybody can see at once, while an empty row of it stays: rows that refer to it may be hundreds of thousands,
 * during whose deletion nothing else could be written. They go in steps.
 */
export interface DeletedKind {
  table: "Channel" | "EscalationPolicy";
  /** Each deletes some of the rows that one of them has left. @param most about so many @returns how many; 0 when it finds none */
  steps: readonly ((tx: SqlClient, id: string, most: number) => Promise<number>)[];
  /** While a table has such rows, the row itself stays. */
  remains: readonly { table: string; column: string }[];
}

const KINDS: readonly DeletedKind[] = [CHANNELS, POLICIES];

/** One that is deleted and has left something. */
export interface DeletedRow {
  kind: DeletedKind;
  id: string;
}

export async function findDeletedRows(db: Database): Promise<DeletedRow[]> {
  const found: DeletedRow[] = [];
  for (const kind of KINDS) {
    const rows = await query<{ id: string }>(db.read, sql`SELECT "id" FROM ${raw(`"${kind.table}"`)} WHERE "deletedAt" IS NOT NULL ORDER BY "id"`);
    found.push(...rows.map(({ id }) => ({ kind, id })));
  }
  return found;
}

/** Deletes, step by step, what one has left, and then its row. @returns how many rows */
export async function deleteRemains(db: Database, { kind, id }: DeletedRow, pace: Pace): Promise<number> {
  let deleted = 0;
  for (const step of kind.steps) {
    for (let done = 1; done > 0; deleted += done) done = await pace.write(db, (tx) => step(tx, id, pace.rows));
  }
  await db.writeAlongside((tx) => deleteEmpty(tx, { kind, id }));
  return deleted;
}

async function deleteEmpty(tx: SqlClient, { kind: { table, remains }, id }: DeletedRow): Promise<void> {
  const isEmpty = raw(remains.map((of) => `NOT EXISTS (SELECT 1 FROM "${of.table}" AS t WHERE t."${of.column}" = "${table}"."id")`).join(" AND "));
  await execute(tx, sql`DELETE FROM ${raw(`"${table}"`)} WHERE "id" = ${id} AND "deletedAt" IS NOT NULL AND ${isEmpty}`);
}
