import type { Attempt, Condition, Delivery, Event, InboxItem } from "./generated/client.ts";
import { isOneOf, query, raw, sql } from "./sql.ts";
import type { Piece, SqlClient } from "./sql.ts";

/** The tables that grow with what is taken in, with a row of each. */
interface LongTables {
  Attempt: Attempt;
  Condition: Condition;
  Delivery: Delivery;
  Event: Event;
  InboxItem: InboxItem;
}

const EVERY = sql`true`;

/**
 * All rows that have one of these values in a column, in any order, by one statement. The Prisma client takes several times as
 * long for a page of them. JSON columns are for `parsedJson`: most of those who ask for rows do not look at them.
 * @param wanted what else is asked of them, of the table as t
 */
export function readRows<Name extends keyof LongTables>(db: SqlClient, table: Name, column: keyof LongTables[Name] & string, values: readonly string[], wanted: Piece = EVERY): Promise<LongTables[Name][]> {
  return query(db, sql`SELECT t.* FROM ${raw(`"${table}" AS t`)} WHERE ${raw(`t."${column}"`)} ${isOneOf(values)} AND ${wanted}`);
}

/** To be wanted of rows that have a channel: that it is there, and this customer's where one is named. */
export function ofChannels({ channel: { customer } }: { channel: { customer?: string } }): Piece {
  return sql`EXISTS (SELECT 1 FROM "Channel" AS c WHERE c."id" = t."channelId" AND c."deletedAt" IS NULL${customer === undefined ? raw("") : sql` AND c."customer" = ${customer}`})`;
}
