import type { PrismaClient } from "./generated/client.ts";
import type { Transaction } from "./database.ts";
import { isOneOf, query, sql } from "./sql.ts";
import type { Piece } from "./sql.ts";

/** What is to be deleted: exactly one of them is set. */
export type Doomed = { contactId: string } | { groupId: string } | { ruleId: string } | { channelId: string };

/** What a deletion takes along, or away from what stays. Names, in order. */
export interface DeletionImpact {
  /** Deleted as well. */
  channels: string[];
  /** Deleted as well, counted up to `MOST_COUNTED`. */
  waitingDeliveries: number;
  inboxMessages: number;
  /** What stays, and loses it. */
  contactGroups: string[];
  alertRules: string[];
  escalationPolicies: string[];
  eventTypes: string[];
  fallbackOf: string[];
  accessTokens: string[];
}

/** More than so many are not counted. */
export const MOST_COUNTED = 10_000;

/** @param owner whose settings are named: a customer does not learn of other people's */
export async function findDeletionImpact(client: PrismaClient | Transaction, doomed: Doomed, owner: { customer?: string }): Promise<DeletionImpact> {
  const contactId = "contactId" in doomed ? doomed.contactId : null;
  const groupId = "groupId" in doomed ? doomed.groupId : null;
  const own = contactId === null ? [] : await client.channel.findMany({ where: { contactId }, select: { id: true, name: true }, orderBy: { name: "asc" } });
  const channelIds = "channelId" in doomed ? [doomed.channelId] : own.map(({ id }) => id);
  const orderBy = { name: "asc" } as const;
  const select = { name: true } as const;
  const target = { OR: [...(contactId ? [{ contactId }] : []), ...(groupId ? [{ groupId }] : []), { channelId: { in: channelIds } }] };
  const member = { OR: [...(contactId ? [{ contactId }] : []), ...(groupId ? [{ memberId: groupId }] : []), { id: { in: [] } }] };
  const rules = "ruleId" in doomed ? [] : await client.alertRule.findMany({ where: { targets: { some: target }, ...owner }, select, orderBy });
  const policies = await client.escalationPolicy.findMany({ where: { steps: { some: { targets: { some: target } } }, ...owner }, select, orderBy });
  const groups = await client.contactGroup.findMany({ where: { members: { some: member }, ...owner }, select, orderBy });
  const triggers = await client.triggerChannel.findMany({ where: { channelId: { in: channelIds } }, select: { eventType: true }, distinct: ["eventType"], orderBy: { eventType: "asc" } });
  const fallbackOf = await client.channel.findMany({ where: { fallbackId: { in: channelIds }, id: { notIn: channelIds }, ...owner }, select, orderBy });
  const tokens = contactId === null ? [] : await client.accessToken.findMany({ where: { contactId, revokedAt: null, ...owner }, select, orderBy });
  return {
    channels: names(own),
    waitingDeliveries: await countWaiting(client, channelIds),
    inboxMessages: await count(client, sql`SELECT 1 FROM "InboxItem" WHERE "channelId" ${isOneOf(channelIds)}`),
    contactGroups: names(groups),
    alertRules: names(rules),
    escalationPolicies: names(policies),
    // Triggers are the whole server's.
    eventTypes: owner.customer === undefined ? triggers.map(({ eventType }) => eventType) : [],
    fallbackOf: names(fallbackOf),
    accessTokens: names(tokens),
  };
}

/** The partial indexes serve statements that name the states themselves. */
async function countWaiting(client: PrismaClient | Transaction, channelIds: readonly string[]): Promise<number> {
  const due = await count(client, sql`SELECT 1 FROM "Delivery" WHERE "channelId" ${isOneOf(channelIds)} AND "state" IN ('PENDING', 'RETRY')`);
  const held = await count(client, sql`SELECT 1 FROM "Delivery" WHERE "channelId" ${isOneOf(channelIds)} AND "state" = 'HELD' AND "summaryId" IS NULL`);
  return Math.min(due + held, MOST_COUNTED);
}

async function count(client: PrismaClient | Transaction, rows: Piece): Promise<number> {
  const [found] = await query<{ count: number | bigint }>(client, sql`SELECT COUNT(*) AS "count" FROM (${rows} LIMIT ${MOST_COUNTED}) AS s`);
  return Number(found?.count ?? 0);
}

function names(rows: readonly { name: string }[]): string[] {
  return rows.map(({ name }) => name);
}
