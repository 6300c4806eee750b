import type { Database } from "../db/database.ts";
import type { Prisma } from "../db/generated/client.ts";

/** One JSON value a key. */
export interface SettingStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, at: Date): Promise<void>;
}

export function createSettingStore(db: Database): SettingStore {
  return {
    async get(key) {
      return (await db.read.setting.findUnique({ where: { key } }))?.value;
    },
    async set(key, value, updatedAt) {
      const json = value as Prisma.InputJsonValue;
      await db.write((tx) => tx.setting.upsert({ where: { key }, create: { key, value: json, updatedAt }, update: { value: json, updatedAt } }));
    },
  };
}
