import type { Database, Transaction } from "../db/database.ts";
import { Prisma } from "../db/generated/client.ts";
import { UNCHANGED } from "./trigger.model.ts";
import type { CustomEventType, Trigger } from "./trigger.model.ts";

export interface TriggerStore {
  triggers(): Promise<Trigger[]>;
  /** Changes the settings of several types at once. What others change meanwhile stays: `change` gets them as they are then. */
  change(eventTypes: string[], change: (before: Trigger) => Trigger, at: Date): Promise<void>;
  delete(eventType: string): Promise<void>;
  customTypes(): Promise<CustomEventType[]>;
  insertCustomTypes(types: CustomEventType[]): Promise<void>;
  /** But for those whose name is taken: another process may have been quicker. */
  insertUnknownTypes(types: CustomEventType[]): Promise<void>;
  updateCustomType(name: string, changes: Partial<CustomEventType>): Promise<void>;
  /** Takes its trigger settings along. */
  deleteCustomType(name: string): Promise<void>;
}

export function createTriggerStore(db: Database): TriggerStore {
  return {
    triggers: () => findTriggers(db.read),
    async change(eventTypes, change, at) {
      await db.write(async (tx) => {
        const saved = new Map((await findTriggers(tx, { eventType: { in: eventTypes } })).map((trigger) => [trigger.eventType, trigger]));
        for (const eventType of eventTypes) await save(tx, change(saved.get(eventType) ?? { eventType, ...UNCHANGED }), at);
      });
    },
    async delete(eventType) {
      await db.write((tx) => tx.trigger.deleteMany({ where: { eventType } }));
    },
    async customTypes() {
      const rows = await db.read.customEventType.findMany({ orderBy: { name: "asc" } });
      return rows.map((row) => ({ ...row, fingerprint: row.fingerprint as string[], aliases: row.aliases as string[] }));
    },
    async insertCustomTypes(types) {
      await db.write((tx) => tx.customEventType.createMany({ data: types }));
    },
    async insertUnknownTypes(types) {
      await db.write(async (tx) => {
        const taken = new Set((await tx.customEventType.findMany({ where: { name: { in: types.map(({ name }) => name) } }, select: { name: true } })).map(({ name }) => name));
        await tx.customEventType.createMany({ data: types.filter(({ name }) => !taken.has(name)) });
      });
    },
    async updateCustomType(name, data) {
      await db.write((tx) => tx.customEventType.update({ where: { name }, data }));
    },
    async deleteCustomType(name) {
      await db.write(async (tx) => {
        await tx.trigger.deleteMany({ where: { eventType: name } });
        await tx.customEventType.deleteMany({ where: { name } });
      });
    },
  };
}

async function findTriggers(db: Pick<Transaction, "trigger">, where: Prisma.TriggerWhereInput = {}): Promise<Trigger[]> {
  const rows = await db.trigger.findMany({ where, include: { channels: true, recipients: true } });
  return rows.map(({ channels, recipients, steps, burst, restricted, updatedAt: _, ...row }) => ({
    ...row,
    steps: steps as number[] | null,
    burst: burst as Trigger["burst"],
    channelIds: restricted ? channels.map((channel) => channel.channelId) : null,
    recipients: Object.fromEntries(recipients.map(({ channelId, config }) => [channelId, config as Record<string, unknown>])),
  }));
}

async function save(tx: Transaction, { channelIds, recipients, eventType, steps, burst, ...rest }: Trigger, updatedAt: Date): Promise<void> {
  const data = { ...rest, steps: steps ?? Prisma.DbNull, burst: burst ?? Prisma.DbNull, restricted: channelIds !== null, updatedAt };
  await tx.trigger.upsert({ where: { eventType }, create: { eventType, ...data }, update: data });
  await tx.triggerChannel.deleteMany({ where: { eventType } });
  await tx.triggerRecipient.deleteMany({ where: { eventType } });
  await tx.triggerRecipient.createMany({ data: Object.entries(recipients).map(([channelId, config]) => ({ eventType, channelId, config: config as Prisma.InputJsonObject })) });
  if (channelIds) await tx.triggerChannel.createMany({ data: channelIds.map((channelId) => ({ eventType, channelId })) });
}
