import type { Database, Transaction } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import { findDeletionImpact } from "../db/deletionImpact.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import type { ContactGroup as ContactGroupRow, ContactGroupMember } from "../db/generated/client.ts";
import { refuseUnknownTargets } from "../db/knownTargets.ts";

export type { ContactGroupMember, ContactGroupRow };
export type GroupWithMembers = ContactGroupRow & { members: ContactGroupMember[] };

type CheckGroups = (groups: GroupWithMembers[]) => void;

export interface ContactGroupStore {
  all(): Promise<GroupWithMembers[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<GroupWithMembers | null>;
  /**
   * @param check is given all groups as they would be then, and may throw
   * @returns false when there are so many, and it is not added
   * @throws {ConflictError} when the name is taken @throws {ValidationError} when a member is not there
   */
  insert(row: ContactGroupRow, members: readonly ContactGroupMember[], most: number, check: CheckGroups): Promise<boolean>;
  /**
   * @param members its new ones; null leaves them as they are
   * @throws {ConflictError} when the name is taken @throws {ValidationError} when a member is not there
   */
  update(id: string, changes: Partial<ContactGroupRow>, members: readonly ContactGroupMember[] | null, check: CheckGroups): Promise<ContactGroupRow>;
  /** @param owner whose settings are named */
  deletionImpact(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
  /** @returns what it was taken from */
  delete(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
}

const taken = (name: string) => `There is already a contact group named "${name}". Choose another name.`;
const WITH_MEMBERS = { include: { members: { orderBy: { id: "asc" } } } } as const;

export function createContactGroupStore(db: Database): ContactGroupStore {
  return {
    all: () => db.read.contactGroup.findMany({ ...WITH_MEMBERS, orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.contactGroup.findFirst({ where: { id, ...owner }, ...WITH_MEMBERS }),
    insert: (row, members, most, check) =>
      whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          if ((await tx.contactGroup.count({ where: { customer: row.customer } })) >= most) return false;
          await tx.contactGroup.create({ data: row });
          await replaceMembers(tx, row, members, check);
          return true;
        }),
      ),
    update: (id, changes, members, check) =>
      whenNameIsFree(taken(changes.name ?? ""), () =>
        db.write(async (tx) => {
          const row = await tx.contactGroup.update({ where: { id }, data: changes });
          if (members) await replaceMembers(tx, row, members, check);
          return row;
        }),
      ),
    deletionImpact: (id, owner) => findDeletionImpact(db.read, { groupId: id }, owner),
    delete: (id, owner) =>
      db.write(async (tx) => {
        const impact = await findDeletionImpact(tx, { groupId: id }, owner);
        await tx.contactGroup.delete({ where: { id } });
        return impact;
      }),
  };
}

/** @throws what `check` throws, and {ValidationError} when a member is not there: the transaction is undone then */
async function replaceMembers(tx: Transaction, { id, customer }: ContactGroupRow, members: readonly ContactGroupMember[], check: CheckGroups): Promise<void> {
  await refuseUnknownTargets(tx, customer, { contactIds: members.flatMap(({ contactId }) => contactId ?? []), groupIds: members.flatMap(({ memberId }) => memberId ?? []) });
  await tx.contactGroupMember.deleteMany({ where: { groupId: id } });
  if (members.length > 0) await tx.contactGroupMember.createMany({ data: [...members] });
  check(await tx.contactGroup.findMany(WITH_MEMBERS));
}
