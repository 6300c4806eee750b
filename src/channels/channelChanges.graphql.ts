import { ProviderAccountType } from "../accounts/providerAccount.graphql.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { deletePayload } from "../graphql/deletionImpact.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { ContactType } from "../people/contact.graphql.ts";
import { DigestInput, QuietHoursInput } from "../schedules/schedule.graphql.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";
import { ChannelType } from "./channel.graphql.ts";
import { channelWarnings } from "./channel.model.ts";
import type { References } from "./channel.service.ts";
import type { ChannelRow } from "./channel.store.ts";
import { ChannelConfigInput } from "./channelKind.graphql.ts";

const ChannelPaceInput = builder.inputType("ChannelPaceInput", {
  description: "How fast a channel may be used. What is left out is as the kind has it: the provider's documented limit.",
  fields: (t) => ({
    concurrency: t.int({ description: "Messages under way at once: 1 to 100." }),
    perSecond: t.float({ description: "Messages per second on average: 0.001 to 10,000." }),
    burst: t.int({ description: "Messages that may go out at once before `perSecond` holds: 1 to 10,000." }),
    timeout: t.field({ type: "Duration", description: "One try's time: PT1S to PT5M." }),
  }),
});

const CreateChannelInput = builder.inputType("CreateChannelInput", {
  description: "A new channel.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: unique among the channels of its customer, at most 100 characters." }),
    config: t.field({ type: ChannelConfigInput, required: true, description: "Its config: the one member that is set says which kind it is." }),
    accountId: t.globalID({ for: ProviderAccountType, description: "A provider account that gives the credentials, for kinds that have one. What stands in `config` goes before it." }),
    fallbackId: t.globalID({ for: ChannelType, description: "A channel that gets what this one could not deliver. It may have a fallback itself, up to 5 in a row." }),
    contactId: t.globalID({ for: ContactType, description: "The contact whose channel it is. It belongs to the customer that the contact belongs to." }),
    onlyByRules: t.boolean({ description: "Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it. Left out: true for a contact's channel, else false." }),
    enabled: t.boolean({ description: "Left out: true." }),
    rich: t.boolean({ description: "Left out: true." }),
    pace: t.field({ type: ChannelPaceInput, description: "Left out: as the kind has it." }),
    quietHours: t.field({ type: QuietHoursInput, description: "When it stays quiet. Left out: never." }),
    digest: t.field({ type: DigestInput, description: "When it gets one digest a day of what is only information. Left out: that comes at once." }),
    displayName: t.string({ description: "Its own label for where alerts come from. Left out: the server's." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "Left out: INFO, which is everything." }),
    customers: t.stringList({ description: "Customers to hear of. Left out: all." }),
    services: t.stringList({ description: "Services to hear of. Left out: all." }),
    sources: t.stringList({ description: "Sources to hear of. Left out: all." }),
  }),
});

const UpdateChannelInput = builder.inputType("UpdateChannelInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    name: t.string({ description: "Its name: unique among the channels of its customer, at most 100 characters." }),
    config: t.field({ type: ChannelConfigInput, description: "Its whole config, of the same kind. Secrets that are left out stay." }),
    accountId: t.globalID({ for: ProviderAccountType, description: "The provider account that gives the credentials from now on, in place of its own; null takes it away." }),
    fallbackId: t.globalID({ for: ChannelType, description: "The channel that gets what this one could not deliver from now on; null: none." }),
    contactId: t.globalID({ for: ContactType, description: "The contact whose channel it is from now on: it then hears only of what rules lead to it, unless onlyByRules says otherwise. Null: nobody's." }),
    onlyByRules: t.boolean({ description: "Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it." }),
    enabled: t.boolean({ description: "Whether it is sent anything." }),
    rich: t.boolean({ description: "Whether messages take the kind's native form." }),
    pace: t.field({ type: ChannelPaceInput, description: "How fast it may be used; null returns to what the kind has." }),
    quietHours: t.field({ type: QuietHoursInput, description: "When it stays quiet; null: never. What waits follows the new hours." }),
    digest: t.field({ type: DigestInput, description: "When it gets its daily digest; null: what is information comes at once from now on." }),
    displayName: t.string({ description: "Its own label; empty takes the server's." }),
    minimumSeverity: t.field({ type: SeverityEnum, description: "It gets this severity and those above." }),
    customers: t.stringList({ description: "Customers to hear of; empty: all." }),
    services: t.stringList({ description: "Services to hear of; empty: all." }),
    sources: t.stringList({ description: "Sources to hear of; empty: all." }),
  }),
});

interface GivenReferences {
  accountId?: { id: string } | null | undefined;
  contactId?: { id: string } | null | undefined;
  fallbackId?: { id: string } | null | undefined;
}

/** Null takes a reference away; what is left out stays. */
function referencesOf({ accountId, contactId, fallbackId }: GivenReferences): References {
  return { accountId: accountId && accountId.id, contactId: contactId && contactId.id, fallbackId: fallbackId && fallbackId.id };
}

/** Payloads that hold the channel as it is now. */
function channelPayload(name: string, description: string) {
  return builder.objectRef<{ channel: ChannelRow }>(name).implement({
    description,
    fields: (t) => ({
      channel: t.field({ type: ChannelType, description: "The channel as it is now.", resolve: ({ channel }) => channel }),
      warnings: t.stringList({
        description: "What was taken but can hardly be meant, e.g. quiet hours that never end.",
        resolve: ({ channel: { minimumSeverity, quietHours, digest } }, _args, { services }) =>
          channelWarnings({ minimumSeverity, quietHours: quietHours as unknown as QuietHours | null, digest: digest as unknown as Digest | null }, services.clock.now()),
      }),
    }),
  });
}

builder.mutationField("createChannel", (t) =>
  t.field({
    type: channelPayload("CreateChannelPayload", "The channel is made and in use."),
    description: "Makes a channel. Test the config first with testChannelConfig.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("createChannel", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateChannelInput, required: true, description: "The channel." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ channel: await services.channels.create({ ...input, ...referencesOf(input) } as never, principal) }),
  }),
);

builder.mutationField("updateChannel", (t) =>
  t.field({
    type: channelPayload("UpdateChannelPayload", "The channel is changed."),
    description: "Changes a channel, or switches it on or off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("updateChannel", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }),
      input: t.arg({ type: UpdateChannelInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ channel: await services.channels.update(id.id, { ...input, ...referencesOf(input) } as never, principal) }),
  }),
);

builder.mutationField("duplicateChannel", (t) =>
  t.field({
    type: channelPayload("DuplicateChannelPayload", "The copy is made; it is switched off."),
    description: "Copies a channel with its secrets and overrides under another name. The copy is switched off.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("duplicateChannel", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel to copy." }),
      name: t.arg.string({ required: true, description: "The copy's name." }),
    },
    resolve: async (_root, { id, name }, { services, principal }) => ({ channel: await services.channels.duplicate(id.id, name, principal) }),
  }),
);

builder.mutationField("deleteChannel", (t) =>
  t.field({
    type: deletePayload("DeleteChannelPayload", "The channel is gone, with its overrides, inbox messages and what waited to be sent. Its history stays."),
    description: "Deletes a channel.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("deleteChannel", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ id: globalIdOf("Channel", id.id), impact: await services.channels.delete(id.id, principal) }),
  }),
);

const ChannelOverrideTargetInput = builder.inputType("ChannelOverrideTargetInput", {
  description: "What an override is about: exactly one of both.",
  isOneOf: true,
  fields: (t) => ({
    eventType: t.string({ description: "An event type by any of its names." }),
    category: t.string({ description: "A category: for its types without an override of their own." }),
  }),
});

builder.mutationField("setChannelOverride", (t) =>
  t.field({
    type: channelPayload("SetChannelOverridePayload", "The override is set or removed."),
    description: "Switches an event type or a category on or off for one channel.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("setChannelOverride", ValidationError, NotFoundError),
    args: {
      id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }),
      target: t.arg({ type: ChannelOverrideTargetInput, required: true, description: "What it is about." }),
      enabled: t.arg.boolean({ description: "Null or left out removes the override." }),
    },
    resolve: async (_root, { id, target, enabled }, { services, principal }) => ({
      channel: await services.channels.setOverride(id.id, await services.triggers.overrideTarget(target, principal), enabled ?? null, principal),
    }),
  }),
);
