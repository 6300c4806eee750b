import { z } from "zod";
import { ValidationError } from "../errors.ts";
import { parseInput } from "../parseInput.ts";
import type { FieldMeta, Provider } from "../providers/provider.ts";
import type { SecretBox } from "../secretBox.ts";

/** A config as the database keeps it. */
export interface StoredConfig {
  config: Record<string, unknown>;
  secrets: string | null;
  secretsSet: string[];
}

/** What is known of one field of a kind's config. */
export interface ConfigField {
  name: string;
  schema: z.ZodType;
  meta: FieldMeta;
  required: boolean;
  secret: boolean;
}

/** The fields of a kind's config, in the order in which a form shows them. */
export function configFields(provider: Provider): ConfigField[] {
  return Object.entries(provider.config.shape).map(([name, field]) => {
    const schema = field as z.ZodType;
    const meta = metaOf(schema);
    if (!meta) throw new Error(`${provider.kind}.${name} has no description`);
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

/**
 * Checks a config given by a caller.
 * @param before the config that it changes: its secrets stay where nothing is given, and go where null is
 * @throws {ValidationError} with paths below `config.<kind>`
 */
export function checkConfig(provider: Provider, given: Record<string, unknown>, before: Record<string, unknown> = {}): Record<string, unknown> {
  const secrets = configFields(provider).filter((field) => field.secret).map((field) => field.name);
  const kept = Object.fromEntries(secrets.filter((name) => given[name] === undefined && before[name] !== undefined).map((name) => [name, before[name]]));
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
  return parseInput(provider.config, { ...kept, ...set }, `config.${configKey(provider.kind)}`);
}

/** The name of a kind's member in the config input: EMAIL → email, TWILIO_SMS → twilioSms. */
export function configKey(kind: string): string {
  return kind.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Splits a checked config into what may be read and what is encrypted for this channel's row. */
export function sealConfig(provider: Provider, config: Record<string, unknown>, box: SecretBox, channelId: string): StoredConfig {
  const secretNames = new Set(configFields(provider).filter((field) => field.secret).map((field) => field.name));
  const set = Object.entries(config).filter(([, value]) => value !== undefined);
  const secrets = set.filter(([name]) => secretNames.has(name));
  return {
    config: Object.fromEntries(set.filter(([name]) => !secretNames.has(name))),
    secrets: secrets.length > 0 ? box.seal(JSON.stringify(Object.fromEntries(secrets)), rowName(channelId)) : null,
    // An empty list is the field's default, to be kept like any other value, but nobody has set a secret.
    secretsSet: secrets.filter(([, value]) => !(Array.isArray(value) && value.length === 0)).map(([name]) => name),
  };
}

export function openConfig(stored: Pick<StoredConfig, "config" | "secrets">, box: SecretBox, channelId: string): Record<string, unknown> {
  const secrets = stored.secrets === null ? {} : (JSON.parse(box.open(stored.secrets, rowName(channelId))) as Record<string, unknown>);
  return { ...stored.config, ...secrets };
}

function rowName(channelId: string): string {
  return `channel:${channelId}`;
}

/**
 * The one member that is set of a `@oneOf` config, as kind and config. GraphQL has made sure that there is exactly one.
 * A kind without fields has `true` for a config.
 */
export function chosenConfig(providers: readonly Provider[], given: Record<string, unknown>): { provider: Provider; config: Record<string, unknown> } {
  const provider = providers.find(({ kind }) => given[configKey(kind)] !== null && given[configKey(kind)] !== undefined);
  if (!provider) throw ValidationError.of("config", "must hold the config of exactly one channel kind", "required");
  const member = given[configKey(provider.kind)];
  if (member === false) throw ValidationError.of(`config.${configKey(provider.kind)}`, "must be true: this kind has nothing to configure");
  return { provider, config: member === true ? {} : (member as Record<string, unknown>) };
}
