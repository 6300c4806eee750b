import { CATEGORIES } from "../catalogue/category.ts";
import type { Category } from "../catalogue/category.ts";
import { ChannelType } from "../channels/channel.graphql.ts";
import { RecipientConfigInput } from "../channels/channelKind.graphql.ts";
import type { CompiledTrigger } from "../decide/settings.ts";
import { NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { SeverityEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { Services } from "../services.ts";
import { CategoryType, compiledOrThrow, EventTypeType, eventTypePayload } from "./eventType.graphql.ts";
import { triggerWarnings } from "./trigger.model.ts";

const TriggerRecipientInput = builder.inputType("TriggerRecipientInput", {
  description: "Who gets an event type's events on one channel, in place of whom the channel names.",
  fields: (t) => ({
    channelId: t.globalID({ required: true, for: ChannelType, description: "The channel." }),
    config: t.field({ type: RecipientConfigInput, required: true, description: "Who gets them." }),
  }),
});

const BurstInput = builder.inputType("BurstInput", {
  description: "So many messages on one event type a channel gets one by one within a time; the rest comes as one message.",
  fields: (t) => ({
    count: t.int({ required: true, description: "So many come one by one: 1 to 10,000; 0: every message comes by itself." }),
    window: t.field({ type: "Duration", required: true, description: "The time that they are counted in: PT1S to P1D." }),
  }),
});

const UpdateTriggerInput = builder.inputType("UpdateTriggerInput", {
  description: "Settings of one event type. What is left out stays; null returns to the catalogue's default.",
  fields: (t) => ({
    enabled: t.boolean({ description: "The master toggle." }),
    severity: t.field({ type: SeverityEnum, description: "The severity of an event that brings none." }),
    cooldown: t.field({ type: "Duration", description: "Between two messages on the same thing, e.g. PT10M; PT0S switches it off. At most a year." }),
    hold: t.field({ type: "Duration", description: "How long a problem must go on before it is told of, e.g. PT5M: what is over before is not told of. At most 7 days. Recoveries have none." }),
    burst: t.field({ type: BurstInput, description: "How many of its messages a channel gets one by one." }),
    steps: t.floatList({ description: "Threshold steps: 1 to 10 numbers, for types that have a threshold." }),
    channelIds: t.globalIDList({ for: ChannelType, description: "The only channels that receive it." }),
    recipients: t.field({ type: [TriggerRecipientInput], description: "Who gets its events in place of whom a channel names: the whole list. The recovery goes to the same." }),
  }),
});

const UpdateTriggerPayload = builder.objectRef<{ eventType: CompiledTrigger }>("UpdateTriggerPayload").implement({
  description: "The trigger is changed and in force.",
  fields: (t) => ({
    eventType: t.expose("eventType", { type: EventTypeType, description: "The event type as it is now." }),
    warnings: t.stringList({ description: "What was taken but can hardly be meant, e.g. a hold on a one-off event.", resolve: ({ eventType }, _args, { services }) => warningsOf(eventType, services) }),
  }),
});

function warningsOf({ type }: CompiledTrigger, { snapshot }: Services): string[] {
  const { triggers, channels } = snapshot.current;
  const trigger = triggers.get(type.name);
  return trigger ? triggerWarnings(type, trigger, (id) => channels.get(id)) : [];
}

builder.mutationField("updateTrigger", (t) =>
  t.field({
    type: UpdateTriggerPayload,
    description: "Changes the settings of one event type: on or off, severity, cooldown, hold, burst, threshold, who receives it.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("updateTrigger", ValidationError, NotFoundError),
    args: {
      eventType: t.arg.string({ required: true, description: "The event type by any of its names." }),
      input: t.arg({ type: UpdateTriggerInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { eventType, input: { channelIds, recipients, ...input } }, { services }) => {
      const ids = channelIds === undefined ? {} : { channelIds: channelIds?.map(({ id }) => id) ?? null };
      const toWhom = recipients === undefined ? {} : { recipients: recipients?.map(({ channelId, config }) => ({ channelId: channelId.id, config })) ?? null };
      await services.triggers.update(eventType, { ...input, ...ids, ...toWhom } as never);
      return compiledOrThrow(services, eventType);
    },
  }),
);

builder.mutationField("resetTrigger", (t) =>
  t.field({
    type: eventTypePayload("ResetTriggerPayload", "The trigger is as the catalogue has it."),
    description: "Returns all settings of one event type to the catalogue's defaults.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("resetTrigger", NotFoundError),
    args: { eventType: t.arg.string({ required: true, description: "The event type by any of its names." }) },
    resolve: async (_root, { eventType }, { services }) => {
      await services.triggers.reset(eventType);
      return compiledOrThrow(services, eventType);
    },
  }),
);

const SetCategoryEnabledPayload = builder.objectRef<{ category: Category }>("SetCategoryEnabledPayload").implement({
  description: "The master toggles of all types in the category are set.",
  fields: (t) => ({ category: t.expose("category", { type: CategoryType, description: "The category." }) }),
});

builder.mutationField("setCategoryEnabled", (t) =>
  t.field({
    type: SetCategoryEnabledPayload,
    description: "Switches all event types of a category on or off, for all channels. For one channel use setChannelOverride.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("setCategoryEnabled", NotFoundError),
    args: {
      category: t.arg.string({ required: true, description: "The category's name." }),
      enabled: t.arg.boolean({ required: true, description: "On or off." }),
    },
    resolve: async (_root, { category, enabled }, { services }) => {
      await services.triggers.setCategoryEnabled(category, enabled);
      return { category: CATEGORIES.find(({ name }) => name === category) as Category };
    },
  }),
);
