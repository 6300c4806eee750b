import { ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { QuietHoursInput, QuietHoursType } from "../schedules/schedule.graphql.ts";
import { MatcherInput, MatcherType } from "../matchers/matcher.graphql.ts";
import { nextChangeOf, silenceWarnings, stateOf } from "./silence.model.ts";
import type { SilenceState } from "./silence.model.ts";
import { silenceOf } from "./silence.service.ts";
import type { SilenceRow } from "./silence.store.ts";

const SilenceStateEnum = builder.enumType("SilenceState", {
  description: "Where now lies in a silence's time.",
  values: {
    ACTIVE: { value: "ACTIVE" as const, description: "Between its start and its end; with a schedule, within a window or not." },
    SCHEDULED: { value: "SCHEDULED" as const, description: "Before its start." },
    ENDED: { value: "ENDED" as const, description: "After its end." },
  },
});

const SilenceType = builder.prismaNode("Silence", {
  id: { field: "id" },
  findUnique: (id, { principal }) => ({ id, ...ownedBy(principal) }),
  nullable: true,
  description: "Keeps matching events from being sent for a while, or in recurring windows of maintenance. The end of a problem that a channel was told of is sent all the same.",
  authScopes: ({ customer }) => ({ mayRead: { scope: "SETTINGS_READ", customer } }),
  fields: (t) => ({
    matchers: t.field({ type: [MatcherType], description: "What an event must be like: all of them.", resolve: (row) => silenceOf(row).matchers }),
    reason: t.exposeString("reason", { description: "Why it is there." }),
    author: t.exposeString("author", { description: "The name of the token that made it." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it is: it silences that customer's channels only. Null: the server's own, for all channels." }),
    startsAt: t.expose("startsAt", { type: "DateTime", description: "When it starts." }),
    endsAt: t.expose("endsAt", { type: "DateTime", nullable: true, description: "When it ends; null: when somebody ends it." }),
    schedule: t.field({ type: QuietHoursType, nullable: true, description: "The windows in which it silences, as far as they are between its start and its end; null: all that time.", resolve: (row) => silenceOf(row).schedule }),
    state: t.field({ type: SilenceStateEnum, description: "Whether it is still to start, has started or has ended.", resolve: (row, _args, { services }) => stateOf(row, services.clock.now()) }),
    active: t.boolean({ description: "Whether it silences now: it has started, and a window of its schedule is open where it has one.", resolve: (row, _args, { services }) => nextChangeOf(silenceOf(row), services.clock.now()).active }),
    nextChange: t.field({ type: "DateTime", nullable: true, description: "When `active` changes next; null when it never does.", resolve: (row, _args, { services }) => nextChangeOf(silenceOf(row), services.clock.now()).at }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", description: "When it was last changed." }),
  }),
});

const SilenceFilter = builder.inputType("SilenceFilter", {
  description: "Which silences are wanted; what is left out does not matter.",
  fields: (t) => ({ states: t.field({ type: [SilenceStateEnum], description: "States as they are now." }) }),
});

builder.queryField("silences", (t) =>
  t.prismaConnection(
    {
      type: SilenceType,
      cursor: "id",
      description: "The silences, the newest first. Ended ones are kept for as many days as the history.",
      authScopes: { may: "SETTINGS_READ" },
      args: { filter: t.arg({ type: SilenceFilter, description: "Left out: all." }) },
      resolve: (query, _root, { filter }, { services, principal }) =>
        services.db.silence.findMany({ ...query, where: silenceWhere(filter?.states, principal, services.clock.now()), orderBy: { id: "desc" } }),
      totalCount: (_root, { filter }, { services, principal }) => services.db.silence.count({ where: silenceWhere(filter?.states, principal, services.clock.now()) }),
    },
    { name: "SilenceConnection", description: "A page of silences." },
    { name: "SilenceEdge", description: "A silence and its place in the list." },
  ),
);

builder.queryField("silence", (t) =>
  t.prismaField({
    type: SilenceType,
    nullable: true,
    description: "One silence; null when there is none with this id.",
    authScopes: { may: "SETTINGS_READ" },
    args: { id: t.arg.globalID({ required: true, for: SilenceType, description: "Its id." }) },
    resolve: (query, _root, { id }, { services, principal }) => services.db.silence.findFirst({ ...query, where: { id: id.id, ...ownedBy(principal) } }),
  }),
);

function silenceWhere(states: readonly SilenceState[] | null | undefined, principal: Principal | null, now: Date) {
  const notEnded = { OR: [{ endsAt: null }, { endsAt: { gt: now } }] };
  const where = {
    ACTIVE: { AND: [notEnded, { startsAt: { lte: now } }] },
    SCHEDULED: { AND: [notEnded, { startsAt: { gt: now } }] },
    ENDED: { endsAt: { lte: now } },
  };
  // The database takes an empty OR for no filter at all.
  const nothing = { id: { in: [] } };
  return { AND: [ownedBy(principal), states ? { OR: [nothing, ...states.map((state) => where[state])] } : {}] };
}

const STARTS = "When it starts, at most a year ahead.";
const DURATION = "How long it is from its start, in place of endsAt.";
const SCHEDULE = "Recurring windows, e.g. of maintenance, by the clock on the wall: it silences only within them, between its start and its end.";

const CreateSilenceInput = builder.inputType("CreateSilenceInput", {
  description: "A new silence. It needs an end or a duration, at most a year after its start, unless it has a schedule.",
  fields: (t) => ({
    matchers: t.field({ type: [MatcherInput], required: true, description: "What an event must be like: 1 to 20, all of which must hold." }),
    reason: t.string({ required: true, description: "Why it is there: one line, at most 500 characters." }),
    startsAt: t.field({ type: "DateTime", description: `${STARTS} Left out: now.` }),
    endsAt: t.field({ type: "DateTime", description: "When it ends." }),
    duration: t.field({ type: "Duration", description: DURATION }),
    schedule: t.field({ type: QuietHoursInput, description: SCHEDULE }),
  }),
});

const UpdateSilenceInput = builder.inputType("UpdateSilenceInput", {
  description: "What is left out stays as it is.",
  fields: (t) => ({
    matchers: t.field({ type: [MatcherInput], description: "What an event must be like: 1 to 20, all of which must hold." }),
    reason: t.string({ description: "Why it is there: one line, at most 500 characters." }),
    startsAt: t.field({ type: "DateTime", description: STARTS }),
    endsAt: t.field({ type: "DateTime", description: "When it ends; null takes the end away, which needs a schedule." }),
    duration: t.field({ type: "Duration", description: DURATION }),
    schedule: t.field({ type: QuietHoursInput, description: `${SCHEDULE} Null takes it away.` }),
  }),
});

/** Payloads that hold the silence as it is now. */
function silencePayload(name: string, description: string) {
  return builder.objectRef<{ silence: SilenceRow }>(name).implement({
    description,
    fields: (t) => ({
      silence: t.field({ type: SilenceType, description: "The silence as it is now.", resolve: ({ silence }) => silence }),
      warnings: t.stringList({ description: "What was taken but can hardly be meant, e.g. matchers that nearly every event meets.", resolve: ({ silence }) => silenceWarnings(silenceOf(silence)) }),
    }),
  });
}

builder.mutationField("createSilence", (t) =>
  t.field({
    type: silencePayload("CreateSilencePayload", "The silence is made."),
    description: "Keeps matching events from being sent for a while, or in recurring windows.",
    authScopes: { may: "SILENCES_MANAGE" },
    errors: resultOf("createSilence", ValidationError, ConflictError),
    args: { input: t.arg({ type: CreateSilenceInput, required: true, description: "The silence." }) },
    resolve: async (_root, { input }, { services, principal }) => ({ silence: await services.silences.create(input as never, principal as Principal) }),
  }),
);

builder.mutationField("updateSilence", (t) =>
  t.field({
    type: silencePayload("UpdateSilencePayload", "The silence is changed."),
    description: "Changes a silence that has not ended.",
    authScopes: { may: "SILENCES_MANAGE" },
    errors: resultOf("updateSilence", ValidationError, NotFoundError, ConflictError),
    args: {
      id: t.arg.globalID({ required: true, for: SilenceType, description: "The silence." }),
      input: t.arg({ type: UpdateSilenceInput, required: true, description: "The changes." }),
    },
    resolve: async (_root, { id, input }, { services, principal }) => ({ silence: await services.silences.update(id.id, input as never, principal as Principal) }),
  }),
);

const EndSilencePayload = builder.objectRef<{ silence: SilenceRow }>("EndSilencePayload").implement({
  description: "The silence has ended.",
  fields: (t) => ({ silence: t.field({ type: SilenceType, description: "The silence as it is now.", resolve: ({ silence }) => silence }) }),
});

builder.mutationField("endSilence", (t) =>
  t.field({
    type: EndSilencePayload,
    description: "Ends a silence now, or calls off one that has not started. It is kept for the record.",
    authScopes: { may: "SILENCES_MANAGE" },
    errors: resultOf("endSilence", NotFoundError, ConflictError),
    args: { id: t.arg.globalID({ required: true, for: SilenceType, description: "The silence." }) },
    resolve: async (_root, { id }, { services, principal }) => ({ silence: await services.silences.end(id.id, principal as Principal) }),
  }),
);
