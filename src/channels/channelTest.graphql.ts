import { ProviderAccountType } from "../accounts/providerAccount.graphql.ts";
import { NotFoundError, ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { AttemptOutcomeEnum } from "../graphql/enums.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import { ChannelType } from "./channel.graphql.ts";
import { ChannelConfigInput } from "./channelKind.graphql.ts";

/** A test's outcome, of a saved channel's attempt or of a config that is not saved. */
interface TestResult {
  outcome: string;
  status: string | null;
  error: string | null;
  hint: string | null;
  durationMs: number;
  body: string;
}

function testPayload(name: string, description: string) {
  return builder.objectRef<TestResult>(name).implement({
    description,
    fields: (t) => ({
      delivered: t.boolean({ description: "True when the provider has taken it.", resolve: ({ outcome }) => outcome === "DELIVERED" }),
      outcome: t.field({ type: AttemptOutcomeEnum, description: "What came of it.", resolve: ({ outcome }) => outcome as "DELIVERED" }),
      status: t.exposeString("status", { nullable: true, description: "The provider's status." }),
      error: t.exposeString("error", { nullable: true, description: "The provider's own error." }),
      hint: t.exposeString("hint", { nullable: true, description: "What is wrong in plain words, and what to do about it." }),
      durationMs: t.exposeInt("durationMs", { description: "How long it took, in milliseconds." }),
      body: t.exposeString("body", { description: "The text as sent." }),
    }),
  });
}

builder.mutationField("testChannel", (t) =>
  t.field({
    type: testPayload("TestChannelPayload", "What came of the test message."),
    description: "Sends a test message by a saved channel, switched on or not. It is recorded in the history as a test.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testChannel", NotFoundError),
    args: { id: t.arg.globalID({ required: true, for: ChannelType, description: "The channel." }) },
    resolve: (_root, { id }, { services, principal }) => services.channelTester.testSaved(id.id, principal),
  }),
);

builder.mutationField("testChannelConfig", (t) =>
  t.field({
    type: testPayload("TestChannelConfigPayload", "What came of the test message."),
    description: "Sends a test message by a config that is not saved. Nothing is stored.",
    authScopes: { may: "SETTINGS_MANAGE" },
    errors: resultOf("testChannelConfig", ValidationError, NotFoundError),
    args: {
      config: t.arg({ type: ChannelConfigInput, required: true, description: "The config." }),
      channelId: t.arg.globalID({ for: ChannelType, description: "A saved channel of the same kind, whose secrets stand in for those left out." }),
      accountId: t.arg.globalID({ for: ProviderAccountType, description: "The provider account that is to give the credentials." }),
      rich: t.arg.boolean({ defaultValue: true, description: "Whether to send the rich form." }),
    },
    resolve: async (_root, { config, channelId, accountId, rich }, { services, principal }) => {
      const result = await services.channelTester.testUnsaved(config as never, { baseId: channelId?.id ?? null, accountId: accountId?.id ?? null, rich: rich ?? true }, principal);
      const failed = result.outcome === "DELIVERED" ? { status: result.receipt.status, error: null, hint: null } : result;
      return { outcome: result.outcome, status: failed.status, error: failed.error, hint: failed.hint, durationMs: result.durationMs, body: result.text };
    },
  }),
);
