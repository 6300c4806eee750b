import { createHash } from "node:crypto";
import { accountRow } from "../accounts/providerAccount.service.ts";
import { configKey } from "../channels/channelConfig.ts";
import { channelRow } from "../channels/channel.service.ts";
import type { Target } from "../people/directory.ts";
import type { Json } from "../render/message.ts";
import type { SecretBox } from "../secretBox.ts";
import type { ConfigurationRows } from "./configuration.store.ts";
import { keyOfItem, withIsoDurations } from "./document.ts";
import type { Item, SectionName } from "./document.ts";
import { createReferences } from "./references.ts";
import type { References } from "./references.ts";

/** An item with what a document does not show of it. */
export interface KnownItem {
  id: string;
  item: Item;
  /** Its secrets as JSON; null: it has none. */
  secrets: string | null;
  /** Tells other secrets from these without telling them. */
  secretsDigest: string | null;
}

/** By section and `keyOfItem`, in the order of a document. */
export type KnownItems = Record<SectionName, Map<string, KnownItem>>;

type Row<Section extends keyof ConfigurationRows> = ConfigurationRows[Section][number];

/** What is set, as items of a document without their secrets. */
export function itemsOf(rows: ConfigurationRows, box: SecretBox): KnownItems {
  const references = createReferences(rows);
  const kinds = new Map(rows.channels.map(({ id, kind }) => [id, kind]));
  const known = (name: SectionName, id: string, item: Item, secrets: string | null = null): [string, KnownItem] => {
    const shown = withIsoDurations(item);
    return [keyOfItem(name, shown), { id, item: shown, secrets, secretsDigest: secrets && createHash("sha256").update(secrets).digest("base64url") }];
  };
  const open = (row: { id: string; secrets: string | null }, sealedFor: (id: string) => string) => row.secrets && box.open(row.secrets, sealedFor(row.id));

  return {
    eventTypes: new Map(rows.eventTypes.map(({ createdAt: _, ...type }) => known("eventTypes", type.name, type as Item))),
    providerAccounts: new Map(rows.providerAccounts.map((row) => known("providerAccounts", row.id, { name: row.name, ...ownerOf(row), config: configOf(row) }, open(row, accountRow)))),
    contacts: new Map(rows.contacts.map((row) => known("contacts", row.id, contactItem(row)))),
    contactGroups: new Map(rows.contactGroups.map((row) => known("contactGroups", row.id, groupItem(row, references)))),
    channels: new Map(rows.channels.map((row) => known("channels", row.id, channelItem(row, references), open(row, channelRow)))),
    triggers: new Map(rows.triggers.map((row) => known("triggers", row.eventType, triggerItem(row, references, kinds)))),
    inhibitionRules: new Map(rows.inhibitionRules.map((row) => known("inhibitionRules", row.id, inhibitionItem(row)))),
    escalationPolicies: new Map(rows.escalationPolicies.map((row) => known("escalationPolicies", row.id, policyItem(row, references)))),
    alertRules: new Map(rows.alertRules.map((row) => known("alertRules", row.id, ruleItem(row, references)))),
    silences: new Map(rows.silences.map((row) => known("silences", row.id, silenceItem(row)))),
  };
}

function ownerOf({ customer }: { customer: string | null }): Item {
  return customer === null ? {} : { customer };
}

function configOf({ kind, config }: { kind: string; config: unknown }): Json {
  const hasFields = Object.keys(config as object).length > 0 || !WITHOUT_FIELDS.has(kind);
  return { [configKey(kind)]: hasFields ? (config as Json) : true };
}

function targetNames(targets: readonly Target[], customer: string | null, references: References) {
  return {
    contacts: targets.flatMap(({ contactId }) => (contactId === null ? [] : [references.of("contacts", contactId, customer)])),
    groups: targets.flatMap(({ groupId }) => (groupId === null ? [] : [references.of("contactGroups", groupId, customer)])),
    channels: targets.flatMap(({ channelId }) => (channelId === null ? [] : [references.of("channels", channelId, customer)])),
  };
}

function contactItem(row: Row<"contacts">): Item {
  const { name, enabled, customers, categories, severities } = row;
  return { name, ...ownerOf(row), enabled, customers: customers as Json, categories: categories as Json, severities: severities as Json };
}

function groupItem(row: Row<"contactGroups">, references: References): Item {
  const { name, customer, members } = row;
  return {
    name,
    ...ownerOf(row),
    contacts: members.flatMap(({ contactId }) => (contactId === null ? [] : [references.of("contacts", contactId, customer)])),
    groups: members.flatMap(({ memberId }) => (memberId === null ? [] : [references.of("contactGroups", memberId, customer)])),
  };
}

function channelItem(row: Row<"channels">, references: References): Item {
  const { customer, overrides } = row;
  return {
    name: row.name,
    ...ownerOf(row),
    enabled: row.enabled,
    config: configOf(row),
    account: row.accountId && references.of("providerAccounts", row.accountId, customer),
    contact: row.contactId && references.of("contacts", row.contactId, customer),
    fallback: row.fallbackId && references.of("channels", row.fallbackId, customer),
    onlyByRules: row.onlyByRules,
    rich: row.rich,
    pace: row.pace as Json,
    quietHours: row.quietHours as Json,
    digest: row.digest as Json,
    displayName: row.displayName,
    minimumSeverity: row.minimumSeverity,
    customers: row.customers as Json,
    services: row.services as Json,
    sources: row.sources as Json,
    overrides: overrides.map(({ eventType, category, enabled }): Item => ({ ...(eventType === null ? { category } : { eventType }), enabled })).sort(byText),
  };
}

/** @param kinds by the channel's id */
function triggerItem(row: Row<"triggers">, references: References, kinds: ReadonlyMap<string, string>): Item {
  const burst = row.burst as { count: number; seconds: number } | null;
  const channelNamed = (id: string) => references.of("channels", id, null);
  return {
    eventType: row.eventType,
    enabled: row.enabled,
    severity: row.severity,
    cooldown: row.cooldownSeconds,
    hold: row.holdSeconds,
    burst: burst && { count: burst.count, window: burst.seconds },
    steps: row.steps as Json,
    channels: row.restricted ? row.channels.map(({ channelId }) => channelNamed(channelId)).sort(byText) : null,
    recipients: row.recipients.map(({ channelId, config }): Item => ({ channel: channelNamed(channelId), config: { [configKey(kinds.get(channelId) ?? "")]: config as Json } })).sort(byText),
  };
}

function inhibitionItem({ name, enabled, whileOpen, matchers, sameFields }: Row<"inhibitionRules">): Item {
  return { name, enabled, whileOpen: whileOpen as Json, matchers: matchers as Json, sameFields: sameFields as Json };
}

function policyItem(row: Row<"escalationPolicies">, references: References): Item {
  const { name, customer, enabled, rounds, reminderSeconds, steps } = row;
  return { name, ...ownerOf(row), enabled, rounds, reminder: reminderSeconds, steps: steps.map(({ delaySeconds, targets }) => ({ delay: delaySeconds, ...targetNames(targets, customer, references) })) };
}

function ruleItem(row: Row<"alertRules">, references: References): Item {
  const { name, customer, enabled, position, stop, matchers, targets, escalationPolicyId } = row;
  return {
    name,
    ...ownerOf(row),
    enabled,
    position,
    stop,
    matchers: matchers as Json,
    ...targetNames(targets, customer, references),
    escalationPolicy: escalationPolicyId && references.of("escalationPolicies", escalationPolicyId, customer),
  };
}

function silenceItem(row: Row<"silences">): Item {
  const { reason, matchers, startsAt, endsAt, schedule } = row;
  return { reason, ...ownerOf(row), matchers: matchers as Json, startsAt: startsAt.toISOString(), endsAt: endsAt?.toISOString() ?? null, schedule: schedule as Json };
}

/** Kinds whose member of a config is `true`. */
const WITHOUT_FIELDS = new Set(["INBOX", "LOG"]);

function byText(a: Json, b: Json): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
