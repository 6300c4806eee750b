import type { Database, Transaction } from "../db/database.ts";
import type { HoldReason } from "../decide/verdict.ts";
import type { Severity } from "../render/message.ts";

/** When the next held delivery is due; null when none waits for a summary to be made. */
export async function findNextHeld(db: Database): Promise<Date | null> {
  const first = await db.read.delivery.findFirst({ where: { state: "HELD", summaryId: null }, orderBy: { dueAt: "asc" }, select: { dueAt: true } });
  return first?.dueAt ?? null;
}

/** What is due of a channel's held deliveries, by what held them. */
export interface DueGroup {
  channelId: string;
  heldFor: HoldReason;
  count: number;
  /** The newest delivery's event: the summary's row points at it. */
  eventId: string;
  customer: string | null;
}

/**
 * Held deliveries that are due and in no summary yet.
 * @param only of this channel and hold, due or not; null: all that are due
 */
export async function findDueGroups(tx: Transaction, now: Date, only: { channelId: string; heldFor: HoldReason } | null): Promise<DueGroup[]> {
  const rows = await tx.$queryRawUnsafe<DueGroup[]>(
    `SELECT g."channelId", g."heldFor", g."count", n."eventId", c."customer" FROM (
       SELECT d."channelId", d."heldFor", COUNT(*) AS "count", MAX(d."id") AS "newest" FROM "Delivery" AS d
       WHERE d."state" = 'HELD' AND d."summaryId" IS NULL AND ${only ? `d."channelId" = ? AND d."heldFor" = ?` : `d."dueAt" <= ?`}
       GROUP BY d."channelId", d."heldFor") AS g
     JOIN "Delivery" AS n ON n."id" = g."newest" JOIN "Channel" AS c ON c."id" = g."channelId"`,
    ...(only ? [only.channelId, only.heldFor] : [now.getTime()]),
  );
  return rows.map(({ channelId, heldFor, count, eventId, customer }) => ({ channelId, heldFor, count: Number(count), eventId, customer }));
}

/**
 * The unfinished summary of a channel's hold that can take more; null when there is none. Once a try of it may have
 * arrived it takes no more: a repeat has to be the same, because the receiver may pass over it.
 */
export async function findOpenSummary(tx: Transaction, channelId: string, heldFor: HoldReason): Promise<string | null> {
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
    `SELECT s."id" FROM "Delivery" AS s
     WHERE s."channelId" = ? AND s."reason" = 'SUMMARY' AND s."state" IN ('PENDING', 'RETRY') AND s."context" ->> 'summaryOf' = ?
       AND NOT EXISTS (SELECT 1 FROM "Attempt" AS a WHERE a."deliveryId" = s."id" AND a."outcome" = 'UNKNOWN')
       AND NOT EXISTS (SELECT 1 FROM "Delivery" AS d WHERE d."summaryId" = s."id" AND d."state" = 'HELD' AND d."tries" > s."tries")
     ORDER BY s."id" DESC LIMIT 1`,
    channelId,
    heldFor,
  );
  return rows[0]?.id ?? null;
}

/** Puts a group into a summary. @param due only what is due by then; null: all */
export async function joinSummary(tx: Transaction, { channelId, heldFor }: Pick<DueGroup, "channelId" | "heldFor">, summaryId: string, due: Date | null): Promise<void> {
  await tx.delivery.updateMany({ where: { channelId, heldFor, state: "HELD", summaryId: null, ...(due ? { dueAt: { lte: due } } : {}) }, data: { summaryId } });
}

/** Channels that hold something for their quiet hours. */
export async function findQuietChannels(tx: Transaction): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ channelId: string }[]>(`SELECT DISTINCT "channelId" FROM "Delivery" WHERE "state" = 'HELD' AND "heldFor" = 'QUIET_HOURS' AND "summaryId" IS NULL`);
  return rows.map(({ channelId }) => channelId);
}

/** Channels whose digest is due. */
export async function findDueDigests(tx: Transaction, now: Date): Promise<string[]> {
  const groups = await tx.delivery.groupBy({ by: ["channelId"], where: { state: "HELD", heldFor: "DIGEST", summaryId: null, dueAt: { lte: now } } });
  return groups.map(({ channelId }) => channelId);
}

/** Puts off a digest that is due while its channel is quiet. */
export async function postponeDigest(tx: Transaction, channelId: string, now: Date, until: Date): Promise<void> {
  await tx.delivery.updateMany({ where: { channelId, state: "HELD", heldFor: "DIGEST", summaryId: null, dueAt: { lte: now } }, data: { dueAt: until } });
}

/** Gives what a channel holds for its quiet hours another time. */
export async function rescheduleHeld(tx: Transaction, channelId: string, dueAt: Date): Promise<void> {
  await tx.delivery.updateMany({ where: { channelId, heldFor: "QUIET_HOURS", state: "HELD", summaryId: null, dueAt: { not: dueAt } }, data: { dueAt } });
}

/** Marks that a try of a summary is about to be sent. Until it is recorded, and for ever should the process end before, the summary takes no more. */
export async function claimForTry(tx: Transaction, summaryId: string, tryNumber: number): Promise<void> {
  await tx.delivery.updateMany({ where: { summaryId, state: "HELD" }, data: { tries: tryNumber } });
}

/** How a summary ended: what it carried is done with, or free for the next summary from `retryAt` on. */
export type SummaryEnd = { state: "SENT" | "UNKNOWN" | "DROPPED"; at: Date } | { retryAt: Date };

export async function settleHeld(tx: Transaction, summaryId: string, end: SummaryEnd): Promise<void> {
  const data = "retryAt" in end ? { summaryId: null, dueAt: end.retryAt, tries: 0 } : { state: end.state, finishedAt: end.at };
  await tx.delivery.updateMany({ where: { summaryId, state: "HELD" }, data });
}

/** The end of a problem that is itself held goes into the same summary, or the one after. @returns false when the problem is not held */
export async function holdWithProblem(tx: Transaction, { id, conditionId, channelId }: { id: string; conditionId: string; channelId: string }): Promise<boolean> {
  const problem = await tx.delivery.findFirst({ where: { conditionId, channelId, state: "HELD" }, orderBy: { id: "desc" }, select: { heldFor: true, dueAt: true, summaryId: true } });
  if (!problem?.heldFor) return false;
  const open = problem.summaryId && (await findOpenSummary(tx, channelId, problem.heldFor as HoldReason));
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
}

interface RawLine {
  title: string;
  category: string;
  severity: number;
  firstAt: number | bigint;
  lastAt: number | bigint;
  count: number | bigint;
  over: number | bigint;
  lineCount: number | bigint;
}

const SEVERITIES: readonly Severity[] = ["INFO", "WARNING", "CRITICAL"];

/**
 * A problem, its repeats and its end are one line, also when the end was told live; occurrences are a line each.
 * Times are when the server took the events in.
 */
const LINES = `SELECT e."category", MAX(CASE e."severity" WHEN 'CRITICAL' THEN 2 WHEN 'WARNING' THEN 1 ELSE 0 END) AS "severity",
    MIN(e."receivedAt") AS "firstAt", MAX(e."receivedAt") AS "lastAt", COUNT(*) AS "count", MAX(d."reason" = 'RECOVERY' OR c."status" = 'CLOSED') AS "over", MIN(d."id") AS "firstId"
  FROM "Delivery" AS d JOIN "Event" AS e ON e."id" = d."eventId" LEFT JOIN "Condition" AS c ON c."id" = d."conditionId"
  WHERE d."summaryId" = ? AND d."state" = 'HELD' GROUP BY COALESCE(d."conditionId", d."id")`;

/** @param most lines to read; the rest is only counted */
export async function findSummaryItems(db: Database, summaryId: string, most: number): Promise<SummaryItems> {
  const rows = await db.read.$queryRawUnsafe<RawLine[]>(
    `SELECT l.*, e."title" AS "title", COUNT(*) OVER () AS "lineCount" FROM (${LINES}) AS l
     JOIN "Delivery" AS d ON d."id" = l."firstId" JOIN "Event" AS e ON e."id" = d."eventId" ORDER BY l."firstId" LIMIT ?`,
    summaryId,
    most,
  );
  const totals = await db.read.$queryRawUnsafe<{ category: string; count: number | bigint; events: number | bigint; worst: number }[]>(
    `SELECT "category", COUNT(*) AS "count", SUM("count") AS "events", MAX("severity") AS "worst" FROM (${LINES}) GROUP BY "category" ORDER BY "count" DESC`,
    summaryId,
  );
  return {
    lines: rows.map((row) => ({
      title: row.title,
      category: row.category,
      severity: SEVERITIES[Number(row.severity)] ?? "INFO",
      firstAt: new Date(Number(row.firstAt)),
      lastAt: new Date(Number(row.lastAt)),
      count: Number(row.count),
      over: Number(row.over) === 1,
    })),
    lineCount: Number(rows[0]?.lineCount ?? 0),
    eventCount: totals.reduce((sum, { events }) => sum + Number(events), 0),
    worst: SEVERITIES[Math.max(0, ...totals.map(({ worst }) => Number(worst)))] ?? "INFO",
    categories: totals.map(({ category, count }) => ({ category, count: Number(count) })),
  };
}

/** A channel that will not hear of a problem need not hear of its end: unless more of it is held, or was sent. */
export async function forgetHeld(tx: Transaction, { conditionId, channelId }: { conditionId: string | null; channelId: string }): Promise<void> {
  if (conditionId === null) return;
  const others = await tx.delivery.count({ where: { conditionId, channelId, state: { not: "DROPPED" } } });
  if (others === 0) await tx.$executeRawUnsafe(`UPDATE "Condition" SET "held" = json_remove("held", '$."' || ? || '"') WHERE "id" = ?`, channelId, conditionId);
}
