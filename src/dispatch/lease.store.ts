import type { Database, Transaction } from "../db/database.ts";
import { execute, isOneOf, query, raw, sql } from "../db/sql.ts";

/** A channel whose queue this process works off, until the lease ends. */
export interface ClaimedLane {
  channelId: string;
  token: number;
  /** True when an earlier process let the lease run out: what it was sending may have arrived. */
  takenOver: boolean;
}

/** By the database's own clock: those of several machines differ. */
const NOW = raw(`(clock_timestamp() AT TIME ZONE 'UTC')`);
const UNFINISHED = raw(`(SELECT "channelId" FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY'))`);

function inFuture(ms: number) {
  return sql`(clock_timestamp() AT TIME ZONE 'UTC') + ${ms}::int * interval '1 millisecond'`;
}

/** Takes the lanes that have something to send and that no process has. What another one is taking just now is passed over. */
export async function claimLanes(tx: Transaction, owner: string, leaseMs: number): Promise<ClaimedLane[]> {
  await execute(tx, sql`INSERT INTO "Lane" ("channelId", "token") SELECT DISTINCT d."channelId", 0 FROM ${UNFINISHED} AS d ON CONFLICT DO NOTHING`);
  return query<ClaimedLane>(
    tx,
    sql`UPDATE "Lane" AS l SET "owner" = ${owner}, "token" = l."token" + 1, "expiresAt" = ${inFuture(leaseMs)}
        FROM (SELECT "channelId", "owner" FROM "Lane" WHERE ("owner" IS NULL OR "expiresAt" < ${NOW}) AND "channelId" IN ${UNFINISHED} FOR UPDATE SKIP LOCKED) AS f
        WHERE l."channelId" = f."channelId" RETURNING l."channelId", l."token", f."owner" IS NOT NULL AS "takenOver"`,
  );
}

/** @returns the channels whose lanes the process still has */
export async function renewLanes(tx: Transaction, owner: string, leaseMs: number): Promise<string[]> {
  const rows = await query<{ channelId: string }>(tx, sql`UPDATE "Lane" SET "expiresAt" = ${inFuture(leaseMs)} WHERE "owner" = ${owner} RETURNING "channelId"`);
  return rows.map(({ channelId }) => channelId);
}

/** Gives lanes back, so that any process may take them at once. */
export async function releaseLanes(tx: Transaction, owner: string, channelIds: string[]): Promise<void> {
  await execute(tx, sql`UPDATE "Lane" SET "owner" = NULL, "expiresAt" = NULL WHERE "owner" = ${owner} AND "channelId" ${isOneOf(channelIds)}`);
}

/** Which of these lanes still belong to the process, kept so until the transaction ends: what it writes about others is out of date. */
export async function keepLanes(tx: Transaction, owner: string, tokens: ReadonlyMap<string, number>): Promise<Set<string>> {
  const rows = await query<{ channelId: string; token: number }>(
    tx,
    sql`SELECT "channelId", "token" FROM "Lane" WHERE "owner" = ${owner} AND "channelId" ${isOneOf([...tokens.keys()])} FOR SHARE`,
  );
  return new Set(rows.flatMap(({ channelId, token }) => (tokens.get(channelId) === Number(token) ? channelId : [])));
}

/** Whether anything waits for a channel. */
export async function hasUnfinished(db: Database, channelId: string): Promise<boolean> {
  const rows = await query(db.read, sql`SELECT 1 FROM "Delivery" WHERE "channelId" = ${channelId} AND "state" IN ('PENDING', 'RETRY') LIMIT 1`);
  return rows.length > 0;
}
