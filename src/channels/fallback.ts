import type { Channel } from "./channel.model.ts";

/** So many channels may stand behind one another. */
const LONGEST_FALLBACKS = 5;

/** What of a channel says where its messages go when it cannot deliver them. */
export type FallbackLink = Pick<Channel, "id" | "name" | "customer" | "enabled" | "fallbackId">;

/**
 * The channel that gets what another could not deliver: the first that is in use along its fallbacks.
 * @param passed ids of the channels that could not deliver it before: none gets it twice
 */
export function fallbackOf<Link extends FallbackLink>(channel: FallbackLink, passed: readonly string[], channels: ReadonlyMap<string, Link>): Link | null {
  const visited = new Set([...passed, channel.id]);
  let next = channels.get(channel.fallbackId ?? "");
  while (next && !visited.has(next.id)) {
    // A contact's channel may have changed hands since.
    if (next.customer !== channel.customer) return null;
    if (next.enabled) return next;
    visited.add(next.id);
    next = channels.get(next.fallbackId ?? "");
  }
  return null;
}

/** True for a channel that its provider has switched off: what it would get goes to its fallback. */
export function isStoodInFor(channel: FallbackLink & Pick<Channel, "disabledReason">, channels: ReadonlyMap<string, FallbackLink>): boolean {
  return !channel.enabled && channel.disabledReason !== null && fallbackOf(channel, [], channels) !== null;
}

/** What is wrong with a channel's fallback; null when nothing is. @param channels all there are, the channel as it is to be included */
export function fallbackProblem(channel: FallbackLink, channels: ReadonlyMap<string, FallbackLink>): string | null {
  if (channel.fallbackId === null) return null;
  const fallback = channels.get(channel.fallbackId);
  if (!fallback || (fallback.customer !== channel.customer && channel.customer !== null)) return "must be the id of a channel";
  if (fallback.customer !== channel.customer) return "must be a channel of the same owner: this one is a customer's, which would get what is not its own";
  if (fallback.id === channel.id) return "must be another channel: what this one cannot deliver it cannot deliver to itself either";
  const way = wayFrom(channel, channels);
  if (way.at(-1) === channel) return `must not lead back to the channel: ${way.map(({ name }) => `"${name}"`).join(" → ")}`;
  const length = longestWayTo(channel, [...channels.values()]) + way.length - 1;
  return length > LONGEST_FALLBACKS ? `must not make a row of more than ${LONGEST_FALLBACKS} fallbacks; this one would have ${length}` : null;
}

/** The channel and its fallbacks in order, until they end or come back to it. */
function wayFrom(channel: FallbackLink, channels: ReadonlyMap<string, FallbackLink>): FallbackLink[] {
  const way = [channel];
  for (;;) {
    const next = channels.get(way.at(-1)?.fallbackId ?? "");
    if (!next) return way;
    if (way.some(({ id }) => id === next.id)) return next.id === channel.id ? [...way, channel] : way;
    way.push(next);
  }
}

/** How many channels stand before this one at most. */
function longestWayTo({ id }: FallbackLink, channels: readonly FallbackLink[], passed: readonly string[] = []): number {
  const before = channels.filter((other) => other.fallbackId === id && other.id !== id && !passed.includes(other.id));
  return before.reduce((longest, other) => Math.max(longest, 1 + longestWayTo(other, channels, [...passed, id])), 0);
}
