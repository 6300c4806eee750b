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

/** What is set, as items of a document without their secrets. */
export function itemsOf(rows: ConfigurationRows, box: SecretBox): KnownItems {
  const references = createReferences(rows);
  const kinds = new Map(rows.channels.map(({ id, kind }) => [id, kind]));
  const known = (name: SectionName, id: string, item: Item, secrets: string | null = null): [string, KnownItem] => {
    const shown = withIsoDurations(item);
    return [keyOfItem(name, shown), { id, item: shown, secrets, secretsDigest: secrets && createHash("sha256").update(secrets).digest("base64url") }];
  };
  const owner = (customer: string | null): Item => (customer === null ? {} : { customer });
  const open = (row: { id: string; secrets: string | null }, sealedFor: (id: string) => string) => row.secrets && box.open(row.secrets, sealedFor(row.id));
  const namesOf = (targets: readonly Target[], customer: string | null) => ({
    contacts: targets.flatMap(({ contactId }) => (contactId === null ? [] : [references.of("contacts", contactId, customer)])),
    groups: targets.flatMap(({ groupId }) => (groupId === null ? [] : [references.of("contactGroups", groupId, customer)])),
    channels: targets.flatMap(({ channelId }) => (channelId === null ? [] : [references.of("channels", channelId, customer)])),
  });
  const configOf = ({ kind, config }: { kind: string; config: unknown }): Json => ({ [configKey(kind)]: Object.keys(config as object).length > 0 || !WITHOUT_FIELDS.has(kind) ? (config as Json) : true });

  return {
    eventTypes: new Map(rows.eventTypes.map(({ createdAt: _, ...type }) => known("eventTypes", type.name, type as Item))),
    providerAccounts: new Map(rows.providerAccounts.map((row) => known("providerAccounts", row.id, { name: row.name, ...owner(row.customer), config: configOf(row) }, open(row, accountRow)))),
    contacts: new Map(
      rows.contacts.map(({ id, name, customer, enabled, customers, categories, severities }) =>
        known("contacts", id, { name, ...owner(customer), enabled, customers: customers as Json, categories: categories as Json, severities: severities as Json }),
      ),
    ),
    contactGroups: new Map(
      rows.contactGroups.map(({ id, name, customer, members }) =>
        known("contactGroups", id, {
          name,
          ...owner(customer),
          contacts: members.flatMap(({ contactId }) => (contactId === null ? [] : [references.of("contacts", contactId, customer)])),
          groups: members.flatMap(({ memberId }) => (memberId === null ? [] : [references.of("contactGroups", memberId, customer)])),
        }),
      ),
    ),
    channels: new Map(
      rows.channels.map((row) => {
        const { customer, overrides } = row;
        return known(
          "channels",
          row.id,
          {
            name: row.name,
            ...owner(customer),
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
            overrides: overrides
              .map(({ eventType, category, enabled }): Item => ({ ...(eventType === null ? { category } : { eventType }), enabled }))
              .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
          },
          open(row, channelRow),
        );
      }),
    ),
    triggers: new Map(
      rows.triggers.map((row) => {
        const burst = row.burst as { count: number; seconds: number } | null;
        return known("triggers", row.eventType, {
          eventType: row.eventType,
          enabled: row.enabled,
          severity: row.severity,
          cooldown: row.cooldownSeconds,
          hold: row.holdSeconds,
          burst: burst && { count: burst.count, window: burst.seconds },
          steps: row.steps as Json,
          channels: row.restricted ? row.channels.map(({ channelId }) => references.of("channels", channelId, null)).sort(byText) : null,
          recipients: row.recipients
            .map(({ channelId, config }): Item => ({ channel: references.of("channels", channelId, null), config: { [configKey(kinds.get(channelId) ?? "")]: config as Json } }))
            .sort(byText),
        });
      }),
    ),
    inhibitionRules: new Map(
      rows.inhibitionRules.map(({ id, name, enabled, whileOpen, matchers, sameFields }) => known("inhibitionRules", id, { name, enabled, whileOpen: whileOpen as Json, matchers: matchers as Json, sameFields: sameFields as Json })),
    ),
    escalationPolicies: new Map(
      rows.escalationPolicies.map(({ id, name, customer, enabled, rounds, reminderSeconds, steps }) =>
        known("escalationPolicies", id, { name, ...owner(customer), enabled, rounds, reminder: reminderSeconds, steps: steps.map(({ delaySeconds, targets }) => ({ delay: delaySeconds, ...namesOf(targets, customer) })) }),
      ),
    ),
    alertRules: new Map(
      rows.alertRules.map(({ id, name, customer, enabled, position, stop, matchers, targets, escalationPolicyId }) =>
        known("alertRules", id, {
          name,
          ...owner(customer),
          enabled,
          position,
          stop,
          matchers: matchers as Json,
          ...namesOf(targets, customer),
          escalationPolicy: escalationPolicyId && references.of("escalationPolicies", escalationPolicyId, customer),
        }),
      ),
    ),
    silences: new Map(
      rows.silences.map(({ id, reason, customer, matchers, startsAt, endsAt, schedule }) =>
        known("silences", id, { reason, ...owner(customer), matchers: matchers as Json, startsAt: startsAt.toISOString(), endsAt: endsAt?.toISOString() ?? null, schedule: schedule as Json }),
      ),
    ),
  };
}

/** Kinds whose member of a config is `true`. */
const WITHOUT_FIELDS = new Set(["INBOX", "LOG"]);

function byText(a: Json, b: Json): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
