import type { Database } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import { deleteChannels } from "../db/deletedChannels.ts";
import { findDeletionImpact } from "../db/deletionImpact.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import type { Contact as ContactRow, Prisma } from "../db/generated/client.ts";

export type { ContactRow };

export interface ContactStore {
  all(): Promise<ContactRow[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<ContactRow | null>;
  /** @returns false when there are so many, and it is not added. @throws {ConflictError} when the name is taken */
  insert(row: ContactRow, most: number): Promise<boolean>;
  /** @throws {ConflictError} when the name is taken */
  update(id: string, changes: Partial<ContactRow>): Promise<ContactRow>;
  /** @param owner whose settings are named */
  deletionImpact(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
  /** Takes its channels along. @returns what went with it */
  delete(id: string, owner: { customer?: string }, now: Date): Promise<DeletionImpact>;
}

const taken = (name: string) => `There is already a contact named "${name}". Choose another name.`;

export function createContactStore(db: Database): ContactStore {
  return {
    all: () => db.read.contact.findMany({ orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.contact.findFirst({ where: { id, ...owner } }),
    insert: (row, most) =>
      whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          if ((await tx.contact.count({ where: { customer: row.customer } })) >= most) return false;
          await tx.contact.create({ data: row as Prisma.ContactCreateInput });
          return true;
        }),
      ),
    update: (id, changes) => whenNameIsFree(taken(changes.name ?? ""), () => db.write((tx) => tx.contact.update({ where: { id }, data: changes as Prisma.ContactUpdateInput }))),
    deletionImpact: (id, owner) => findDeletionImpact(db.read, { contactId: id }, owner),
    delete: (id, owner, now) =>
      // Lanes go with its channels: nobody who writes what they have sent may wait for this while this waits for them.
      db.write(
        async (tx) => {
          const impact = await findDeletionImpact(tx, { contactId: id }, owner);
          const channels = await tx.channel.findMany({ where: { contactId: id }, select: { id: true } });
          await deleteChannels(tx, channels.map((channel) => channel.id), now);
          await tx.contact.delete({ where: { id } });
          return impact;
        },
        ["ATTEMPTS", "HELD"],
      ),
  };
}
