import type { Database } from "../db/database.ts";
import { Prisma } from "../db/generated/client.ts";
import type { AccessToken } from "../db/generated/client.ts";
import { takeLocks } from "../db/transactionLocks.ts";

export type { AccessToken };

export interface AccessTokenStore {
  all(): Promise<AccessToken[]>;
  insert(token: AccessToken): Promise<void>;
  /** Replaces the hash of the token with this id, or adds it. */
  upsert(token: AccessToken): Promise<void>;
  /** Changes a token that is not revoked; gives it as it then is, null when there is none. */
  update(id: string, changes: Partial<AccessToken>): Promise<AccessToken | null>;
  /** Whether there is this contact, of exactly this customer. */
  hasContact(id: string, customer: string | null): Promise<boolean>;
  /** Sets the time of revocation; null when there is no such token. */
  revoke(id: string, at: Date): Promise<AccessToken | null>;
  /** Notes when tokens were last used: no change of settings, of which other processes would have to hear. */
  touch(uses: Map<string, Date>): Promise<void>;
}

export function createAccessTokenStore(db: Database): AccessTokenStore {
  return {
    all: () => db.read.accessToken.findMany({ orderBy: { id: "asc" } }),
    async insert(token) {
      await db.write((tx) => tx.accessToken.create({ data: asInput(token) }));
    },
    async upsert(token) {
      const { id: _, createdAt: __, ...changes } = token;
      await db.write((tx) => tx.accessToken.upsert({ where: { id: token.id }, create: asInput(token), update: asInput(changes) }));
    },
    update: (id, changes) =>
      db.write(async (tx) => {
        await tx.accessToken.updateMany({ where: { id, revokedAt: null }, data: changes as Prisma.AccessTokenUpdateManyMutationInput });
        return tx.accessToken.findUnique({ where: { id } });
      }),
    hasContact: async (id, customer) => (await db.read.contact.count({ where: { id, customer } })) > 0,
    revoke: (id, at) =>
      db.write(async (tx) => {
        const token = await tx.accessToken.findUnique({ where: { id } });
        return token && tx.accessToken.update({ where: { id }, data: { revokedAt: token.revokedAt ?? at } });
      }),
    async touch(uses) {
      await db.writeAlongside(async (tx) => {
        await takeLocks(tx, { alone: ["SETTINGS"] });
        for (const [id, lastUsedAt] of uses) await tx.accessToken.updateMany({ where: { id }, data: { lastUsedAt } });
      });
    },
  };
}

/** Prisma's input types tell a JSON column's NULL from JSON's own. */
function asInput<Row extends Partial<AccessToken>>(row: Row): Row & { scopes: Prisma.InputJsonValue | typeof Prisma.DbNull } {
  return { ...row, scopes: row.scopes ?? Prisma.DbNull } as Row & { scopes: Prisma.InputJsonValue | typeof Prisma.DbNull };
}
