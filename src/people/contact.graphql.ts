import { ownCustomers, ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { deletePayload, DeletionImpactType } from "../graphql/deletionImpact.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { contactOf } from "./contact.service.ts";
import type { ContactRow } from "./contact.store.ts";

export const ContactType = builder.prismaNode("Contact", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal) }),
  nullable: true,
  description: "A person with channels of their own. Alert rules lead to people, by themselves or in groups.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer that it belongs to; null: the server's own." }),
    enabled: t.exposeBoolean("enabled", { description: "Whether its channels are sent anything." }),
    customers: t.stringList({ description: "Customers that the person wants to hear of; empty: all, and what belongs to none.", resolve: (row) => contactOf(row).customers }),
    categories: t.stringList({ description: "Categories of event types that the person wants to hear of; empty: all.", resolve: (row) => contactOf(row).categories }),
    severities: t.field({ type: [SeverityEnum], description: "Severities that the person wants to hear of; empty: all.", resolve: (row) => contactOf(row).severities }),
    channels: t.relation("channels", { type: ChannelType, description: "The person's own channels, the oldest first.", query: { orderBy: { id: "asc" } } }),
    deletionImpact: t.field({ type: DeletionImpactType, description: "What deleting it would take along.", resolve: ({ id }, _args, { services, principal }) => services.contacts.deletionImpact(id, principal) }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

builder.prismaObjectField(ChannelType, "contact", (t) => t.relation("contact", { type: ContactType, nullable: true, description: "The person whose channel it is; null: nobody's in particular." }));

const ContactFilter = builder.inputType("ContactFilter", {
  description: "Which contacts are wanted; what is left out does not matter.",
  fields: (t) => ({
    names: t.stringList({ description: "With one of these names." }),
    customers: t.stringList({ description: "Of these customers." }),
    enabled: t.boolean({ description: "Switched on, or off." }),
  }),
});

builder.queryField("contacts", (t) =>
  t.prismaConnection(
    {
      type: ContactType,
      cursor: "id",
      description: "The contacts, the oldest first.",
      authScopes: { may: "SETTINGS_READ" },
      args: { filter: t.arg({ type: ContactFilter, description: "Left out: all." }) },
      resolve: (query, _root, { filter }, { services, principal }) => services.db.contact.findMany({ ...query, where: contactWhere(filter, principal), orderBy: { id: "asc" } }),
      totalCount: (_root, { filter }, { services, principal }) => services.db.contact.count({ where: contactWhere(filter, principal) }),
    },
    { name: "ContactConnection", description: "A page of contacts." },
    { name: "ContactEdge", description: "A contact and its place in the list." },
  ),
);

function contactWhere(filter: typeof ContactFilter.$inferInput | null | undefined, principal: Principal | null) {
  const { names, customers, enabled } = filter ?? {};
  const own = ownCustomers(principal, customers);
  return { ...(names ? { name: { in: names } } : {}), ...(own ? { customer: { in: [...own] } } : {}), ...(enabled === null || enabled === undefined ? {} : { enabled }) };
}

builder.queryField("contact", (t) =>
  t.prismaField({
    type: ContactType,
    nullable: true,
    description: "One contact; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: ContactType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.contact.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal) } }),
  }),
);

const NAME = "Its name: unique, at most 100 characters.";
const CATEGORY_NAMES = CATEGORIES.map(({ name }) => name).join(", ");

const CreateContactInput = builder.inputType("CreateContactInput", {
  description: "A new contact. Its channels are made by createChannel with contactId.",
  fields: (t) => ({
    name: t.string({ required: true, description: NAME }),
    customer: t.string({ description: "The customer that it belongs to. Left out: the token's, or none." }),
    enabled: t.boolean({ description: "Left out: true." }),
    customers: t.stringList({ description: "Customers to hear of. Left out: all." }),
    categories: t.stringList({ description: `Categories to hear of: ${CATEGORY_NAMES}. Left out: all.` }),
    severities: t.field({ type: [SeverityEnum], description: "Severities to hear of. Left out: all." }),
  }),
});

const UpdateContactInput = builder.inputType("UpdateContactInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: NAME }),
    enabled: t.boolean({ description: "Whether its channels are sent anything." }),
    customers: t.stringList({ description: "Customers to hear of; empty: all." }),
    categories: t.stringList({ description: "Categories to hear of; empty: all." }),
    severities: t.field({ type: [SeverityEnum], description: "Severities to hear of; empty: all." }),
  }),
});

/** Payloads that hold the contact as it is now. */
function contactPayload(name: string, description: string) {
  return builder.objectRef<{ contact: ContactRow }>(name).implement({
    description,
    fields: (t) => ({ contact: t.field({ type: ContactType, description: "The contact as it is now.", resolve: ({ contact }) => contact }) }),
  });
}

builder.mutationField("createContact", (t) =>
  t.field({
    type: contactPayload("CreateContactPayload", "The contact is made."),
    description: "Makes a contact.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createContact", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateContactInput, required: true, description: "The contact." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ contact: await services.contacts.create(input, principal as Principal) }),
  }),
);

builder.mutationField("updateContact", (t) =>
  t.field({
    type: contactPayload("UpdateContactPayload", "The contact is changed."),
    description: "Changes a contact, or what the person wants to hear of, or switches it on or off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateContact", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ContactType, description: "The contact." }),
      input: t.arg({ type: UpdateContactInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ contact: await services.contacts.update(id.id, input as never, principal as Principal) }),
  }),
);

builder.mutationField("deleteContact", (t) =>
  t.field({
    type: deletePayload("DeleteContactPayload", "The contact is gone, with its channels. Their history stays."),
    description: "Deletes a contact and its channels. Ask for its deletionImpact first.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteContact", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ContactType, description: "The contact." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ id: globalIdOf("Contact", id.id), impact: await services.contacts.delete(id.id, principal as Principal) }),
  }),
);
