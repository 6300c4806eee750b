import type { PrismaClient } from "./generated/client.ts";
import type { SearchTable } from "./search.ts";
import { named } from "./searchWalk.ts";
import { byDialect, parsedJson, query, raw, sql, tableOf } from "./sql.ts";

/**
 * Ids of the newest rows for each of these values of an indexed column, by one statement.
 * @param take at most so many of each
 */
export async function newestOfEach(db: PrismaClient, table: SearchTable, column: string, values: readonly string[], take: number): Promise<Map<string, string[]>> {
  const newest = sql`SELECT "id" FROM ${raw(`"${table.name}" AS s`)} WHERE ${raw(`"${column}"`)} = w."value"${named(table, column)} ORDER BY "id" DESC LIMIT ${take}`;
  const listed = byDialect({ sqlite: raw(`json_group_array("id")`), postgresql: raw(`json_agg("id")`) });
  const rows = await query<{ value: string; ids: unknown }>(
    db,
    sql`SELECT w."value", (SELECT ${listed} FROM (${newest}) AS n) AS "ids" FROM ${tableOf("w", { value: "TEXT" }, values.map((value) => ({ value })))}`,
  );
  // Nothing says in which order an aggregate takes rows.
  return new Map(rows.map(({ value, ids }) => [value, (parsedJson<string[] | null>(ids) ?? []).sort().reverse()]));
}
