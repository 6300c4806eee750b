import { z } from "zod";
import type { InputFieldRef, InputRef } from "@pothos/core";
import { builder } from "../graphql/builder.ts";
import type { SchemaTypes } from "../graphql/builder.ts";
import type { Provider } from "../providers/provider.ts";
import { PROVIDERS } from "../providers/registry.ts";
import { configFields, configKey } from "./channelConfig.ts";
import type { ConfigField } from "./channelConfig.ts";

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

export const ChannelKindEnum = builder.enumType("ChannelKind", {
  description: "What a channel sends by. The channelKinds query has each kind's setup guide and fields.",
  values: Object.fromEntries(PROVIDERS.map(({ kind, title }) => [kind, { value: kind, description: `Sends by ${title}.` }])),
});

/** How a form asks for a field. Made from the kind's zod object, as the inputs are. */
type Shape =
  | { type: "STRING" | "INTEGER" | "BOOLEAN" | "STRING_LIST" }
  | { type: "ENUM"; values: string[] }
  | { type: "OBJECT_LIST"; item: z.ZodObject };

interface SchemaDef {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  element?: z.ZodType;
  entries?: Record<string, string>;
}

function shapeOf(schema: z.ZodType): Shape {
  const def = schema.def as SchemaDef;
  const inner = def.innerType ?? def.in;
  if (inner) return shapeOf(inner);
  if (def.type === "number" || def.type === "int") return { type: "INTEGER" };
  if (def.type === "boolean") return { type: "BOOLEAN" };
  if (def.type === "enum") return { type: "ENUM", values: Object.values(def.entries ?? {}) };
  if (def.type === "array" && def.element) {
    return def.element instanceof z.ZodObject ? { type: "OBJECT_LIST", item: def.element } : { type: "STRING_LIST" };
  }
  return { type: "STRING" };
}

function pascal(name: string): string {
  return `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;
}

const typeNameOf = (provider: Provider): string => pascal(configKey(provider.kind));

/** The enum types of config fields, made once for input and output. */
const enumTypes = new Map<string, ReturnType<typeof enumTypeOf>>();

function enumTypeOf(provider: Provider, field: ConfigField, values: string[]) {
  const name = `${typeNameOf(provider)}${pascal(field.name)}`;
  return builder.enumType(name, {
    description: `${field.meta.title} of a channel of the kind ${provider.kind}.`,
    values: Object.fromEntries(values.map((value) => [value, { value, description: `${field.meta.title}: ${value}.` }])),
  });
}

function enumOf(provider: Provider, field: ConfigField, values: string[]) {
  const key = `${provider.kind}.${field.name}`;
  const known = enumTypes.get(key) ?? enumTypeOf(provider, field, values);
  enumTypes.set(key, known);
  return known;
}

/** A list of name and value pairs, e.g. headers: the one shape of object that configs have. */
const NameValueInput = builder.inputType("NameValueInput", {
  description: "A name and its value, e.g. a header.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The name." }),
    value: t.string({ required: true, description: "The value." }),
  }),
});

function configInput(provider: Provider): InputRef<object> {
  return builder.inputType(`${typeNameOf(provider)}ConfigInput`, {
    description: `Config of a channel of the kind ${provider.kind}. The channelKinds query tells how to get each value.`,
    fields: (t) =>
      Object.fromEntries(
        configFields(provider).map((field): [string, InputFieldRef<Types, unknown>] => {
          const shape = shapeOf(field.schema);
          // In an update a secret may be left out and stays, so the type cannot demand it: the check on creating does.
          const options = { required: field.required && !field.secret, description: descriptionOf(field) } as const;
          if (shape.type === "INTEGER") return [field.name, t.int(options)];
          if (shape.type === "BOOLEAN") return [field.name, t.boolean(options)];
          if (shape.type === "STRING_LIST") return [field.name, t.stringList(options)];
          if (shape.type === "ENUM") return [field.name, t.field({ type: enumOf(provider, field, shape.values), ...options })];
          if (shape.type === "OBJECT_LIST") return [field.name, t.field({ type: [NameValueInput], ...options })];
          return [field.name, t.string(options)];
        }),
      ),
  }) as InputRef<object>;
}

function descriptionOf({ meta, secret, required }: ConfigField): string {
  if (!secret) return meta.description;
  return `${meta.description} ${required ? "Required in a new channel. " : ""}Write-only; left out of an update it stays${required ? "." : ", null removes it."}`;
}

/** The one member that is set says which kind it is. */
export const ChannelConfigInput = builder.inputType("ChannelConfigInput", {
  description: "The config of a channel: exactly one member, named after its kind.",
  isOneOf: true,
  fields: (t) =>
    Object.fromEntries(
      PROVIDERS.map((provider): [string, InputFieldRef<Types, unknown>] => {
        const description = `A channel that sends by ${provider.title}.`;
        const empty = configFields(provider).length === 0;
        if (empty) return [configKey(provider.kind), t.boolean({ description: `${description} Nothing to configure: give true.` })];
        return [configKey(provider.kind), t.field({ type: configInput(provider), description })];
      }),
    ),
});

/** What may be read of a channel's config. */
export interface ReadableConfig {
  kind: string;
  config: Record<string, unknown>;
  secretsSet: string[];
}

const configTypes = PROVIDERS.map((provider) =>
  builder.objectRef<ReadableConfig>(`${typeNameOf(provider)}Config`).implement({
    description: `Config of a channel of the kind ${provider.kind}, without its secrets.`,
    fields: (t) => ({
      secretsSet: t.stringList({ description: "Names of the secret fields that are set. Their values are never shown.", resolve: ({ secretsSet }) => secretsSet }),
      ...Object.fromEntries(
        configFields(provider)
          .filter((field) => !field.secret)
          .map((field) => {
            const shape = shapeOf(field.schema);
            const type = shape.type === "INTEGER" ? "Int" : shape.type === "BOOLEAN" ? "Boolean" : shape.type === "STRING_LIST" ? ["String" as const] as ["String"] : shape.type === "ENUM" ? enumOf(provider, field, shape.values) : "String";
            return [field.name, t.field({ type: type as "String", nullable: true, description: field.meta.description, resolve: ({ config }) => (config[field.name] ?? null) as string })];
          }),
      ),
    }),
  }),
);

export const ChannelConfig = builder.unionType("ChannelConfig", {
  description: "What may be read of a channel's config: everything but its secrets.",
  types: configTypes,
  resolveType: ({ kind }) => `${pascal(configKey(kind))}Config`,
});

const FieldTypeEnum = builder.enumType("ConfigFieldType", {
  description: "What a config field holds, for a form to choose its control.",
  values: {
    STRING: { value: "STRING" as const, description: "Text." },
    INTEGER: { value: "INTEGER" as const, description: "A whole number." },
    BOOLEAN: { value: "BOOLEAN" as const, description: "Yes or no." },
    ENUM: { value: "ENUM" as const, description: "One of `options`." },
    STRING_LIST: { value: "STRING_LIST" as const, description: "Several texts." },
    OBJECT_LIST: { value: "OBJECT_LIST" as const, description: "Several pairs of name and value." },
  },
});

const ConfigFieldType = builder.objectRef<ConfigField>("ConfigField").implement({
  description: "One field of a kind's config: enough to draw it in a form.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name in the config input." }),
    title: t.string({ description: "What to write beside it.", resolve: ({ meta }) => meta.title }),
    description: t.string({ description: "What to give.", resolve: ({ meta }) => meta.description }),
    type: t.field({ type: FieldTypeEnum, description: "What it holds.", resolve: ({ schema }) => shapeOf(schema).type }),
    required: t.exposeBoolean("required", { description: "Whether a new channel needs it." }),
    secret: t.exposeBoolean("secret", { description: "Write-only: never shown again." }),
    format: t.string({ nullable: true, description: "A closer form: url, email, host, port or multiline.", resolve: ({ meta }) => meta.format ?? null }),
    example: t.string({ nullable: true, description: "A value to show greyed out.", resolve: ({ meta }) => meta.example ?? null }),
    options: t.stringList({ description: "What to choose from; empty unless the type is ENUM.", resolve: ({ schema }) => { const shape = shapeOf(schema); return shape.type === "ENUM" ? shape.values : []; } }),
    defaultValue: t.string({ nullable: true, description: "What is taken when it is left out.", resolve: ({ schema }) => defaultOf(schema) }),
  }),
});

function defaultOf(schema: z.ZodType): string | null {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return null;
  return Array.isArray(parsed.data) ? null : String(parsed.data);
}

const ChannelKindInfo = builder.objectRef<Provider>("ChannelKindInfo").implement({
  description: "A channel kind: what it needs and how to get it.",
  fields: (t) => ({
    kind: t.field({ type: ChannelKindEnum, description: "The kind.", resolve: ({ kind }) => kind }),
    configKey: t.string({ description: "Its member in ChannelConfigInput.", resolve: ({ kind }) => configKey(kind) }),
    title: t.exposeString("title", { description: "The provider's name as people know it." }),
    docsUrl: t.string({ nullable: true, description: "The provider's own documentation.", resolve: ({ docs }) => docs || null }),
    guide: t.exposeStringList("guide", { description: "Steps to get every credential, in order." }),
    fields: t.field({ type: [ConfigFieldType], description: "The config's fields, in the order in which a form shows them.", resolve: (provider) => configFields(provider) }),
  }),
});

builder.queryField("channelKinds", (t) =>
  t.field({
    type: [ChannelKindInfo],
    description: "Every channel kind with its setup guide and its fields: enough to draw a form with no knowledge of the kind.",
    authScopes: { may: "SETTINGS_READ" },
    resolve: () => [...PROVIDERS],
  }),
);
