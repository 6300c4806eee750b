import { quietUntil } from "../../schedules/quietHours.ts";
import type { Draft, StageContext } from "../draft.ts";
import type { RoutedChannel } from "../settings.ts";
import { isBelow } from "../severity.ts";
import type { OpenCondition } from "../state.ts";
import type { ChannelVerdict, VerdictReason } from "../verdict.ts";

/** Decides for every channel. A recovery goes to exactly those that were told of its problem. */
export function routeStage(draft: Draft, context: StageContext): Draft {
  if (draft.stopped) return draft;
  const channels = draft.role === "RECOVERY" ? recoveryRoutes(draft, context) : problemRoutes(draft);
  return { ...draft, channels };
}

function recoveryRoutes(draft: Draft, { settings, now }: StageContext): ChannelVerdict[] {
  const told = new Set(draft.open?.told);
  const held = draft.open?.held ?? {};
  return [...settings.channels.values()].map((channel) => {
    const waits = held[channel.id];
    if (waits && !told.has(channel.id) && channel.enabled) return heldWith(channel, waits, now);
    if (!waits && !told.has(channel.id)) return verdict(channel, "NOT_TOLD_OF_PROBLEM");
    return verdict(channel, channel.enabled ? "TOLD_OF_PROBLEM" : "CHANNEL_DISABLED");
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

function problemRoutes(draft: Draft): ChannelVerdict[] {
  const knows = draft.again && !draft.steady ? informed(draft) : null;
  return draft.trigger.routes.map(({ channel, barredBy }) =>
    verdict(channel, barredBy ?? filteredBy(channel, draft) ?? (knows?.has(channel.id) ? "ALREADY_TOLD" : "MATCHED")),
  );
}

/** Channels that have nothing to hear when no event has come: told, or to be told, and nothing was kept from them since. */
function informed({ open }: Draft): Set<string> {
  const channels = new Set([...(open?.told ?? []), ...Object.keys(open?.held ?? {})]);
  for (const id of open?.kept ?? []) channels.delete(id);
  return channels;
}

function filteredBy(channel: RoutedChannel, { event, severity }: Draft): VerdictReason | null {
  if (channel.customer !== null && channel.customer !== event.customer) return "OTHER_CUSTOMER";
  if (isBelow(severity, channel.minimumSeverity)) return "BELOW_MINIMUM_SEVERITY";
  if (!lets(channel.customers, event.customer)) return "OTHER_CUSTOMER";
  if (!lets(channel.services, event.service)) return "OTHER_SERVICE";
  if (!lets(channel.sources, event.source)) return "OTHER_SOURCE";
  return null;
}

function lets(wanted: ReadonlySet<string>, value: string | null): boolean {
  return wanted.size === 0 || (value !== null && wanted.has(value));
}

function verdict(channel: RoutedChannel, because: VerdictReason): ChannelVerdict {
  const action = because === "MATCHED" || because === "TOLD_OF_PROBLEM" ? "SEND" : "SUPPRESS";
  return { channelId: channel.id, channelName: channel.name, action, because, until: null };
}
