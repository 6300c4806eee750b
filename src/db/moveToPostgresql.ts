import type pg from "pg";
import { StartError } from "../errors.ts";
import type { Database } from "./database.ts";
import { LOCK_SPACE, MIGRATION_LOCK } from "./lockSpace.ts";
import { openPostgresql, otherProcesses } from "./postgresql.ts";
import { withPostgresqlClient } from "./postgresqlClient.ts";
import { postgresqlStartErrorOf, withoutPassword } from "./postgresqlErrors.ts";
import { openSqlite } from "./sqlite.ts";
import { storableText } from "./storableText.ts";

/** In an order in which every row comes after those that it refers to. */
const TABLES = [
  "Setting", "Contact", "ContactGroup", "ContactGroupMember", "AccessToken", "IdempotencyKey", "Cooldown", "Silence", "InhibitionRule", "CustomEventType", "ProviderAccount",
  "Channel", "ChannelOverride", "EscalationPolicy", "EscalationStep", "EscalationTarget", "AlertRule", "AlertRuleTarget", "Burst", "Trigger", "TriggerChannel", "TriggerRecipient",
  "Condition", "Event", "Delivery", "Attempt", "InboxItem", "Escalation", "EscalationNotice", "AcknowledgeLinkUse", "AuditEntry",
];

/** Who sends for which channel is nothing that lasts. */
const LEFT_BEHIND = ["Lane"];

/** Rows that are read and written at a time. */
const STEP = 1000;

/**
 * Copies everything from a SQLite file to an empty PostgreSQL database, ids and encrypted secrets as they are, in one
 * transaction: cut short, it leaves the database empty. The file stays as it was.
 * @returns how many rows
 * @throws {StartError} when a server uses either of them, or the database holds anything
 */
export async function moveToPostgresql(file: string, url: string, now: () => Date): Promise<number> {
  const where = withoutPassword(url);
  const source = await openSqlite(file, now);
  try {
    await refuseUnknownTables(source);
    if ((await otherProcesses(url)) > 0) throw new StartError(`A server is running on the database ${where}: stop it first.`);
    // Makes the tables, and refuses what is not Carillon's.
    await (await openPostgresql(url, now)).close();
    return await withPostgresqlClient(url, (client) => copyAll(source, client, where));
  } catch (error) {
    throw postgresqlStartErrorOf(error, where);
  } finally {
    await source.close();
  }
}

async function refuseUnknownTables(source: Database): Promise<void> {
  const rows = await source.read.$queryRawUnsafe<{ name: string }[]>(`SELECT "name" FROM "sqlite_master" WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite_%' AND "name" <> '_prisma_migrations'`);
  const unknown = rows.filter(({ name }) => ![...TABLES, ...LEFT_BEHIND].includes(name));
  if (unknown.length > 0) throw new Error(`nothing copies the tables ${unknown.map(({ name }) => name).join(", ")}`);
}

async function copyAll(source: Database, client: pg.Client, where: string): Promise<number> {
  await client.query("BEGIN");
  try {
    // A server that starts now waits until all is there.
    await client.query("SELECT pg_advisory_xact_lock($1, $2)", [LOCK_SPACE, MIGRATION_LOCK]);
    for (const table of TABLES) {
      const { rowCount } = await client.query(`SELECT 1 FROM "${table}" LIMIT 1`);
      if (rowCount) throw new StartError(`The database ${where} is not empty: its table "${table}" has rows. Everything is moved to an empty database only.`);
    }
    let copied = 0;
    for (const table of TABLES) copied += await copyTable(source, client, table);
    await client.query("COMMIT");
    await client.query("ANALYZE");
    return copied;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function copyTable(source: Database, client: pg.Client, table: string): Promise<number> {
  const { rows: columns } = await client.query<{ name: string }>(`SELECT "column_name" AS "name" FROM "information_schema"."columns" WHERE "table_schema" = 'public' AND "table_name" = $1`, [table]);
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  let copied = 0;
  for (let after = -1; ; ) {
    const rows = await source.read.$queryRawUnsafe<{ rowNumber: number | bigint }[]>(`SELECT rowid AS "rowNumber", * FROM "${table}" WHERE rowid > ? ORDER BY rowid LIMIT ?`, after, STEP);
    const last = rows.at(-1);
    if (!last) return copied;
    after = Number(last.rowNumber);
    const json = JSON.stringify(rows.map(({ rowNumber: _, ...row }) => row), (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
    await client.query(`INSERT INTO "${table}" (${names}) SELECT ${names} FROM json_populate_recordset(NULL::"${table}", $1::json)`, [storableText(json)]);
    copied += rows.length;
  }
}
