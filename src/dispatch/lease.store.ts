import type { Transaction } from "../db/database.ts";
import { LOCK_SPACE, PRESENCE_LOCK } from "../db/lockSpace.ts";
import { execute, isOneOf, query, raw, sql, tableOf } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";
import type { LaneRest } from "./lane.ts";

/** A channel whose queue this process works off, until the lease ends. */
export interface ClaimedLane {
  channelId: string;
  token: number;
  /** True when an earlier process let the lease run out: what it was sending may have arrived. */
  takenOver: boolean;
  /** As the process has left it that gave it back; 0 where none did. */
  pausedMs: number;
  fullInMs: number;
}

/** A lane that is given back. */
export interface LeftLane extends LaneRest {
  channelId: string;
}

/** How the lanes are shared out at present. */
export interface Balance {
  /** Lanes that any process may take now. */
  free: number;
  /** Lanes that somebody has. */
  taken: number;
  /** Of those, the asking process's. */
  mine: number;
  /** Processes that are there, this one among them. */
  processes: number;
}

/** By the database's own clock: those of several machines differ. */
const NOW = raw(`(clock_timestamp() AT TIME ZONE 'UTC')`);
const HAS_WORK = raw(`EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."channelId" = l."channelId" AND d."state" IN ('PENDING', 'RETRY'))`);

function inFuture(ms: number) {
  return sql`(clock_timestamp() AT TIME ZONE 'UTC') + ${ms}::int * interval '1 millisecond'`;
}

/** Lanes that have something to send and that no process has, but for the `own`. @param takeOver also those whose process has let the lease run out */
function isFree(takeOver: boolean, own: readonly string[]) {
  const expired = sql` OR l."expiresAt" < ${NOW}`;
  return sql`(l."owner" IS NULL${takeOver ? expired : raw("")}) AND NOT (l."channelId" ${isOneOf(own)}) AND ${HAS_WORK}`;
}

/** What the asking process has, by its own memory; and whether it may take what others have let run out. */
export interface Claim {
  owner: string;
  /** Lanes of which it has deliveries in memory. Another process may have had them meanwhile: they are not claimed before those are let go. */
  own: readonly string[];
  takeOver: boolean;
}

/** Gives every channel that has something to send its lane. */
export async function addLanes(tx: Transaction): Promise<void> {
  // Locked, or the channel could be deleted before its lane is there.
  await execute(tx, sql`INSERT INTO "Lane" ("channelId", "token") SELECT l."id", 0 FROM "Channel" AS l WHERE l."deletedAt" IS NULL AND NOT EXISTS (SELECT 1 FROM "Lane" AS o WHERE o."channelId" = l."id")
    AND EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."channelId" = l."id" AND d."state" IN ('PENDING', 'RETRY')) FOR KEY SHARE ON CONFLICT DO NOTHING`);
}

export async function findBalance(tx: Transaction, { owner, own, takeOver }: Claim): Promise<Balance> {
  const rows = await query<Record<keyof Balance, bigint>>(
    tx,
    sql`SELECT COUNT(*) FILTER (WHERE ${isFree(takeOver, own)}) AS "free", COUNT(*) FILTER (WHERE l."expiresAt" >= ${NOW}) AS "taken", COUNT(*) FILTER (WHERE l."expiresAt" >= ${NOW} AND l."owner" = ${owner}) AS "mine",
          (SELECT COUNT(*) FROM "pg_locks" WHERE "locktype" = 'advisory' AND "classid" = ${LOCK_SPACE}::int::oid AND "objid" = ${PRESENCE_LOCK}::int::oid AND "granted"
             AND "database" = (SELECT "oid" FROM "pg_database" WHERE "datname" = current_database())) AS "processes"
        FROM "Lane" AS l`,
  );
  const [{ free, taken, mine, processes } = { free: 0, taken: 0, mine: 0, processes: 1 }] = rows;
  return { free: Number(free), taken: Number(taken), mine: Number(mine), processes: Math.max(1, Number(processes)) };
}

/** How many milliseconds are left until then. */
function msUntil(column: string) {
  return sql`COALESCE(GREATEST(0, EXTRACT(EPOCH FROM ${raw(column)} - ${NOW}) * 1000), 0)::float8`;
}

/** Takes free lanes. What another process is taking just now is passed over. */
export async function claimLanes(tx: Transaction, { owner, own, takeOver }: Claim, leaseMs: number, most: number): Promise<ClaimedLane[]> {
  return query<ClaimedLane>(
    tx,
    sql`UPDATE "Lane" AS t SET "owner" = ${owner}, "token" = t."token" + 1, "expiresAt" = ${inFuture(leaseMs)}, "pausedUntil" = NULL, "refilledAt" = NULL
        FROM (SELECT l.* FROM "Lane" AS l WHERE ${isFree(takeOver, own)} LIMIT ${most} FOR UPDATE SKIP LOCKED) AS f
        WHERE t."channelId" = f."channelId"
        RETURNING t."channelId", t."token", f."owner" IS NOT NULL AS "takenOver", ${msUntil(`f."pausedUntil"`)} AS "pausedMs", ${msUntil(`f."refilledAt"`)} AS "fullInMs"`,
  );
}

/** In one order, as `keepLanes` has it: none of both waits for the other. @returns those of these channels whose lanes the process still has */
export async function renewLanes(tx: Transaction, owner: string, channelIds: readonly string[], leaseMs: number): Promise<string[]> {
  const rows = await query<{ channelId: string }>(
    tx,
    sql`UPDATE "Lane" AS t SET "expiresAt" = ${inFuture(leaseMs)}
        FROM (SELECT "channelId" FROM "Lane" WHERE "owner" = ${owner} AND "channelId" ${isOneOf(channelIds)} ORDER BY "channelId" FOR UPDATE) AS f
        WHERE t."channelId" = f."channelId" RETURNING t."channelId"`,
  );
  return rows.map(({ channelId }) => channelId);
}

/** What is longer has no end that matters, and fits into no number of the database. */
const LONGEST_REST_MS = 86_400_000;

/** Gives lanes back, so that any process may take them at once. */
export async function releaseLanes(tx: Transaction, owner: string, lanes: readonly LeftLane[]): Promise<void> {
  const upTo = (ms: number): number => Math.ceil(Math.min(ms, LONGEST_REST_MS));
  const rests = lanes.map(({ channelId, pausedMs, fullInMs }) => ({ channelId, pausedMs: upTo(pausedMs), fullInMs: upTo(fullInMs) }));
  const after = (column: string) => sql`${NOW} + r.${raw(column)} * interval '1 millisecond'`;
  await execute(
    tx,
    sql`UPDATE "Lane" AS t SET "owner" = NULL, "expiresAt" = NULL, "pausedUntil" = ${after(`"pausedMs"`)}, "refilledAt" = ${after(`"fullInMs"`)}
        FROM (SELECT "channelId" FROM "Lane" WHERE "owner" = ${owner} AND "channelId" ${isOneOf(lanes.map(({ channelId }) => channelId))} ORDER BY "channelId" FOR UPDATE) AS f
        JOIN ${tableOf("r", { channelId: "TEXT", pausedMs: "INTEGER", fullInMs: "INTEGER" }, rests)} ON r."channelId" = f."channelId"
        WHERE t."channelId" = f."channelId"`,
  );
}

/** Which of these lanes still belong to the process, kept so until the transaction ends: what it writes about others is out of date. */
export async function keepLanes(tx: SqlClient, owner: string, tokens: ReadonlyMap<string, number>): Promise<Set<string>> {
  const rows = await query<{ channelId: string; token: number }>(
    tx,
    sql`SELECT "channelId", "token" FROM "Lane" WHERE "owner" = ${owner} AND "channelId" ${isOneOf([...tokens.keys()])} ORDER BY "channelId" FOR SHARE`,
  );
  return new Set(rows.flatMap(({ channelId, token }) => (tokens.get(channelId) === Number(token) ? channelId : [])));
}
