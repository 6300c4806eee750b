import type { Database, Transaction } from "../db/database.ts";
import { DELETED_CHANNELS } from "../db/deletedChannels.ts";
import { byDialect, execute, isOneOf, query, raw, sql, timeOf } from "../db/sql.ts";
import type { Piece, SqlClient } from "../db/sql.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { HoldReason } from "../decide/verdict.ts";
import type { Severity } from "../render/message.ts";

// Partial indexes serve statements that name the state themselves: as a parameter it would have every delivery read.

const turns = new WeakMap<Database, Promise<unknown>>();

/**
 * What is held changes in one transaction at a time, whoever does it. Those of this process wait here for their turn: waiting in
 * the database would take one of the few connections for each, and leases need one to be renewed.
 */
export function writeHeld<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const turn = turns.get(db) ?? Promise.resolve();
  const result = turn.then(() =>
    db.writeAlongside(async (tx) => {
      await takeLocks(tx, { alone: ["HELD"] });
      return work(tx);
    }),
  );
  turns.set(db, result.catch(() => undefined));
  return result;
}

/** When the next held delivery is due; null when none waits for a summary to be made. */
export async function findNextHeld(db: Database): Promise<Date | null> {
  const rows = await query<{ dueAt: Date }>(db.read, sql`SELECT "dueAt" FROM "Delivery" WHERE "state" = 'HELD' AND "summaryId" IS NULL AND "channelId" NOT IN ${DELETED_CHANNELS} ORDER BY "dueAt" LIMIT 1`);
  return rows[0]?.dueAt ?? null;
}

/** What one summary tells of: what held deliveries of a channel back, and for a burst what there was too much of. */
export interface HoldGroup {
  channelId: string;
  heldFor: HoldReason;
  /** Null for all holds but BURST. */
  eventType: string | null;
}

/** What is due of a channel's held deliveries. */
export interface DueGroup extends HoldGroup {
  count: number;
  /** The newest delivery's event: the summary's row points at it. */
  eventId: string;
  customer: string | null;
}

/** A group's event type. The end of a problem goes with the problem. Looked up for bursts only: other holds may have very many rows. */
const TYPE = sql`CASE d."heldFor" WHEN 'BURST' THEN COALESCE((SELECT k."type" FROM "Condition" AS k WHERE k."id" = d."conditionId"), (SELECT e."type" FROM "Event" AS e WHERE e."id" = d."eventId")) END`;

/**
 * Held deliveries that are due and in no summary yet.
 * @param only of this channel and hold, due or not; null: all that are due
 */
export async function findDueGroups(tx: Transaction, now: Date, only: { channelId: string; heldFor: HoldReason } | null): Promise<DueGroup[]> {
  const rows = await query<DueGroup>(
    tx,
    sql`SELECT g."channelId", g."heldFor", g."eventType", g."count", n."eventId", c."customer" FROM (
       SELECT d."channelId", d."heldFor", ${TYPE} AS "eventType", COUNT(*) AS "count", MAX(d."id") AS "newest" FROM "Delivery" AS d
       WHERE d."state" = 'HELD' AND d."summaryId" IS NULL AND d."channelId" NOT IN ${DELETED_CHANNELS} AND ${only ? sql`d."channelId" = ${only.channelId} AND d."heldFor" = ${only.heldFor}` : sql`d."dueAt" <= ${now}`}
       GROUP BY 1, 2, 3) AS g
     JOIN "Delivery" AS n ON n."id" = g."newest" JOIN "Channel" AS c ON c."id" = g."channelId"`,
  );
  return rows.map(({ channelId, heldFor, eventType, count, eventId, customer }) => ({ channelId, heldFor, eventType, count: Number(count), eventId, customer }));
}

/** Picks a group's deliveries that are in no summary yet. @param due only what is due by then; null: all */
function inGroup({ channelId, heldFor, eventType }: HoldGroup, due: Date | null): Piece {
  const inTime = due ? sql` AND d."dueAt" <= ${due}` : raw("");
  return sql`d."channelId" = ${channelId} AND d."heldFor" = ${heldFor} AND d."state" = 'HELD' AND d."summaryId" IS NULL AND ${TYPE} IS NOT DISTINCT FROM ${eventType}${inTime}`;
}

/** Whether anything in what is due of a group is critical. */
export async function holdsCritical(tx: Transaction, group: HoldGroup, due: Date): Promise<boolean> {
  const rows = await query(tx, sql`SELECT 1 FROM "Delivery" AS d JOIN "Event" AS v ON v."id" = d."eventId" WHERE ${inGroup(group, due)} AND v."severity" = 'CRITICAL' LIMIT 1`);
  return rows.length > 0;
}

/** Puts off what is due of a group. */
export async function postponeGroup(tx: Transaction, group: HoldGroup, due: Date, until: Date): Promise<void> {
  await execute(tx, sql`UPDATE "Delivery" AS d SET "dueAt" = ${until} WHERE ${inGroup(group, due)}`);
}

/**
 * The unfinished summary of a group that can take more; null when there is none. Once a try of it may have
 * arrived it takes no more: a repeat has to be the same, because the receiver may pass over it.
 */
export async function findOpenSummary(tx: Transaction, { channelId, heldFor, eventType }: HoldGroup): Promise<string | null> {
  const rows = await query<{ id: string }>(
    tx,
    sql`SELECT s."id" FROM "Delivery" AS s
     WHERE s."channelId" = ${channelId} AND s."reason" = 'SUMMARY' AND s."state" IN ('PENDING', 'RETRY')
       AND s."context" ->> 'summaryOf' = ${heldFor} AND s."context" ->> 'eventType' IS NOT DISTINCT FROM ${eventType}
       AND NOT EXISTS (SELECT 1 FROM "Attempt" AS a WHERE a."deliveryId" = s."id" AND a."outcome" = 'UNKNOWN')
       AND NOT EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."summaryId" = s."id" AND d."state" = 'HELD' AND d."tries" > s."tries")
     ORDER BY s."id" DESC LIMIT 1`,
  );
  return rows[0]?.id ?? null;
}

/** Puts a group into a summary. @param due only what is due by then; null: all */
export async function joinSummary(tx: Transaction, group: HoldGroup, summaryId: string, due: Date | null): Promise<void> {
  await execute(tx, sql`UPDATE "Delivery" AS d SET "summaryId" = ${summaryId} WHERE ${inGroup(group, due)}`);
}

/** Holds what is more than a channel may be sent: due at once, as a summary. What has been tried meanwhile stays as it is. */
export async function holdOverflow(tx: Transaction, ids: string[], now: Date): Promise<void> {
  await execute(tx, sql`UPDATE "Delivery" SET "state" = 'HELD', "heldFor" = 'RATE_LIMIT', "dueAt" = ${now} WHERE "id" ${isOneOf(ids)} AND "state" = 'PENDING' AND "tries" = 0`);
}

/** Frees, from these deliveries, those whose summary is done with or gone without them: they are due at once. @returns how many */
export async function freeOrphans(tx: Transaction, ids: string[], now: Date): Promise<number> {
  return execute(
    tx,
    sql`UPDATE "Delivery" SET "summaryId" = NULL, "tries" = 0, "dueAt" = ${now} WHERE "id" ${isOneOf(ids)} AND "state" = 'HELD' AND "summaryId" IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM "Delivery" AS s WHERE s."id" = "Delivery"."summaryId" AND s."state" IN ('PENDING', 'RETRY'))`,
  );
}

/** Channels that hold something for their quiet hours. */
export async function findQuietChannels(tx: Transaction): Promise<string[]> {
  const rows = await query<{ channelId: string }>(tx, sql`SELECT DISTINCT "channelId" FROM "Delivery" WHERE "state" = 'HELD' AND "heldFor" = 'QUIET_HOURS' AND "summaryId" IS NULL AND "channelId" NOT IN ${DELETED_CHANNELS}`);
  return rows.map(({ channelId }) => channelId);
}

/** Gives what a channel holds for its quiet hours another time. */
export async function rescheduleHeld(tx: Transaction, channelId: string, dueAt: Date): Promise<void> {
  await execute(
    tx,
    sql`UPDATE "Delivery" SET "dueAt" = ${dueAt} WHERE "channelId" = ${channelId} AND "heldFor" = 'QUIET_HOURS' AND "state" = 'HELD' AND "summaryId" IS NULL AND "dueAt" <> ${dueAt}`,
  );
}

/** Marks that a try of a summary is about to be sent. Until it is recorded, and for ever should the process end before, the summary takes no more. */
export async function claimForTry(tx: Transaction, summaryId: string, tryNumber: number): Promise<void> {
  // Claimed before for a try that nobody has recorded: it stays ahead of the recorded ones.
  const cutShort = await tx.delivery.count({ where: { summaryId, state: "HELD", tries: { gte: tryNumber } } });
  await tx.delivery.updateMany({ where: { summaryId, state: "HELD" }, data: { tries: cutShort > 0 ? { increment: 1 } : tryNumber } });
}

/** How a summary ended: what it carried is done with, or free for the next summary from `retryAt` on. */
export type SummaryEnd = { state: "SENT" | "UNKNOWN" | "DROPPED"; at: Date } | { retryAt: Date };

export async function settleHeld(tx: SqlClient, summaryId: string, end: SummaryEnd): Promise<void> {
  if ("retryAt" in end) await waitForProblems(tx, summaryId, end.retryAt);
  const changes = "retryAt" in end ? sql`"summaryId" = NULL, "dueAt" = ${end.retryAt}, "tries" = 0` : sql`"state" = ${end.state}, "finishedAt" = ${end.at}`;
  await execute(tx, sql`UPDATE "Delivery" SET ${changes} WHERE "summaryId" = ${summaryId} AND "state" = 'HELD'`);
}

/** Gives what a summary carries to another one, on whatever channel that is. */
export async function moveSummary(tx: SqlClient, from: string, to: string): Promise<void> {
  await execute(tx, sql`UPDATE "Delivery" SET "summaryId" = ${to}, "tries" = 0 WHERE "summaryId" = ${from} AND "state" = 'HELD'`);
}

/** What later summaries are to tell of the same problems waits with them: an end must not come before its problem. */
async function waitForProblems(tx: SqlClient, summaryId: string, dueAt: Date): Promise<void> {
  await execute(
    tx,
    sql`UPDATE "Delivery" SET "summaryId" = NULL, "dueAt" = ${dueAt} WHERE "state" = 'HELD' AND "tries" = 0 AND ("summaryId" IS NULL OR "summaryId" <> ${summaryId})
       AND ("conditionId", "channelId") IN (SELECT "conditionId", "channelId" FROM "Delivery" WHERE "summaryId" = ${summaryId} AND "conditionId" IS NOT NULL)`,
  );
}

/** The end of a problem that is itself held goes into the same summary, or the one after. @returns false when the problem is not held */
export async function holdWithProblem(tx: Transaction, { id, conditionId, channelId }: { id: string; conditionId: string; channelId: string }): Promise<boolean> {
  const problem = await tx.delivery.findFirst({ where: { conditionId, channelId, state: "HELD" }, orderBy: { id: "desc" }, select: { heldFor: true, dueAt: true, summaryId: true } });
  if (!problem?.heldFor) return false;
  const heldFor = problem.heldFor as HoldReason;
  const eventType = heldFor === "BURST" ? ((await tx.condition.findUnique({ where: { id: conditionId }, select: { type: true } }))?.type ?? null) : null;
  const open = problem.summaryId && (await findOpenSummary(tx, { channelId, heldFor, eventType }));
  await tx.delivery.update({ where: { id }, data: { state: "HELD", heldFor: problem.heldFor, dueAt: problem.dueAt, summaryId: open || null } });
  return true;
}

/** One line of a summary: an event, or a problem from its first news to its end. */
export interface SummaryLine {
  title: string;
  category: string;
  severity: Severity;
  firstAt: Date;
  lastAt: Date;
  count: number;
  /** True when what it tells of is over. */
  over: boolean;
}

/** What a summary has to tell. */
export interface SummaryItems {
  lines: SummaryLine[];
  /** Lines in all, of which `lines` has the first. */
  lineCount: number;
  eventCount: number;
  worst: Severity;
  /** Lines by category. */
  categories: { category: string; count: number }[];
  /** From the first to the last of the events; null when there are none. */
  span: { from: Date; to: Date } | null;
  /** Lines of what is over. */
  overCount: number;
  /** Where most of it comes from: sources, or services of what has none, by events. */
  origins: { name: string; count: number }[];
}

interface RawLine {
  title: string;
  category: string;
  severity: number;
  firstAt: Date | number | bigint;
  lastAt: Date | number | bigint;
  count: number | bigint;
  over: number | bigint;
}

/** Lines of one category, counted. */
interface RawTotal {
  category: string;
  count: number | bigint;
  events: number | bigint;
  worst: number;
  firstAt: Date | number | bigint;
  lastAt: Date | number | bigint;
  over: number | bigint;
}

const SEVERITIES: readonly Severity[] = ["INFO", "WARNING", "CRITICAL"];

/**
 * A problem, its repeats and its end are one line, also when the end was told live; occurrences are a line each.
 * Times are when the server took the events in.
 */
const linesOf = (summaryId: string): Piece => sql`SELECT MIN(e."category") AS "category", MAX(CASE e."severity" WHEN 'CRITICAL' THEN 2 WHEN 'WARNING' THEN 1 ELSE 0 END) AS "severity",
    MIN(e."receivedAt") AS "firstAt", MAX(e."receivedAt") AS "lastAt", COUNT(*) AS "count", MAX(CASE WHEN d."reason" = 'RECOVERY' OR c."status" = 'CLOSED' THEN 1 ELSE 0 END) AS "over", MIN(d."id") AS "firstId"
  FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" LEFT JOIN "Condition" AS c ON c."id" = d."conditionId"
  WHERE d."summaryId" = ${summaryId} AND d."state" = 'HELD' GROUP BY COALESCE(d."conditionId", d."id")`;

/** More origins than this are a list that nobody reads. */
const MOST_ORIGINS = 5;

/** @param most lines to read; the rest is only counted */
export async function findSummaryItems(db: Database, summaryId: string, most: number): Promise<SummaryItems> {
  // Cut before titles are looked up: there may be very many lines, and statistics that do not know it yet.
  const rows = await query<RawLine>(
    db.read,
    sql`SELECT l.*, (SELECT e."title" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" WHERE d."id" = l."firstId") AS "title"
     FROM (${linesOf(summaryId)} ORDER BY MIN(d."id") LIMIT ${most}) AS l ORDER BY l."firstId"`,
  );
  const totals = await query<RawTotal>(
    db.read,
    sql`SELECT "category", COUNT(*) AS "count", SUM("count") AS "events", MAX("severity") AS "worst", MIN("firstAt") AS "firstAt", MAX("lastAt") AS "lastAt", SUM("over") AS "over"
     FROM (${linesOf(summaryId)}) AS l GROUP BY "category" ORDER BY "count" DESC, "category"`,
  );
  const origins = await query<{ name: string; count: number | bigint }>(
    db.read,
    sql`SELECT COALESCE(e."source", e."service") AS "name", COUNT(*) AS "count" FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId"
     WHERE d."summaryId" = ${summaryId} AND d."state" = 'HELD' AND COALESCE(e."source", e."service") IS NOT NULL GROUP BY 1 ORDER BY "count" DESC, "name" LIMIT ${MOST_ORIGINS}`,
  );
  return {
    lines: rows.map((row) => ({
      title: row.title,
      category: row.category,
      severity: SEVERITIES[Number(row.severity)] ?? "INFO",
      firstAt: timeOf(row.firstAt),
      lastAt: timeOf(row.lastAt),
      count: Number(row.count),
      over: Number(row.over) === 1,
    })),
    lineCount: totals.reduce((sum, { count }) => sum + Number(count), 0),
    eventCount: totals.reduce((sum, { events }) => sum + Number(events), 0),
    worst: SEVERITIES[Math.max(0, ...totals.map(({ worst }) => Number(worst)))] ?? "INFO",
    categories: totals.map(({ category, count }) => ({ category, count: Number(count) })),
    span: spanOf(totals),
    overCount: totals.reduce((sum, { over }) => sum + Number(over), 0),
    origins: origins.map(({ name, count }) => ({ name, count: Number(count) })),
  };
}

function spanOf(totals: RawTotal[]): SummaryItems["span"] {
  if (totals.length === 0) return null;
  return { from: new Date(Math.min(...totals.map(({ firstAt }) => Number(firstAt)))), to: new Date(Math.max(...totals.map(({ lastAt }) => Number(lastAt)))) };
}

/** A channel that will not hear of a problem need not hear of its end: unless more of it is held, or was sent. */
export async function forgetHeld(tx: Transaction, { conditionId, channelId }: { conditionId: string | null; channelId: string }): Promise<void> {
  if (conditionId === null) return;
  const others = await tx.delivery.count({ where: { conditionId, channelId, state: { not: "DROPPED" } } });
  if (others === 0) await execute(tx, sql`UPDATE "Condition" SET "held" = ${heldWithout(channelId)} WHERE "id" = ${conditionId}`);
}

function heldWithout(channelId: string): Piece {
  return byDialect({ sqlite: sql`json_remove("held", '$."' || ${channelId} || '"')`, postgresql: sql`("held"::jsonb - ${channelId}::text)::json` });
}
