import type { Severity } from "../render/message.ts";
import type { HoldReason } from "./verdict.ts";

/** What is remembered between events, as far as one batch of events touches it. Keyed by fingerprint. */
export interface State {
  conditions: Map<string, OpenCondition>;
  /** The newest condition of fingerprints that have none open: what comes next may be more of its coming and going. */
  closed: Map<string, OpenCondition>;
  cooldowns: Map<string, OccurrenceCooldown>;
  /** By `burstKey`. */
  bursts: Map<string, BurstWindow>;
  /** Open conditions that inhibit others, by `inhibitionKey`. */
  inhibitors: Map<string, readonly Inhibitor[]>;
}

/** How many messages on one event type a channel got within the present window. */
export interface BurstWindow {
  channelId: string;
  eventType: string;
  startedAt: Date;
  count: number;
  /** True while the storm of the window before goes on: then nothing of this one goes out live. */
  overflowing: boolean;
}

export function burstKey(eventType: string, channelId: string): string {
  return `${eventType} ${channelId}`;
}

/** An open condition that keeps others from being sent. */
export interface Inhibitor {
  conditionId: string;
  fingerprint: string;
  title: string;
}

/** Since when a condition comes and goes too often to tell of each time. */
export interface Flapping {
  since: Date;
  /** When it counts as steady, unless it changes before. */
  until: Date;
  /** The highest severity that was told of. */
  severity: Severity;
}

/** A problem that goes on, or one that is over but for its flapping. */
export interface OpenCondition {
  /** The id of the event that opened it. */
  id: string;
  fingerprint: string;
  type: string;
  category: string;
  /** The highest seen. */
  severity: Severity;
  title: string;
  source: string | null;
  service: string | null;
  customer: string | null;
  openedAt: Date;
  closedAt: Date | null;
  lastSeenAt: Date;
  count: number;
  lastNotifiedAt: Date | null;
  /** The furthest threshold step that fired. */
  step: number | null;
  /** Ids of the channels that were told. */
  told: string[];
  /** Channels for which the news of it waits: by id, what holds it and until when, as ISO 8601. */
  held: Record<string, { heldFor: HoldReason; until: string }>;
  /** Ids of the channels from which a silence or another problem keeps the latest news of it. */
  kept: string[];
  /** When to decide about it again, though no event comes. */
  recheckAt: Date | null;
  /** The open condition that keeps it from being sent; that did, where it is over but for its flapping. */
  inhibitedBy: string | null;
  /** How many other conditions and occurrences were not sent because of this one. */
  covers: number;
  /** When it and its predecessors opened lately, the oldest first. */
  openings: Date[];
  flapping: Flapping | null;
  /** When somebody took it on, who, and what they said. Set by people, never by events. */
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  acknowledgementNote: string | null;
  /** Whose token or channel that was; null: the server's own. */
  acknowledgedFor: string | null;
}

/** When an occurrence was last told of. */
export interface OccurrenceCooldown {
  fingerprint: string;
  notifiedAt: Date;
  severity: Severity;
  /** Repeats held back since. */
  suppressed: number;
}
