import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { ValidationError } from "../errors.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import type { FieldMeta } from "../providers/provider.ts";
import type { SecretBox } from "../secretBox.ts";

/** A config as the database keeps it. */
export interface StoredConfig {
  config: Record<string, unknown>;
  secrets: string | null;
  secretsSet: string[];
}

/** A config as the API takes it: one member set, named after the kind. */
export type GivenConfig = Record<string, unknown>;

/** What has a config: a channel kind, or an account of a provider. */
export interface ConfigOwner {
  kind: string;
  config: z.ZodObject;
}

/** What is known of one field of a config. */
export interface ConfigField {
  name: string;
  schema: z.ZodType;
  meta: FieldMeta;
  required: boolean;
  secret: boolean;
}

const fieldsOf = new WeakMap<z.ZodObject, ConfigField[]>();

/** The fields of a config, in the order in which a form shows them. */
export function configFields({ kind, config }: ConfigOwner): ConfigField[] {
  const known = fieldsOf.get(config) ?? readFields(kind, config);
  fieldsOf.set(config, known);
  return known;
}

function readFields(kind: string, config: z.ZodObject): ConfigField[] {
  return Object.entries(config.shape).map(([name, field]) => {
    const schema = field as z.ZodType;
    const meta = metaOf(schema);
    if (!meta) throw new Error(`${kind}.${name} has no description`);
    return { name, schema, meta, required: !schema.safeParse(undefined).success, secret: meta.secret === true };
  });
}

/** Metadata may stand on the field itself or inside its `.optional()`, `.default()` or `.transform()`. */
function metaOf(schema: z.ZodType): FieldMeta | undefined {
  const meta = schema.meta();
  if (meta) return meta as unknown as FieldMeta;
  const { innerType, in: input } = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? input;
  return inner && metaOf(inner);
}

/** What a config given by a caller is put together with. */
export interface ConfigBase {
  /** The config that it changes: its secrets stay where nothing is given, and go where null is. */
  before?: Record<string, unknown>;
  /** The open config of its provider account: gives what the config itself leaves out. */
  account?: Record<string, unknown>;
}

/**
 * Checks a config given by a caller.
 * @returns the config's own fields; what comes from the account alone is not among them
 * @throws {ValidationError} with paths below `config.<kind>`
 */
export function checkConfig(owner: ConfigOwner, given: Record<string, unknown>, { before = {}, account = {} }: ConfigBase = {}): Record<string, unknown> {
  const secrets = configFields(owner).filter((field) => field.secret).map((field) => field.name);
  const kept = Object.fromEntries(secrets.filter((name) => given[name] === undefined && before[name] !== undefined).map((name) => [name, before[name]]));
  const own = { ...kept, ...withoutNulls(given) };
  const whole = parseInput(owner.config, { ...account, ...own }, `config.${configKey(owner.kind)}`);
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name in own || !(name in account)));
}

/** The name of a kind's member in the config input: EMAIL → email, TWILIO_SMS → twilioSms. */
export function configKey(kind: string): string {
  return kind.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Splits a checked config into what may be read and what is encrypted.
 * @param row names the row that keeps it, e.g. "channel:<id>": the secrets open nowhere else
 * @param before its secrets as they are stored: the same ones stay as they are, so that a change can be told from none
 */
export function sealConfig(owner: ConfigOwner, config: Record<string, unknown>, box: SecretBox, row: string, before: string | null = null): StoredConfig {
  const secretNames = new Set(configFields(owner).filter((field) => field.secret).map((field) => field.name));
  const set = Object.entries(config).filter(([, value]) => value !== undefined);
  const secrets = set.filter(([name]) => secretNames.has(name));
  const plain = JSON.stringify(Object.fromEntries(secrets));
  const isSame = before !== null && isDeepStrictEqual(JSON.parse(box.open(before, row)), JSON.parse(plain));
  return {
    config: Object.fromEntries(set.filter(([name]) => !secretNames.has(name))),
    secrets: secrets.length === 0 ? null : isSame ? before : box.seal(plain, row),
    // An empty list is the field's default, to be kept like any other value, but nobody has set a secret.
    secretsSet: secrets.filter(([, value]) => !(Array.isArray(value) && value.length === 0)).map(([name]) => name),
  };
}

/** @throws {Error} when the secrets belong to another row or key */
export function openConfig(stored: Pick<StoredConfig, "config" | "secrets">, box: SecretBox, row: string): Record<string, unknown> {
  const secrets = stored.secrets === null ? {} : (JSON.parse(box.open(stored.secrets, row)) as Record<string, unknown>);
  return { ...stored.config, ...secrets };
}

/**
 * The one member that is set of a `@oneOf` config, as its owner and config. GraphQL has made sure that there is exactly one.
 * A kind without fields has `true` for a config.
 */
export function chosenConfig<Owner extends ConfigOwner>(owners: readonly Owner[], given: Record<string, unknown>): { owner: Owner; config: Record<string, unknown> } {
  const owner = owners.find(({ kind }) => given[configKey(kind)] !== null && given[configKey(kind)] !== undefined);
  if (!owner) throw ValidationError.of("config", "must hold the config of exactly one kind", "required");
  const member = given[configKey(owner.kind)];
  if (member === false) throw ValidationError.of(`config.${configKey(owner.kind)}`, "must be true: this kind has nothing to configure");
  return { owner, config: member === true ? {} : (member as Record<string, unknown>) };
}
