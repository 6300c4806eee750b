import type { Principal } from "../access/principal.ts";
import { DifferenceType } from "../audit/audit.graphql.ts";
import { ValidationError } from "../errors.ts";
import { builder } from "../graphql/builder.ts";
import { resultOf } from "../graphql/mutationResult.ts";
import type { Json } from "../render/message.ts";
import type { ConfigurationChange } from "./configuration.service.ts";

const ConfigurationActionEnum = builder.enumType("ConfigurationAction", {
  description: "What an import does with one thing that is set.",
  values: {
    CREATE: { value: "CREATE" as const, description: "It is new." },
    UPDATE: { value: "UPDATE" as const, description: "It is changed." },
    DELETE: { value: "DELETE" as const, description: "The document does not hold it, so it goes." },
  },
});

const ConfigurationChangeType = builder.objectRef<ConfigurationChange>("ConfigurationChange").implement({
  description: "What an import changes of one thing that is set.",
  fields: (t) => ({
    action: t.expose("action", { type: ConfigurationActionEnum, description: "What is done with it." }),
    section: t.exposeString("section", { description: "The section of the document that it stands in, e.g. channels." }),
    name: t.exposeString("name", { description: "What it is known by there." }),
    customer: t.exposeString("customer", { nullable: true, description: "The customer whose it is; null: the server's own." }),
    differences: t.expose("differences", { type: [DifferenceType], description: "What is different, value by value. Of secrets only that they are others." }),
  }),
});

const ExportConfigurationPayload = builder.objectRef<{ document: { [key: string]: Json } }>("ExportConfigurationPayload").implement({
  description: "The whole configuration.",
  fields: (t) => ({
    document: t.expose("document", {
      type: "JSONObject",
      description: "Everything that is set but access tokens and silences without a schedule: with names for ids, in one order, so that it can be kept in git and compared.",
    }),
  }),
});

builder.queryField("exportConfiguration", (t) =>
  t.field({
    type: ExportConfigurationPayload,
    description: "The whole configuration as one document, for importConfiguration here or on another server. Secrets are left out, or encrypted with a passphrase.",
    authScopes: { mayOnServer: "CONFIGURATION_MANAGE" },
    errors: resultOf("exportConfiguration", ValidationError),
    args: { passphrase: t.arg.string({ description: "Encrypts the secrets with it: 12 to 1,000 characters. Left out: secrets are left out." }) },
    resolve: async (_root, { passphrase }, { services }) => ({ document: (await services.configuration.export(passphrase ?? null)) as unknown as { [key: string]: Json } }),
  }),
);

const ImportConfigurationInput = builder.inputType("ImportConfigurationInput", {
  description: "A configuration to import.",
  fields: (t) => ({
    document: t.field({
      type: "JSONObject",
      required: true,
      description:
        "As exportConfiguration gives it. Things are known by their names. What it leaves out stays as it is: a section, an item, a key of an item, secrets. Secrets may stand in config in plain text, put there by whatever sends the document.",
    }),
    passphrase: t.string({ description: "The one that the document was exported with, when it holds secrets." }),
    dryRun: t.boolean({ defaultValue: false, description: "True: says what would change, and changes nothing." }),
    prune: t.boolean({ defaultValue: false, description: "True: what the document does not hold is deleted, in the sections that it has." }),
  }),
});

const ImportConfigurationPayload = builder.objectRef<{ changes: ConfigurationChange[]; dryRun: boolean }>("ImportConfigurationPayload").implement({
  description: "The configuration is imported, or would be.",
  fields: (t) => ({
    changes: t.field({ type: [ConfigurationChangeType], description: "What is different now, or would be, in the order of the document. Empty: all was so already.", resolve: ({ changes }) => changes }),
    applied: t.boolean({ description: "Whether it was done; false for a dry run.", resolve: ({ dryRun }) => !dryRun }),
  }),
});

builder.mutationField("importConfiguration", (t) =>
  t.field({
    type: ImportConfigurationPayload,
    description: "Makes the configuration what a document says: all of it or, when anything is wrong, nothing. Doing it again changes nothing.",
    authScopes: { mayOnServer: "CONFIGURATION_MANAGE" },
    errors: resultOf("importConfiguration", ValidationError),
    args: { input: t.arg({ type: ImportConfigurationInput, required: true, description: "The document, and how to take it." }) },
    resolve: async (_root, { input: { document, passphrase, dryRun, prune } }, { services, principal }) => {
      const changes = await services.configuration.import({ document, passphrase: passphrase ?? null, dryRun: dryRun ?? false, prune: prune ?? false }, principal as Principal);
      return { changes, dryRun: dryRun ?? false };
    },
  }),
);
