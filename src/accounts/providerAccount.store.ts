import type { Database, Transaction } from "../db/database.ts";
import type { Prisma, ProviderAccount as ProviderAccountRow } from "../db/generated/client.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";

export type { ProviderAccountRow };

export interface ProviderAccountStore {
  all(): Promise<ProviderAccountRow[]>;
  /** @param owner of whom it must be; null: of no customer */
  find(id: string, owner: { customer?: string | null }): Promise<ProviderAccountRow | null>;
  /** @throws {ConflictError} when the name is taken */
  insert(row: ProviderAccountRow): Promise<void>;
  /** @throws {ConflictError} when the name is taken */
  update(id: string, changes: Partial<ProviderAccountRow>): Promise<ProviderAccountRow>;
  /** Names of the channels that use it. */
  usedBy(id: string): Promise<string[]>;
  /** Switches off the channels that use it. */
  delete(id: string, reason: string, now: Date): Promise<void>;
}

const TAKEN = (name: string) => `There is already a provider account named "${name}". Choose another name.`;

export function createProviderAccountStore(db: Database): ProviderAccountStore {
  return {
    all: () => db.read.providerAccount.findMany({ orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.providerAccount.findUnique({ where: { id, ...owner } }),
    async insert(row) {
      await whenNameIsFree(TAKEN(row.name), () => db.write((tx) => tx.providerAccount.create({ data: row as Prisma.ProviderAccountCreateInput })));
    },
    update: (id, changes) =>
      whenNameIsFree(TAKEN(changes.name ?? ""), () => db.write((tx) => tx.providerAccount.update({ where: { id }, data: changes as Prisma.ProviderAccountUpdateInput }))),
    async usedBy(id) {
      const rows = await db.read.channel.findMany({ where: { accountId: id }, select: { name: true }, orderBy: { name: "asc" } });
      return rows.map(({ name }) => name);
    },
    async delete(id, disabledReason, updatedAt) {
      await db.write(async (tx) => {
        await tx.channel.updateMany({ where: { accountId: id }, data: { enabled: false, disabledReason, updatedAt } });
        await tx.providerAccount.delete({ where: { id } });
      });
    },
  };
}

/** Encrypts every account's secrets anew. @returns how many accounts have any */
export async function resealProviderAccounts(tx: Transaction, reseal: (sealed: string, accountId: string) => string): Promise<number> {
  const rows = await tx.providerAccount.findMany({ where: { secrets: { not: null } }, select: { id: true, secrets: true } });
  for (const { id, secrets } of rows) await tx.providerAccount.update({ where: { id }, data: { secrets: reseal(secrets as string, id) } });
  return rows.length;
}
