/**
 * Sets up channels and triggers from a JSON file. It may run again and again: what is as the file says is left alone.
 *
 *   npx tsx client-examples/set-up.ts [file]
 *   npx tsx client-examples/set-up.ts --secrets [file]
 *
 * Without a file it takes set-up.example.json. "$NAME" in the file stands for the environment variable NAME, so that
 * the file holds no secrets; a channel whose variables are not set is passed over.
 *
 * The server never shows a secret, so this program cannot see whether one has changed: --secrets sends them again.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fail, run, serverFromEnvironment } from "./client.ts";
import { ChannelsDocument, CreateChannelDocument, TriggerSettingsDocument, UpdateChannelDocument, UpdateTriggerDocument } from "./generated/graphql.ts";
import type { ChannelsQuery, CreateChannelInput, TriggerSettingsQuery, UpdateTriggerInput } from "./generated/graphql.ts";

type Channel = ChannelsQuery["channels"]["nodes"][number];
type Trigger = NonNullable<TriggerSettingsQuery["eventType"]>;

/** As in the API, but for triggers naming their channels by name. */
interface SetUp {
  channels: CreateChannelInput[];
  triggers: (Omit<UpdateTriggerInput, "channelIds"> & { eventType: string; channels?: string[] | null })[];
}

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { secrets: { type: "boolean", default: false } } });
const server = serverFromEnvironment();

async function main(): Promise<void> {
  const setUp = JSON.parse(readFileSync(positionals[0] ?? join(import.meta.dirname, "set-up.example.json"), "utf8")) as SetUp;
  for (const channel of setUp.channels) {
    const { filled, missing } = fillIn(channel);
    if (missing.length > 0) console.log(`channel ${channel.name}: passed over, not set: ${missing.join(", ")}`);
    else console.log(`channel ${channel.name}: ${await applyChannel(filled)}`);
  }
  for (const trigger of setUp.triggers) console.log(`trigger ${trigger.eventType}: ${await applyTrigger(trigger)}`);
}

/** Puts the environment's values in the place of "$NAME". */
function fillIn<Value>(value: Value): { filled: Value; missing: string[] } {
  const missing: string[] = [];
  const filled = JSON.parse(JSON.stringify(value), (_key, inner: unknown) => {
    const [, name] = typeof inner === "string" ? (/^\$([A-Z][A-Z0-9_]*)$/.exec(inner) ?? []) : [];
    if (name === undefined) return inner;
    const given = process.env[name];
    if (!given) missing.push(name);
    return given;
  }) as Value;
  return { filled, missing };
}

async function applyChannel(wanted: CreateChannelInput): Promise<string> {
  const found = (await allChannels()).find(({ name }) => name === wanted.name);
  if (!found) {
    const { createChannel } = await run(server, CreateChannelDocument, { input: wanted });
    if (createChannel.__typename !== "CreateChannelPayload") throw new Error(`${wanted.name}: ${createChannel.message}`);
    return "made";
  }
  const different = differences(wanted, found);
  if (different.length === 0) return "unchanged";
  const { updateChannel } = await run(server, UpdateChannelDocument, { id: found.id, input: wanted });
  if (updateChannel.__typename !== "UpdateChannelPayload") throw new Error(`${wanted.name}: ${updateChannel.message}`);
  return `changed ${different.join(", ")}`;
}

async function allChannels(): Promise<Channel[]> {
  const channels: Channel[] = [];
  for (let after: string | null = null; ; ) {
    const { channels: page }: ChannelsQuery = await run(server, ChannelsDocument, { first: 100, after });
    channels.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return channels;
    after = page.pageInfo.endCursor ?? null;
  }
}

/** The settings that are not as wanted. Write values as the server shows them: ["a@x.org", "b@x.org"], not ["a@x.org, b@x.org"]. */
function differences({ config, ...wanted }: CreateChannelInput, found: Channel): string[] {
  const given = Object.values(config).find((member) => member !== undefined) as unknown;
  const readable: Record<string, unknown> = found.config;
  const secrets = "secretsSet" in found.config ? found.config.secretsSet : [];
  // A secret is not among the readable fields: it counts as different while it is not set, or when all are sent again.
  const inConfig = Object.entries(typeof given === "object" && given !== null ? given : {}).filter(([field, value]) =>
    field in readable ? !same(value, readable[field]) : options.secrets || !secrets.includes(field),
  );
  const outside = Object.entries(wanted).filter(([field, value]) => !same(value, found[field as keyof Channel]));
  return [...outside, ...inConfig].map(([field]) => field);
}

async function applyTrigger({ eventType, channels, ...settings }: SetUp["triggers"][number]): Promise<string> {
  const { eventType: found } = await run(server, TriggerSettingsDocument, { name: eventType });
  if (!found) throw new Error(`There is no event type "${eventType}". The eventTypes query lists all.`);
  const input: UpdateTriggerInput = { ...settings, ...(channels === undefined ? {} : { channelIds: channels && (await idsOf(channels)) }) };
  const different = Object.entries(input).filter(([field, value]) => !same(comparable(field, value), comparable(field, current(found, field))));
  if (different.length === 0) return "unchanged";
  const { updateTrigger } = await run(server, UpdateTriggerDocument, { eventType, input });
  if (updateTrigger.__typename !== "UpdateTriggerPayload") throw new Error(`${eventType}: ${updateTrigger.message}`);
  return `changed ${different.map(([field]) => field).join(", ")}`;
}

async function idsOf(names: string[]): Promise<string[]> {
  const channels = await allChannels();
  return names.map((name) => {
    const found = channels.find((channel) => channel.name === name);
    if (!found) throw new Error(`There is no channel named "${name}".`);
    return found.id;
  });
}

function current(trigger: Trigger, field: string): unknown {
  if (field === "steps") return trigger.threshold?.steps;
  if (field === "channelIds") return trigger.channels?.map(({ id }) => id);
  return trigger[field as keyof Trigger];
}

/** Lists without regard to order; durations by their length: PT90M and PT1H30M are the same. */
function comparable(field: string, value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as (string | number)[])].sort();
  const [, days, hours, minutes, seconds] = field === "cooldown" ? (/^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(value)) ?? []) : [];
  const lengths = [days, hours, minutes, seconds].map((part) => Number(part ?? 0)) as [number, number, number, number];
  return field === "cooldown" && typeof value === "string" ? lengths[0] * 86_400 + lengths[1] * 3600 + lengths[2] * 60 + lengths[3] : value;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

await main().catch(fail);
