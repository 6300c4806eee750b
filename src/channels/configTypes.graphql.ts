import type { InputFieldRef, InputRef } from "@pothos/core";
import * as z from "zod";
import { builder } from "../graphql/builder.ts";
import type { SchemaTypes } from "../graphql/builder.ts";
import { configFields, configKey } from "./channelConfig.ts";
import type { ConfigField, ConfigOwner } from "./channelConfig.ts";

/** GraphQL types made from the zod object of a config: inputs, outputs without secrets, and fields for forms. */

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

/** How a form asks for a field. Made from the zod object, as the inputs are. */
type Shape =
  | { type: "STRING" | "INTEGER" | "BOOLEAN" | "STRING_LIST" }
  | { type: "ENUM"; values: string[]; schema: z.ZodType }
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
  if (def.type === "enum") return { type: "ENUM", values: Object.values(def.entries ?? {}), schema };
  if (def.type === "array" && def.element) {
    return def.element instanceof z.ZodObject ? { type: "OBJECT_LIST", item: def.element } : { type: "STRING_LIST" };
  }
  return { type: "STRING" };
}

/** TWILIO_SMS → TwilioSms, as types are named after it. */
export function typeNameOf(kind: string): string {
  return pascal(configKey(kind));
}

function pascal(name: string): string {
  return `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;
}

/** The enum types of config fields, one for each zod enum however many configs share it. */
const enumTypes = new Map<z.ZodType, ReturnType<typeof makeEnum>>();

function makeEnum(kind: string, { name, meta }: ConfigField, values: string[]) {
  return builder.enumType(`${typeNameOf(kind)}${pascal(name)}`, {
    description: `${meta.title}, in the config of ${kind}: what may be chosen.`,
    values: Object.fromEntries(values.map((value) => [value, { value, description: meta.values?.[value] ?? `${meta.title}: ${value}.` }])),
  });
}

function enumOf({ kind }: ConfigOwner, field: ConfigField, { schema, values }: Extract<Shape, { type: "ENUM" }>) {
  const known = enumTypes.get(schema) ?? makeEnum(kind, field, values);
  enumTypes.set(schema, known);
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

export interface ConfigTypeOptions {
  name: string;
  description: string;
  /** Fields that the input need not have although the config must: they come from elsewhere. */
  comesFromElsewhere?: (field: ConfigField) => string | undefined;
}

/** The input type of one config. */
function configInput(owner: ConfigOwner, { name, description, comesFromElsewhere = () => undefined }: ConfigTypeOptions): InputRef<object> {
  return builder.inputType(name, {
    description,
    fields: (t) =>
      Object.fromEntries(
        configFields(owner).map((field): [string, InputFieldRef<Types, unknown>] => {
          const shape = shapeOf(field.schema);
          const elsewhere = comesFromElsewhere(field);
          // In an update a secret may be left out and stays, so the type cannot demand it: the check on creating does.
          const options = { required: field.required && !field.secret && elsewhere === undefined, description: inputDescription(field, elsewhere) } as const;
          if (shape.type === "INTEGER") return [field.name, t.int(options)];
          if (shape.type === "BOOLEAN") return [field.name, t.boolean(options)];
          if (shape.type === "STRING_LIST") return [field.name, t.stringList(options)];
          if (shape.type === "ENUM") return [field.name, t.field({ type: enumOf(owner, field, shape), ...options })];
          if (shape.type === "OBJECT_LIST") return [field.name, t.field({ type: [NameValueInput], ...options })];
          return [field.name, t.string(options)];
        }),
      ),
  }) as InputRef<object>;
}

function inputDescription({ meta, secret, required }: ConfigField, elsewhere: string | undefined): string {
  const need = required && (secret || elsewhere !== undefined) ? ` Required ${elsewhere === undefined ? "in a new one" : elsewhere}.` : "";
  const stay = secret ? ` Write-only; left out of an update it stays${required ? "." : ", null removes it."}` : "";
  return `${meta.description}${need}${stay}`;
}

/** The one member that is set says which kind it is. */
export function oneOfConfigInput<Owner extends ConfigOwner>(name: string, description: string, owners: readonly Owner[], member: (owner: Owner) => ConfigTypeOptions & { about: string }) {
  return builder.inputType(name, {
    description,
    isOneOf: true,
    fields: (t) =>
      Object.fromEntries(
        owners.map((owner): [string, InputFieldRef<Types, unknown>] => {
          const { about, ...options } = member(owner);
          // GraphQL knows no empty input types.
          if (configFields(owner).length === 0) return [configKey(owner.kind), t.boolean({ description: `${about} Nothing to configure: give true.` })];
          return [configKey(owner.kind), t.field({ type: configInput(owner, options), description: about })];
        }),
      ),
  });
}

/** What may be read of a config. */
export interface ReadableConfig {
  kind: string;
  config: Record<string, unknown>;
  secretsSet: string[];
}

/** The output type of one config: everything but its secrets. */
export function configOutput(owner: ConfigOwner, name: string, description: string, withSecretsSet: boolean) {
  return builder.objectRef<ReadableConfig>(name).implement({
    description,
    fields: (t) => ({
      ...(withSecretsSet
        ? { secretsSet: t.stringList({ description: "Names of the secret fields that are set. Their values are never shown.", resolve: ({ secretsSet }) => secretsSet }) }
        : {}),
      ...Object.fromEntries(
        configFields(owner)
          .filter((field) => !field.secret)
          .map((field) => {
            const options = { nullable: true, description: field.meta.description, resolve: ({ config }: ReadableConfig) => (config[field.name] ?? null) as string } as const;
            return [field.name, t.field({ type: outputType(owner, field) as "String", ...options })];
          }),
      ),
    }),
  });
}

function outputType(owner: ConfigOwner, field: ConfigField) {
  const shape = shapeOf(field.schema);
  if (shape.type === "INTEGER") return "Int";
  if (shape.type === "BOOLEAN") return "Boolean";
  if (shape.type === "STRING_LIST") return ["String"];
  return shape.type === "ENUM" ? enumOf(owner, field, shape) : "String";
}

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

/** A field for a form, with what its place in a channel means. */
export interface FormField extends ConfigField {
  fromAccount: boolean;
  recipient: boolean;
}

export const ConfigFieldType = builder.objectRef<FormField>("ConfigField").implement({
  description: "One field of a config: enough to draw it in a form.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Its name in the config input." }),
    title: t.string({ description: "What to write beside it.", resolve: ({ meta }) => meta.title }),
    description: t.string({ description: "What to give.", resolve: ({ meta }) => meta.description }),
    type: t.field({ type: FieldTypeEnum, description: "What it holds.", resolve: ({ schema }) => shapeOf(schema).type }),
    required: t.exposeBoolean("required", { description: "Whether a new one needs it, unless it comes from a provider account." }),
    secret: t.exposeBoolean("secret", { description: "Write-only: never shown again." }),
    fromAccount: t.exposeBoolean("fromAccount", { description: "Whether a provider account can give it, so that the channel need not." }),
    recipient: t.exposeBoolean("recipient", { description: "Whether a trigger can set it for its events: it says who gets them." }),
    format: t.string({ nullable: true, description: "A closer form: url, email, host, port, phone or multiline.", resolve: ({ meta }) => meta.format ?? null }),
    example: t.string({ nullable: true, description: "A value to show greyed out, which the field would take; of a list, one entry.", resolve: ({ meta }) => meta.example ?? null }),
    options: t.stringList({ description: "What to choose from; empty unless the type is ENUM.", resolve: ({ schema }) => { const shape = shapeOf(schema); return shape.type === "ENUM" ? shape.values : []; } }),
    defaultValue: t.string({ nullable: true, description: "What is taken when it is left out.", resolve: ({ schema }) => defaultOf(schema) }),
  }),
});

function defaultOf(schema: z.ZodType): string | null {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined) return null;
  return Array.isArray(parsed.data) ? null : String(parsed.data);
}
