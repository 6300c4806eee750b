import type { ownChannels } from "../access/principal.ts";
import { createBatch } from "../db/batch.ts";
import type { Database, Transaction } from "../db/database.ts";
import { insertRows } from "../db/rows.ts";
import type { Table } from "../db/rows.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { Severity } from "../render/message.ts";

export interface InboxItem {
  /** The delivery's id, so that a repeated delivery is stored once. */
  id: string;
  channelId: string;
  eventId: string | null;
  customer: string | null;
  type: string;
  severity: Severity;
  title: string;
  body: string;
  createdAt: Date;
  readAt: Date | null;
}

export interface InboxStore {
  add(item: InboxItem): Promise<void>;
  /** Marks the items with these ids, or all, that the filter lets through. @returns how many changed */
  markRead(ids: string[] | null, own: ReturnType<typeof ownChannels>, readAt: Date): Promise<number>;
  delete(ids: string[], own: ReturnType<typeof ownChannels>): Promise<number>;
}

const INBOX_ITEM: Table = {
  name: "InboxItem",
  columns: {
    id: "TEXT", channelId: "TEXT", eventId: "TEXT", customer: "TEXT", type: "TEXT", severity: "TEXT", title: "TEXT", body: "TEXT",
    createdAt: "TIME", readAt: "TIME",
  },
};

export function createInboxStore(db: Database): InboxStore {
  const batch = createBatch(async (items: InboxItem[]) => {
    const rows = items as unknown as Record<string, unknown>[];
    await db.writeStatements((tx) => insertRows(tx, INBOX_ITEM, rows, { needsChannel: true, onConflict: `ON CONFLICT ("id") DO NOTHING` }));
    return items.map(() => undefined);
  }, 500);

  /** Items that are there already change in one transaction at a time. */
  function change<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return db.writeAlongside(async (tx) => {
      await takeLocks(tx, { items: () => ["inbox"] });
      return work(tx);
    });
  }

  return {
    add: (item) => batch.add(item),
    async markRead(ids, own, readAt) {
      const where = { readAt: null, ...own, ...(ids ? { id: { in: ids } } : {}) };
      return (await change((tx) => tx.inboxItem.updateMany({ where, data: { readAt } }))).count;
    },
    async delete(ids, own) {
      return (await change((tx) => tx.inboxItem.deleteMany({ where: { ...own, id: { in: ids } } }))).count;
    },
  };
}
