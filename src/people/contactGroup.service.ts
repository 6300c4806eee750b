import { ownerOf } from "../access/owner.ts";
import { ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import { GROUP_LIMITS, contactGroupChange, contactGroupInput, nestingProblem } from "./contactGroup.model.ts";
import type { ContactGroup, ContactGroupChange, ContactGroupInput } from "./contactGroup.model.ts";
import type { ContactGroupMember, ContactGroupRow, ContactGroupStore, GroupWithMembers } from "./contactGroup.store.ts";

export interface ContactGroupService {
  /** Every group, for the settings snapshot. */
  load(): Promise<ContactGroup[]>;
  /** @param input `customer` is whose it is to be: a customer's token makes its own */
  create(input: ContactGroupInput, by: Principal): Promise<ContactGroupRow>;
  update(id: string, input: ContactGroupChange, by: Principal): Promise<ContactGroupRow>;
  /** What deleting it would take it from. */
  deletionImpact(id: string, by: Principal | null): Promise<DeletionImpact>;
  /** @returns what it was taken from */
  delete(id: string, by: Principal): Promise<DeletionImpact>;
}

export interface ContactGroupServiceDeps {
  store: ContactGroupStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
}

export function createContactGroupService({ store, clock, ids, changed }: ContactGroupServiceDeps): ContactGroupService {
  async function find(id: string, by: Principal | null): Promise<GroupWithMembers> {
    const row = await store.find(id, ownedBy(by));
    if (!row) throw new NotFoundError("This contact group");
    return row;
  }

  /** @throws {ValidationError} when there are too many */
  function membersOf(groupId: string, contactIds: readonly string[], groupIds: readonly string[]): ContactGroupMember[] {
    const count = contactIds.length + groupIds.length;
    if (count > GROUP_LIMITS.members) throw ValidationError.of("groupIds", `must be at most ${GROUP_LIMITS.members} members together with contactIds; these are ${count}`, "too_big");
    return [
      ...contactIds.map((contactId) => ({ id: ids.next(), groupId, contactId, memberId: null })),
      ...groupIds.map((memberId) => ({ id: ids.next(), groupId, contactId: null, memberId })),
    ];
  }

  return {
    load: async () => (await store.all()).map(groupOf),

    async create({ customer, ...rest }, by) {
      const { name, contactIds, groupIds } = parseInput(contactGroupInput, rest);
      const now = clock.now();
      const row: ContactGroupRow = { id: ids.next(), name, customer: ownerOf(by, customer), createdAt: now, updatedAt: now };
      const inserted = await store.insert(row, membersOf(row.id, contactIds, groupIds), GROUP_LIMITS.groups, (all) => refuseNesting(row.id, groupIds, all.map(groupOf)));
      if (!inserted) throw new ConflictError(`There are already ${GROUP_LIMITS.groups} contact groups. Delete some first.`);
      await changed();
      return row;
    },

    async update(id, input, by) {
      const before = groupOf(await find(id, by));
      const { name, ...given } = parseInput(contactGroupChange, withoutNulls(input));
      const contactIds = given.contactIds ?? before.contactIds;
      const groupIds = given.groupIds ?? before.groupIds;
      const members = given.contactIds || given.groupIds ? membersOf(id, contactIds, groupIds) : null;
      const row = await store.update(id, { ...(name === undefined ? {} : { name }), updatedAt: clock.now() }, members, (all) => refuseNesting(id, groupIds, all.map(groupOf)));
      await changed();
      return row;
    },

    async deletionImpact(id, by) {
      await find(id, by);
      return store.deletionImpact(id, ownedBy(by));
    },

    async delete(id, by) {
      await find(id, by);
      const impact = await store.delete(id, ownedBy(by));
      await changed();
      return impact;
    },
  };
}

function groupOf({ id, name, customer, members }: GroupWithMembers): ContactGroup {
  return { id, name, customer, contactIds: members.flatMap(({ contactId }) => contactId ?? []), groupIds: members.flatMap(({ memberId }) => memberId ?? []) };
}

/** @throws {ValidationError} when the group would hold itself, or be too deep, naming the way */
function refuseNesting(id: string, given: readonly string[], groups: readonly ContactGroup[]): void {
  const problem = nestingProblem(id, new Map(groups.map((group) => [group.id, group.groupIds])));
  if (!problem) return;
  const names = new Map(groups.map((group) => [group.id, group.name]));
  const way = problem.way.map((one) => `"${names.get(one) ?? ""}"`).join(" → ");
  const message = problem.fault === "CYCLE" ? `must not hold the group itself: ${way}` : `must be at most ${GROUP_LIMITS.depth} groups deep: ${way}`;
  throw ValidationError.of(`groupIds.${given.indexOf(problem.memberId)}`, message, problem.fault === "CYCLE" ? "cycle" : "too_big");
}
