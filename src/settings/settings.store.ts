import type { Database, Transaction } from "../db/database.ts";
import type { Prisma } from "../db/generated/client.ts";

/** One JSON value a key. */
export interface SettingStore {
  get(key: string): Promise<unknown>;
  /** Changes a setting: other processes hear of it. */
  set(key: string, value: unknown, at: Date): Promise<void>;
  /** Notes what the server has to remember, and nobody sets. */
  note(key: string, value: unknown, at: Date): Promise<void>;
}

export function createSettingStore(db: Database): SettingStore {
  return {
    async get(key) {
      return (await db.read.setting.findUnique({ where: { key } }))?.value;
    },
    set: (key, value, at) => db.write((tx) => upsert(tx, key, value, at)),
    note: (key, value, at) => db.writeAlongside((tx) => upsert(tx, key, value, at)),
  };
}

async function upsert(tx: Transaction, key: string, value: unknown, updatedAt: Date): Promise<void> {
  const json = value as Prisma.InputJsonValue;
  await tx.setting.upsert({ where: { key }, create: { key, value: json, updatedAt }, update: { value: json, updatedAt } });
}
