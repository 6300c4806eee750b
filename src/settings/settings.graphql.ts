import { ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { ServerSettings } from "./settings.model.ts";

const UnknownEventTypesEnum = builder.enumType("UnknownEventTypes", {
  description: "What to do with an event whose type nobody knows.",
  values: {
    REGISTER: { value: "REGISTER" as const, description: "Take it in and register the type under the category custom." },
    REFUSE: { value: "REFUSE" as const, description: "Refuse it and name the nearest known types." },
  },
});

const SettingsType = builder.objectRef<ServerSettings>("Settings").implement({
  description: "Settings of the whole server.",
  fields: (t) => ({
    displayName: t.exposeString("displayName", { description: "The label for where alerts come from, in every message. Empty: the host's name." }),
    unknownEventTypes: t.expose("unknownEventTypes", { type: UnknownEventTypesEnum, description: "What to do with an event whose type nobody knows." }),
    infoCooldown: t.expose("infoCooldown", { type: "Duration", description: "Between two messages on the same one-off event of severity INFO, where neither its trigger nor its category says." }),
    warningCooldown: t.expose("warningCooldown", { type: "Duration", description: "Between two messages on the same one-off event of severity WARNING, where neither its trigger nor its category says." }),
    criticalCooldown: t.expose("criticalCooldown", { type: "Duration", description: "Between two messages on the same one-off event of severity CRITICAL, where neither its trigger nor its category says." }),
    followUpCooldown: t.expose("followUpCooldown", { type: "Duration", description: "Between two messages on a condition that goes on." }),
    burstCount: t.exposeInt("burstCount", { description: "So many messages on one event type a channel gets one by one within burstWindow; the rest comes as one message. 0: every message comes by itself. For event types where neither the trigger nor the catalogue says." }),
    burstWindow: t.expose("burstWindow", { type: "Duration", description: "The time that burstCount is counted in." }),
    flappingCount: t.exposeInt("flappingCount", { description: "A condition that opens so often within flappingWindow is flapping: one notice, then silence until it has not changed for flappingWindow. 0: never." }),
    flappingWindow: t.expose("flappingWindow", { type: "Duration", description: "The time that flappingCount is counted in, and for which a condition must not change to be steady again." }),
    customerPortal: t.exposeBoolean("customerPortal", { description: "Whether tokens of customers are let in." }),
    historyDays: t.exposeInt("historyDays", { description: "Days for which events and attempts are kept." }),
    historyCount: t.exposeInt("historyCount", { description: "Attempts that are kept at most." }),
  }),
});

const UpdateSettingsInput = builder.inputType("UpdateSettingsInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    displayName: t.string({ description: "The label for where alerts come from, at most 100 characters. Empty: the host's name." }),
    unknownEventTypes: t.field({ type: UnknownEventTypesEnum, description: "What to do with an event whose type nobody knows." }),
    infoCooldown: t.field({ type: "Duration", description: "Between two messages on the same one-off event of severity INFO, e.g. PT15M. At most a year." }),
    warningCooldown: t.field({ type: "Duration", description: "Between two messages on the same one-off event of severity WARNING. At most a year." }),
    criticalCooldown: t.field({ type: "Duration", description: "Between two messages on the same one-off event of severity CRITICAL. At most a year." }),
    followUpCooldown: t.field({ type: "Duration", description: "Between two messages on a condition that goes on." }),
    burstCount: t.int({ description: "So many messages on one event type a channel gets one by one within burstWindow; the rest comes as one message: 0 to 10,000. 0: every message comes by itself. For event types where neither the trigger nor the catalogue says." }),
    burstWindow: t.field({ type: "Duration", description: "The time that burstCount is counted in: PT1S to P1D." }),
    flappingCount: t.int({ description: "A condition that opens so often within flappingWindow is flapping: one notice, then silence until it has not changed for flappingWindow. 2 to 100, or 0 for never." }),
    flappingWindow: t.field({ type: "Duration", description: "The time that flappingCount is counted in, and for which a condition must not change to be steady again: PT10S to P1D." }),
    customerPortal: t.boolean({ description: "Whether tokens of customers are let in. Switched off, it ends what they have open." }),
    historyDays: t.int({ description: "Days for which events and attempts are kept: 1 to 3650." }),
    historyCount: t.int({ description: "Attempts that are kept at most: 1,000 to 100,000,000." }),
  }),
});

builder.queryField("settings", (t) =>
  t.field({
    type: SettingsType,
    description: "Settings of the whole server.",
    authScopes: { mayOnServer: "SETTINGS_READ" },
    resolve: (_root, _args, { services }) => services.settings.get(),
  }),
);

const UpdateSettingsPayload = builder.objectRef<{ settings: ServerSettings }>("UpdateSettingsPayload").implement({
  description: "The settings are changed and in force.",
  fields: (t) => ({ settings: t.expose("settings", { type: SettingsType, description: "The settings as they are now." }) }),
});

builder.mutationField("updateSettings", (t) =>
  t.field({
    type: UpdateSettingsPayload,
    description: "Changes settings of the whole server.",
    authScopes: { mayOnServer: "SETTINGS_MANAGE" },
    errors: resultOf("updateSettings", ValidationError),
    args: { input: t.arg({ type: UpdateSettingsInput, required: true, description: "The changes." }) },
    resolve: async (_root, { input }, { services }) => ({ settings: await services.settings.update(input as never) }),
  }),
);
