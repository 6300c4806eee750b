/** Why a message exists. */
export const MESSAGE_REASONS = ["FIRST", "ONGOING", "ESCALATED", "FLAPPING", "RECOVERY", "SUMMARY", "TEST", "ESCALATION", "REMINDER"] as const;
export type MessageReason = (typeof MESSAGE_REASONS)[number];

export const SEVERITIES = ["INFO", "WARNING", "CRITICAL"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const EVENT_STATUSES = ["FIRING", "RESOLVED"] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** A JSON value as a producer may put it into `details`. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One labelled fact shown beside the text, in the order it is to be read. Both parts are plain text. */
export interface Fact {
  label: string;
  value: string;
}

/**
 * One notification for one channel, finished but for the look: every channel kind renders this and nothing else.
 * All text is plain and unescaped; a kind escapes it for its own target and cuts it to its own limit.
 */
export interface Message {
  /** The delivery's id: the same over retries, so the idempotency key wherever a provider takes one. */
  id: string;
  reason: MessageReason;
  /** One line, never empty. */
  title: string;
  /** May have several lines, never empty. */
  body: string;
  facts: Fact[];
  severity: Severity;
  /** True when the message says that a problem is over; kinds that can close an incident do so then. */
  recovered: boolean;
  /** The category's emoji, put before the title by rich forms only. */
  emoji: string;
  /** Where alerts come from: the configured display name or the host's name. */
  displayName: string;
  /** Rich form wanted; kinds without formatting ignore it. */
  rich: boolean;
  /** The event behind it, for kinds that pass on data rather than text. */
  event: MessageEvent;
  /** Null for one-off events. */
  condition: MessageCondition | null;
  /** The first message of this condition on this channel, as its receipt named it: reply to it where the provider can. */
  thread: string | null;
  /** By which whoever opens it takes the problem on; it is in the body as well. A secret: not for what many can read. Null where there is none. */
  acknowledgeUrl: string | null;
}

export interface MessageEvent {
  id: string;
  type: string;
  category: string;
  status: EventStatus | null;
  source: string | null;
  service: string | null;
  customer: string | null;
  message: string;
  details: { [key: string]: Json };
  occurredAt: Date;
}

export interface MessageCondition {
  id: string;
  openedAt: Date;
  /** How often the problem was seen, this time included. */
  count: number;
}
