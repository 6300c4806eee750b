import { quietUntil } from "../../schedules/quietHours.ts";
import type { Draft, StageContext } from "../draft.ts";
import type { Route, RoutedChannel, Settings } from "../settings.ts";
import { isBelow } from "../severity.ts";
import type { OpenCondition } from "../state.ts";
import type { ChannelVerdict, VerdictReason } from "../verdict.ts";

/** Decides for every channel. A recovery goes to exactly those that were told of its problem. */
export function routeStage(draft: Draft, context: StageContext): Draft {
  if (draft.stopped) return draft;
  const channels = draft.role === "RECOVERY" ? recoveryRoutes(draft, context) : problemRoutes(draft, context);
  return { ...draft, channels };
}

function recoveryRoutes(draft: Draft, { settings, now }: StageContext): ChannelVerdict[] {
  const told = new Set(draft.open?.told);
  const held = draft.open?.held ?? {};
  const known = [...new Set([...told, ...Object.keys(held)])].flatMap((id) => settings.channels.get(id) ?? []);
  return [...settings.generalChannels, ...known.filter(({ onlyByRules }) => onlyByRules)].map((channel) => {
    const waits = held[channel.id];
    if (waits && !told.has(channel.id) && channel.enabled) return heldWith(channel, waits, now);
    if (!waits && !told.has(channel.id)) return verdict(channel, "NOT_TOLD_OF_PROBLEM");
    return verdict(channel, channel.enabled ? "TOLD_OF_PROBLEM" : channel.contact?.enabled === false ? "CONTACT_DISABLED" : "CHANNEL_DISABLED");
  });
}

/**
 * The end of a problem that went, or is to go, into a summary: into the same one while that is not due, and not into the
 * next quiet hours either. Should the summary be late, the dispatcher sees to their order.
 */
function heldWith(channel: RoutedChannel, { heldFor, until }: OpenCondition["held"][string], now: Date): ChannelVerdict {
  const held = { channelId: channel.id, channelName: channel.name, action: "HOLD" } as const;
  const waits = now < new Date(until);
  if (heldFor !== "QUIET_HOURS" && waits) return { ...held, because: "PROBLEM_WAITS", until: new Date(until), heldFor };
  // Quiet hours may have been changed meanwhile, and the problem told of.
  const quietEnd = channel.quietHours && quietUntil(channel.quietHours, now);
  if (!quietEnd) return verdict(channel, "TOLD_OF_PROBLEM");
  return { ...held, because: waits ? "PROBLEM_WAITS" : "QUIET_HOURS", until: quietEnd, heldFor: "QUIET_HOURS" };
}

function problemRoutes(draft: Draft, { settings }: StageContext): ChannelVerdict[] {
  const knows = draft.again && !draft.steady ? informed(draft) : null;
  return routesOf(draft, settings).map(({ channel, barredBy }) => {
    const made = verdict(channel, barredBy ?? filteredBy(channel, draft) ?? (knows?.has(channel.id) ? "ALREADY_TOLD" : "MATCHED"));
    const via = draft.ways.get(channel.id);
    return via ? { ...made, via } : made;
  });
}

/** The routes of all channels that are asked, each once: those that are for every event of this type, and those that rules lead to. */
function routesOf({ trigger, ways }: Draft, { channels }: Settings): readonly Route[] {
  if (ways.size === 0) return trigger.routes;
  const asked = new Set(trigger.routes.map(({ channel }) => channel.id));
  const led = [...ways.keys()].flatMap((id) => (asked.has(id) ? [] : (channels.get(id) ?? [])));
  return [...trigger.routes, ...led.map(trigger.routeOf)];
}

/** Channels that have nothing to hear when no event has come: told, or to be told, and nothing was kept from them since. */
function informed({ open }: Draft): Set<string> {
  const channels = new Set([...(open?.told ?? []), ...Object.keys(open?.held ?? {})]);
  for (const id of open?.kept ?? []) channels.delete(id);
  return channels;
}

function filteredBy(channel: RoutedChannel, { event, severity, trigger }: Draft): VerdictReason | null {
  if (channel.customer !== null && channel.customer !== event.customer) return "OTHER_CUSTOMER";
  if (isBelow(severity, channel.minimumSeverity)) return "BELOW_MINIMUM_SEVERITY";
  if (!lets(channel.customers, event.customer)) return "OTHER_CUSTOMER";
  if (!lets(channel.services, event.service)) return "OTHER_SERVICE";
  if (!lets(channel.sources, event.source)) return "OTHER_SOURCE";
  const { contact } = channel;
  const wanted = !contact || (lets(contact.customers, event.customer) && lets(contact.categories, trigger.type.category) && lets(contact.severities, severity));
  return wanted ? null : "CONTACT_PREFERENCE";
}

function lets<Value extends string>(wanted: ReadonlySet<Value>, value: Value | null): boolean {
  return wanted.size === 0 || (value !== null && wanted.has(value));
}

function verdict(channel: RoutedChannel, because: VerdictReason): ChannelVerdict {
  const action = because === "MATCHED" || because === "TOLD_OF_PROBLEM" ? "SEND" : "SUPPRESS";
  return { channelId: channel.id, channelName: channel.name, action, because, until: null };
}
