import { query, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/**
 * The greatest id of events, deliveries and attempts; null when there are none. New ids are to be greater: their order is
 * the order in which things happened, also where clocks differ or were set back.
 */
export async function findNewestId(tx: SqlClient): Promise<string | null> {
  const rows = await query<{ id: string | null }>(
    tx,
    sql`SELECT MAX(n."id") AS "id" FROM (SELECT MAX("id") AS "id" FROM "Event" UNION ALL SELECT MAX("id") FROM "Delivery" UNION ALL SELECT MAX("id") FROM "Attempt") AS n`,
  );
  return rows[0]?.id ?? null;
}
