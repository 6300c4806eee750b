import type { Transaction } from "./database.ts";
import type { DeletedKind } from "./deletedRows.ts";
import { PASSING_OVER } from "./notDeleted.ts";
import { execute, isOneOf, query, raw, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/** The ids of those that are deleted, to stand behind IN. */
export const DELETED_CHANNELS = sql`(SELECT "id" FROM "Channel" WHERE "deletedAt" IS NOT NULL)`;

/** Rows that go with their channel at once: few, and read without a look at it. */
export const GO_AT_ONCE = ["ChannelOverride", "TriggerChannel", "TriggerRecipient", "Burst", "Lane", "AlertRuleTarget", "EscalationTarget"];

/** Deletes channels as far as anybody can see. Their deliveries and inbox messages go in steps, and until then an empty row stays for them. */
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

export const CHANNELS: DeletedKind = {
  table: "Channel",
  steps: GO_IN_STEPS.map(({ table, which }) => async (tx, channelId, most) => {
    const name = raw(`"${table}"`);
    const rows = await query<{ id: string }>(tx, sql`SELECT "id" FROM ${name} WHERE "channelId" = ${channelId} AND ${raw(which)} LIMIT ${most} ${PASSING_OVER}`);
    return rows.length === 0 ? 0 : execute(tx, sql`DELETE FROM ${name} WHERE "id" ${isOneOf(rows.map(({ id }) => id))}`);
  }),
  remains: ["Delivery", "InboxItem"].map((table) => ({ table, column: "channelId" })),
};
