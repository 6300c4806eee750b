import type { Database, Transaction } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import { deleteChannels } from "../db/deletedChannels.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { findDeletionImpact } from "../db/deletionImpact.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { Prisma } from "../db/generated/client.ts";
import type { Channel as ChannelRow, ChannelOverride } from "../db/generated/client.ts";
import { execute, raw, sql } from "../db/sql.ts";
import type { SqlClient } from "../db/sql.ts";

export type { ChannelRow, ChannelOverride };
export type ChannelWithOverrides = ChannelRow & { overrides: ChannelOverride[] };

export interface ChannelStore {
  all(): Promise<ChannelWithOverrides[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<ChannelWithOverrides | null>;
  usingAccount(accountId: string): Promise<ChannelWithOverrides[]>;
  /** @throws {ConflictError} when the name is taken */
  insert(row: ChannelRow, overrides: ChannelOverride[]): Promise<void>;
  /** @throws {ConflictError} when the name is taken */
  update(id: string, changes: Partial<ChannelRow>): Promise<ChannelRow>;
  deletionImpact(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
  /** Takes its deliveries, overrides and inbox messages along; the history stays. @returns what went with it */
  delete(id: string, owner: { customer?: string }, now: Date): Promise<DeletionImpact>;
  setOverride(override: ChannelOverride): Promise<void>;
  removeOverride(channelId: string, target: { eventType?: string; category?: string }): Promise<void>;
}

const taken = (name: string) => `There is already a channel named "${name}". Choose another name.`;

export function createChannelStore(db: Database): ChannelStore {
  return {
    all: () => db.read.channel.findMany({ where: NOT_DELETED, include: { overrides: true }, orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.channel.findUnique({ where: { id, ...owner, ...NOT_DELETED }, include: { overrides: true } }),
    usingAccount: (accountId) => db.read.channel.findMany({ where: { accountId }, include: { overrides: true } }),
    async insert(row, overrides) {
      await whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          await tx.channel.create({ data: asInput(row) });
          if (overrides.length > 0) await tx.channelOverride.createMany({ data: overrides });
        }),
      );
    },
    update: (id, changes) => whenNameIsFree(taken(changes.name ?? ""), () => db.write((tx) => tx.channel.update({ where: { id, ...NOT_DELETED }, data: asInput(changes) }))),
    deletionImpact: (id, owner) => findDeletionImpact(db.read, { channelId: id }, owner),
    delete: (id, owner, now) =>
      // Its lane goes with it: nobody who writes what it has sent may wait for this while this waits for them.
      db.write(
        async (tx) => {
          const impact = await findDeletionImpact(tx, { channelId: id }, owner);
          await deleteChannels(tx, [id], now);
          return impact;
        },
        ["ATTEMPTS", "HELD"],
      ),
    async setOverride(override) {
      const { id: _, channelId, eventType, category, enabled } = override;
      await db.write(async (tx) => {
        const found = await tx.channelOverride.updateMany({ where: { channelId, eventType, category }, data: { enabled } });
        if (found.count === 0) await tx.channelOverride.create({ data: override });
      });
    },
    async removeOverride(channelId, target) {
      await db.write((tx) => tx.channelOverride.deleteMany({ where: { channelId, eventType: target.eventType ?? null, category: target.category ?? null } }));
    },
  };
}

/** Prisma's input types want JSON columns as input values; the rows' own types are the same values read, but for the database's NULL. */
function asInput<Row extends Partial<ChannelRow>>(row: Row): Row & Prisma.ChannelUncheckedCreateInput {
  const nulls = (["pace", "quietHours", "digest"] as const).filter((name) => row[name] === null).map((name) => [name, Prisma.DbNull] as const);
  return { ...row, ...Object.fromEntries(nulls) } as unknown as Row & Prisma.ChannelUncheckedCreateInput;
}

/** Notes that a channel fails, or that it works again. @returns false when that is known, or the channel is gone */
export async function setFailingSince(tx: SqlClient, id: string, failingSince: Date | null): Promise<boolean> {
  const isNew = failingSince ? raw("IS NULL") : raw("IS NOT NULL");
  return (await execute(tx, sql`UPDATE "Channel" SET "failingSince" = ${failingSince} WHERE "id" = ${id} AND "failingSince" ${isNew}`)) > 0;
}

/** Encrypts every channel's secrets anew. @returns how many channels have any */
export async function resealChannels(tx: Transaction, reseal: (sealed: string, channelId: string) => string): Promise<number> {
  const rows = await tx.channel.findMany({ where: { secrets: { not: null } }, select: { id: true, secrets: true } });
  for (const { id, secrets } of rows) await tx.channel.update({ where: { id }, data: { secrets: reseal(secrets as string, id) } });
  return rows.length;
}
