import { NOT_DELETED } from "../db/notDeleted.ts";
import type { PrismaClient } from "../db/generated/client.ts";

export type ConfigurationRows = Awaited<ReturnType<typeof readConfigurationRows>>;

/** Everything that is set, by names, so that a document of it is the same however it came about. What is over at `now` is left out. */
export async function readConfigurationRows(db: PrismaClient, now: Date) {
  const byName = [{ name: "asc" }, { id: "asc" }] as const;
  const orderBy = [...byName];
  const inOrder = { orderBy: { id: "asc" } } as const;
  return {
    eventTypes: await db.customEventType.findMany({ orderBy: { name: "asc" } }),
    providerAccounts: await db.providerAccount.findMany({ orderBy }),
    contacts: await db.contact.findMany({ orderBy }),
    contactGroups: await db.contactGroup.findMany({ orderBy, include: { members: inOrder } }),
    channels: await db.channel.findMany({ where: NOT_DELETED, orderBy, include: { overrides: true } }),
    triggers: await db.trigger.findMany({ orderBy: { eventType: "asc" }, include: { channels: true, recipients: true } }),
    inhibitionRules: await db.inhibitionRule.findMany({ orderBy }),
    escalationPolicies: await db.escalationPolicy.findMany({ where: NOT_DELETED, orderBy, include: { steps: { orderBy: { position: "asc" }, include: { targets: inOrder } } } }),
    alertRules: await db.alertRule.findMany({ orderBy: [{ position: "asc" }, { id: "asc" }], include: { targets: inOrder } }),
    // Those without a schedule are of the day: what is made for one occasion is not kept in a document.
    silences: (await db.silence.findMany({ where: { OR: [{ endsAt: null }, { endsAt: { gt: now } }] }, orderBy: { id: "asc" } })).filter(({ schedule }) => schedule !== null),
  };
}
