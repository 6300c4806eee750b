import type { Catalogue } from "../catalogue/catalogue.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import type { Channel } from "../channels/channel.model.ts";
import { isStoodInFor } from "../channels/fallback.ts";
import type { BurstRule, CompiledInhibition, CompiledSilence, CompiledTrigger, RoutedChannel, Settings } from "../decide/settings.ts";
import type { VerdictReason } from "../decide/verdict.ts";
import type { EscalationPolicy } from "../escalations/escalation.model.ts";
import type { ServerSettings } from "../settings/settings.model.ts";
import type { Trigger } from "./trigger.model.ts";

const CATEGORY_COOLDOWNS = new Map(CATEGORIES.map((category) => [category.name, category.cooldownSeconds ?? null]));

/** Everything that decide needs of the settings, looked up and merged once instead of for every event. */
export function compileSettings(catalogue: Catalogue, triggers: Trigger[], channels: Channel[], server: ServerSettings, silences: readonly CompiledSilence[], inhibitions: readonly CompiledInhibition[], policies: readonly EscalationPolicy[]): Settings {
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const routed = new Map(channels.map((channel) => [channel.id, routedChannel(channel, channel.enabled || isStoodInFor(channel, byId))]));
  const byType = new Map(triggers.map((trigger) => [trigger.eventType, trigger]));
  const compile = (type: EventType) => compileTrigger(type, byType.get(type.name), channels, routed, server);
  return Object.freeze({
    triggers: new Map(catalogue.types.map((type) => [type.name, compile(type)])),
    channels: routed,
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
export function withType(settings: Settings, type: EventType, channels: Channel[], server: ServerSettings): Settings {
  const compiled = compileTrigger(type, undefined, channels, settings.channels, server);
  return { ...settings, triggers: new Map([...settings.triggers, [type.name, compiled]]) };
}

function compileTrigger(type: EventType, trigger: Trigger | undefined, channels: Channel[], routed: ReadonlyMap<string, RoutedChannel>, server: ServerSettings): CompiledTrigger {
  return {
    type,
    enabled: trigger?.enabled ?? type.enabled,
    severity: trigger?.severity ?? type.severity,
    threshold: thresholdOf(type, trigger?.steps ?? null),
    cooldownSeconds: trigger?.cooldownSeconds ?? type.cooldownSeconds ?? CATEGORY_COOLDOWNS.get(type.category) ?? null,
    holdSeconds: trigger?.holdSeconds ?? 0,
    burst: burstOf(trigger?.burst ?? type.burst ?? { count: server.burstCount, seconds: server.burstWindow }),
    routes: channels.map((channel) => ({ channel: routed.get(channel.id) as RoutedChannel, barredBy: routed.get(channel.id)?.enabled ? barredBy(channel, type, trigger) : "CHANNEL_DISABLED" })),
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

function barredBy(channel: Channel, type: EventType, trigger: Trigger | undefined): VerdictReason | null {
  if (trigger?.channelIds && !trigger.channelIds.includes(channel.id)) return "NOT_NAMED_BY_TRIGGER";
  const own = channel.overrides.find((override) => override.eventType === type.name);
  if (own) return own.enabled ? null : "TYPE_OFF_FOR_CHANNEL";
  const byCategory = channel.overrides.find((override) => override.category === type.category);
  return byCategory?.enabled === false ? "CATEGORY_OFF_FOR_CHANNEL" : null;
}

function routedChannel(channel: Channel, enabled: boolean): RoutedChannel {
  return {
    id: channel.id,
    name: channel.name,
    enabled,
    customer: channel.customer,
    minimumSeverity: channel.minimumSeverity,
    customers: new Set(channel.customers),
    services: new Set(channel.services),
    sources: new Set(channel.sources),
    quietHours: channel.quietHours,
    digest: channel.digest,
  };
}
