import { ownCustomers, ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { deletePayload, DeletionImpactType } from "../graphql/deletionImpact.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { ContactType } from "./contact.graphql.ts";
import { GROUP_LIMITS } from "./contactGroup.model.ts";
import type { ContactGroupRow } from "./contactGroup.store.ts";

export const ContactGroupType = builder.prismaNode("ContactGroup", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal) }),
  nullable: true,
  description: "A set of contacts, and of other groups.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer that it belongs to; null: the server's own." }),
    contacts: t.prismaField({
      type: [ContactType],
      description: "The contacts that it names itself, the oldest first.",
      resolve: (query, { id }, _args, { services }) => services.db.contact.findMany({ ...query, where: { memberships: { some: { groupId: id } } }, orderBy: { id: "asc" } }),
    }),
    allContacts: t.prismaConnection(
      {
        type: ContactType,
        cursor: "id",
        description: "Everybody in it, by itself or by the groups in it, each once, the oldest first.",
        resolve: (query, { id }, _args, { services }) => services.db.contact.findMany({ ...query, where: memberOf(services.snapshot.current.directory.groupsWithin(id)), orderBy: { id: "asc" } }),
        totalCount: ({ id }, _args, { services }) => services.db.contact.count({ where: memberOf(services.snapshot.current.directory.groupsWithin(id)) }),
      },
      { name: "ContactGroupContactConnection", description: "A page of the contacts in a group." },
      { name: "ContactGroupContactEdge", description: "A contact in a group and its place in the list." },
    ),
    deletionImpact: t.field({ type: DeletionImpactType, description: "What deleting it would take it from. Its members stay.", resolve: ({ id }, _args, { services, principal }) => services.contactGroups.deletionImpact(id, principal) }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

builder.prismaObjectField(ContactGroupType, "groups", (t) =>
  t.prismaField({
    type: [ContactGroupType],
    description: "The groups that it names itself, the oldest first.",
    resolve: (query, { id }, _args, { services }) => services.db.contactGroup.findMany({ ...query, where: { memberships: { some: { groupId: id } } }, orderBy: { id: "asc" } }),
  }),
);

builder.prismaObjectField(ContactType, "groups", (t) =>
  t.prismaField({
    type: [ContactGroupType],
    description: "The groups that name it, the oldest first.",
    resolve: (query, { id }, _args, { services, principal }) => services.db.contactGroup.findMany({ ...query, where: { members: { some: { contactId: id } }, ...ownedBy(principal) }, orderBy: { id: "asc" } }),
  }),
);

function memberOf(groupIds: string[]) {
  return { memberships: { some: { groupId: { in: groupIds } } } };
}

const ContactGroupFilter = builder.inputType("ContactGroupFilter", {
  description: "Which contact groups are wanted; what is left out does not matter.",
  fields: (t) => ({
    names: t.stringList({ description: "With one of these names." }),
    customers: t.stringList({ description: "Of these customers." }),
  }),
});

builder.queryField("contactGroups", (t) =>
  t.prismaConnection(
    {
      type: ContactGroupType,
      cursor: "id",
      description: "The contact groups, the oldest first.",
      authScopes: { may: "SETTINGS_READ" },
      args: { filter: t.arg({ type: ContactGroupFilter, description: "Left out: all." }) },
      resolve: (query, _root, { filter }, { services, principal }) => services.db.contactGroup.findMany({ ...query, where: groupWhere(filter, principal), orderBy: { id: "asc" } }),
      totalCount: (_root, { filter }, { services, principal }) => services.db.contactGroup.count({ where: groupWhere(filter, principal) }),
    },
    { name: "ContactGroupConnection", description: "A page of contact groups." },
    { name: "ContactGroupEdge", description: "A contact group and its place in the list." },
  ),
);

function groupWhere(filter: typeof ContactGroupFilter.$inferInput | null | undefined, principal: Principal | null) {
  const own = ownCustomers(principal, filter?.customers);
  return { ...(filter?.names ? { name: { in: filter.names } } : {}), ...(own ? { customer: { in: [...own] } } : {}) };
}

builder.queryField("contactGroup", (t) =>
  t.prismaField({
    type: ContactGroupType,
    nullable: true,
    description: "One contact group; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: ContactGroupType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.contactGroup.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal) } }),
  }),
);

const NAME = "Its name: unique, at most 100 characters.";
const MOST = `at most ${GROUP_LIMITS.members} members in all`;

const CreateContactGroupInput = builder.inputType("CreateContactGroupInput", {
  description: "A new contact group.",
  fields: (t) => ({
    name: t.string({ required: true, description: NAME }),
    customer: t.string({ description: "The customer that it belongs to: then so must its members. Left out: the token's, or none." }),
    contactIds: t.globalIDList({ for: ContactType, description: `The contacts in it: ${MOST}. Left out: none.` }),
    groupIds: t.globalIDList({ for: ContactGroupType, description: `The groups in it: ${MOST}, ${GROUP_LIMITS.depth} groups deep. Left out: none.` }),
  }),
});

const UpdateContactGroupInput = builder.inputType("UpdateContactGroupInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: NAME }),
    contactIds: t.globalIDList({ for: ContactType, description: `The contacts in it, the whole list: ${MOST}.` }),
    groupIds: t.globalIDList({ for: ContactGroupType, description: `The groups in it, the whole list: ${MOST}, ${GROUP_LIMITS.depth} groups deep, none that holds this one.` }),
  }),
});

/** Its members by the ids that the database has. */
function membersOf({ contactIds, groupIds }: { contactIds?: { id: string }[] | null | undefined; groupIds?: { id: string }[] | null | undefined }) {
  return { contactIds: contactIds?.map(({ id }) => id), groupIds: groupIds?.map(({ id }) => id) };
}

/** Payloads that hold the group as it is now. */
function groupPayload(name: string, description: string) {
  return builder.objectRef<{ contactGroup: ContactGroupRow }>(name).implement({
    description,
    fields: (t) => ({ contactGroup: t.field({ type: ContactGroupType, description: "The contact group as it is now.", resolve: ({ contactGroup }) => contactGroup }) }),
  });
}

builder.mutationField("createContactGroup", (t) =>
  t.field({
    type: groupPayload("CreateContactGroupPayload", "The contact group is made."),
    description: "Makes a contact group.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createContactGroup", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateContactGroupInput, required: true, description: "The contact group." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ contactGroup: await services.contactGroups.create({ ...input, ...membersOf(input) }, principal as Principal) }),
  }),
);

builder.mutationField("updateContactGroup", (t) =>
  t.field({
    type: groupPayload("UpdateContactGroupPayload", "The contact group is changed."),
    description: "Changes a contact group.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateContactGroup", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ContactGroupType, description: "The contact group." }),
      input: t.arg({ type: UpdateContactGroupInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ contactGroup: await services.contactGroups.update(id.id, { ...input, ...membersOf(input) } as never, principal as Principal) }),
  }),
);

builder.mutationField("deleteContactGroup", (t) =>
  t.field({
    type: deletePayload("DeleteContactGroupPayload", "The contact group is gone. Its members stay."),
    description: "Deletes a contact group. Ask for its deletionImpact first.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteContactGroup", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ContactGroupType, description: "The contact group." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ id: globalIdOf("ContactGroup", id.id), impact: await services.contactGroups.delete(id.id, principal as Principal) }),
  }),
);
