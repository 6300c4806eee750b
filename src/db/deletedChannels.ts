import type { Database, Transaction } from "./database.ts";
import type { Pace } from "./pace.ts";
import { byDialect, execute, isOneOf, query, raw, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/** Picks the channels that are there. */
export const NOT_DELETED = { deletedAt: null };

/** The ids of the others, to stand behind IN. */
export const DELETED_CHANNELS = sql`(SELECT "id" FROM "Channel" WHERE "deletedAt" IS NOT NULL)`;

/** Rows that go with their channel at once: few, and read without a look at it. */
export const GO_AT_ONCE = ["ChannelOverride", "TriggerChannel", "TriggerRecipient", "Burst", "Lane", "AlertRuleTarget", "EscalationTarget"];

/**
 * Deletes channels as far as anybody can see. Deliveries and inbox messages may be hundreds of thousands, during whose
 * deletion nothing else could be written: they go in steps, see `deleteRemains`, and until then an empty row stays for them.
 */
export async function deleteChannels(tx: Transaction, ids: readonly string[], now: Date): Promise<void> {
  // Another may have the name, and what was secret must not stay.
  await execute(
    tx,
    sql`UPDATE "Channel" SET "deletedAt" = ${now}, "name" = "id", "enabled" = false, "config" = '{}', "secrets" = NULL, "secretsSet" = '[]', "failingSince" = NULL,
          "accountId" = NULL, "contactId" = NULL, "fallbackId" = NULL WHERE "id" ${isOneOf(ids)}`,
  );
  await execute(tx, sql`UPDATE "Channel" SET "fallbackId" = NULL WHERE "fallbackId" ${isOneOf(ids)}`);
  for (const table of GO_AT_ONCE) await execute(tx, sql`DELETE FROM ${raw(`"${table}"`)} WHERE "channelId" ${isOneOf(ids)}`);
}

export async function findDeletedChannels(db: SqlClient): Promise<string[]> {
  const rows = await query<{ id: string }>(db, sql`SELECT "id" FROM "Channel" WHERE "deletedAt" IS NOT NULL ORDER BY "id"`);
  return rows.map(({ id }) => id);
}

/** Rows that may be very many, first of all those that are looked for again and again. Partial indexes serve statements that name the state themselves. */
export const GO_IN_STEPS = [
  { table: "Delivery", which: `"state" = 'HELD' AND "summaryId" IS NULL` },
  { table: "Delivery", which: `"state" IN ('PENDING', 'RETRY')` },
  { table: "Delivery", which: "true" },
  { table: "InboxItem", which: "true" },
];

/** Deletes, step by step, what a deleted channel has left, and then its row. @param goesOn asked before every step @returns how many rows */
export async function deleteRemains(db: Database, channelId: string, pace: Pace, goesOn: () => boolean): Promise<number> {
  let deleted = 0;
  for (const part of GO_IN_STEPS) {
    for (let most = 0, done = 0; done === most && goesOn(); deleted += done) {
      most = pace.rows;
      done = await pace.write(db, (tx) => deleteSome(tx, part, channelId, most));
    }
  }
  if (goesOn()) await db.writeAlongside((tx) => deleteEmpty(tx, channelId));
  return deleted;
}

async function deleteSome(tx: SqlClient, { table, which }: (typeof GO_IN_STEPS)[number], channelId: string, most: number): Promise<number> {
  const name = raw(`"${table}"`);
  // Who has some of them just now is not waited for: it might wait for others of them.
  const passingOver = byDialect({ sqlite: raw(""), postgresql: raw("FOR UPDATE SKIP LOCKED") });
  const rows = await query<{ id: string }>(tx, sql`SELECT "id" FROM ${name} WHERE "channelId" = ${channelId} AND ${raw(which)} LIMIT ${most} ${passingOver}`);
  return rows.length === 0 ? 0 : execute(tx, sql`DELETE FROM ${name} WHERE "id" ${isOneOf(rows.map(({ id }) => id))}`);
}

async function deleteEmpty(tx: Transaction, channelId: string): Promise<void> {
  const isEmpty = raw(["Delivery", "InboxItem"].map((table) => `NOT EXISTS (SELECT 1 FROM "${table}" AS t WHERE t."channelId" = "Channel"."id")`).join(" AND "));
  await execute(tx, sql`DELETE FROM "Channel" WHERE "id" = ${channelId} AND "deletedAt" IS NOT NULL AND ${isEmpty}`);
}
