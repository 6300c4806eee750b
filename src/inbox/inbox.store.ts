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

/** All may be hundreds of thousands: what comes in has its turn between two steps. */
const LARGEST_STEP = 500;

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
      for (let marked = 0; ; ) {
        const count = await change(async (tx) => {
          const some = await tx.inboxItem.findMany({ where: { readAt: null, ...own, ...(ids ? { id: { in: ids } } : {}) }, select: { id: true }, take: LARGEST_STEP });
          return (await tx.inboxItem.updateMany({ where: { id: { in: some.map(({ id }) => id) } }, data: { readAt } })).count;
        });
        marked += count;
        if (count < LARGEST_STEP) return marked;
      }
    },
    async delete(ids, own) {
      return (await change((tx) => tx.inboxItem.deleteMany({ where: { ...own, id: { in: ids } } }))).count;
    },
  };
}
