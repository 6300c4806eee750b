import type { Catalogue } from "../catalogue/catalogue.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import { concernsServices } from "../catalogue/offered.ts";
import type { Channel } from "../channels/channel.model.ts";
import { isStoodInFor } from "../channels/fallback.ts";
import type { BurstRule, CompiledAlertRule, CompiledInhibition, CompiledSilence, CompiledTrigger, Route, RoutedChannel, RoutedContact, Settings } from "../decide/settings.ts";
import type { VerdictReason } from "../decide/verdict.ts";
import type { EscalationPolicy } from "../escalations/escalation.model.ts";
import type { Contact } from "../people/contact.model.ts";
import type { ServerSettings } from "../settings/settings.model.ts";
import type { Trigger } from "./trigger.model.ts";

const CATEGORY_COOLDOWNS = new Map(CATEGORIES.map((category) => [category.name, category.cooldownSeconds ?? null]));

/** Settings that other subjects have compiled. */
export interface CompiledParts {
  silences: readonly CompiledSilence[];
  inhibitions: readonly CompiledInhibition[];
  /** In the order in which they are asked. */
  rules: readonly CompiledAlertRule[];
  /** Those that are switched on. */
  policies: readonly EscalationPolicy[];
}

/** Everything that decide needs of the settings, looked up and merged once instead of for every event. */
export function compileSettings(catalogue: Catalogue, triggers: Trigger[], channels: Channel[], contacts: ReadonlyMap<string, Contact>, server: ServerSettings, { silences, inhibitions, rules, policies }: CompiledParts): Settings {
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const routed = new Map(channels.map((channel) => [channel.id, routedChannel(channel, contacts, byId)]));
  const byType = new Map(triggers.map((trigger) => [trigger.eventType, trigger]));
  const general = channels.filter(({ onlyByRules }) => !onlyByRules);
  const all = { channels: byId, general, routed, rules, server };
  const compile = (type: EventType) => compileTrigger(type, byType.get(type.name), all);
  return Object.freeze({
    triggers: new Map(catalogue.types.map((type) => [type.name, compile(type)])),
    channels: routed,
    generalChannels: general.map(({ id }) => routed.get(id) as RoutedChannel),
    rules,
    cooldowns: {
      occurrence: { INFO: server.infoCooldown, WARNING: server.warningCooldown, CRITICAL: server.criticalCooldown },
      followUp: server.followUpCooldown,
    },
    flapping: { count: server.flappingCount, seconds: server.flappingWindow },
    silences,
    inhibitions,
    escalations: new Map(policies.map(({ id, steps }) => [id, steps[0]?.delaySeconds ?? 0])),
  });
}

/** The same settings with one more type, as registering it would add it. */
export function withType(settings: Settings, type: EventType, channels: ReadonlyMap<string, Channel>, server: ServerSettings): Settings {
  const general = [...channels.values()].filter(({ onlyByRules }) => !onlyByRules);
  const compiled = compileTrigger(type, undefined, { channels, general, routed: settings.channels, rules: settings.rules, server });
  return { ...settings, triggers: new Map([...settings.triggers, [type.name, compiled]]) };
}

/** What the settings of an event type are put together from. */
interface Sources {
  channels: ReadonlyMap<string, Channel>;
  /** Channels that are asked about every event. */
  general: readonly Channel[];
  routed: ReadonlyMap<string, RoutedChannel>;
  rules: readonly CompiledAlertRule[];
  server: ServerSettings;
}

function compileTrigger(type: EventType, trigger: Trigger | undefined, { channels, general, routed, rules, server }: Sources): CompiledTrigger {
  const routeOf = (channel: Channel): Route => ({ channel: routed.get(channel.id) as RoutedChannel, barredBy: barredBy(channel, isInUse(channel, channels), type, trigger, routed.get(channel.id)?.contact ?? null) });
  const named = (trigger?.channelIds ?? []).flatMap((id) => channels.get(id) ?? []).filter(({ onlyByRules }) => onlyByRules);
  return {
    type,
    enabled: trigger?.enabled ?? type.enabled,
    severity: trigger?.severity ?? type.severity,
    threshold: thresholdOf(type, trigger?.steps ?? null),
    cooldownSeconds: trigger?.cooldownSeconds ?? type.cooldownSeconds ?? CATEGORY_COOLDOWNS.get(type.category) ?? null,
    holdSeconds: trigger?.holdSeconds ?? 0,
    burst: burstOf(trigger?.burst ?? type.burst ?? { count: server.burstCount, seconds: server.burstWindow }),
    routes: [...general, ...named].map(routeOf),
    routeOf: ({ id }) => routeOf(channels.get(id) as Channel),
    rules: rules.filter((rule) => rule.covers(type)),
  };
}

function burstOf(rule: BurstRule): BurstRule | null {
  return rule.count === 0 ? null : rule;
}

function thresholdOf(type: EventType, steps: number[] | null): CompiledTrigger["threshold"] {
  if (!type.threshold) return null;
  const rising = [...new Set(steps ?? type.threshold.steps)].sort((a, b) => a - b);
  return { ...type.threshold, steps: type.threshold.direction === "AT_LEAST" ? rising : rising.reverse() };
}

/** Whether what is meant for it goes anywhere: to itself, or to its fallback when its provider has switched it off. */
function isInUse(channel: Channel, channels: ReadonlyMap<string, Channel>): boolean {
  return channel.enabled || isStoodInFor(channel, channels);
}

function barredBy(channel: Channel, inUse: boolean, type: EventType, trigger: Trigger | undefined, contact: RoutedContact | null): VerdictReason | null {
  if (contact?.enabled === false) return "CONTACT_DISABLED";
  if (!inUse) return "CHANNEL_DISABLED";
  if (channel.customer !== null && !concernsServices(type.category)) return "NOT_FOR_CUSTOMERS";
  if (trigger?.channelIds && !trigger.channelIds.includes(channel.id)) return "NOT_NAMED_BY_TRIGGER";
  const own = channel.overrides.find((override) => override.eventType === type.name);
  if (own) return own.enabled ? null : "TYPE_OFF_FOR_CHANNEL";
  const byCategory = channel.overrides.find((override) => override.category === type.category);
  return byCategory?.enabled === false ? "CATEGORY_OFF_FOR_CHANNEL" : null;
}

function routedChannel(channel: Channel, contacts: ReadonlyMap<string, Contact>, channels: ReadonlyMap<string, Channel>): RoutedChannel {
  const contact = contacts.get(channel.contactId ?? "");
  return {
    id: channel.id,
    name: channel.name,
    enabled: isInUse(channel, channels) && contact?.enabled !== false,
    customer: channel.customer,
    minimumSeverity: channel.minimumSeverity,
    customers: new Set(channel.customers),
    services: new Set(channel.services),
    sources: new Set(channel.sources),
    quietHours: channel.quietHours,
    digest: channel.digest,
    onlyByRules: channel.onlyByRules,
    contact: contact ? routedContact(contact) : null,
  };
}

function routedContact({ id, name, enabled, customers, categories, severities }: Contact): RoutedContact {
  return { id, name, enabled, customers: new Set(customers), categories: new Set(categories), severities: new Set(severities) };
}
