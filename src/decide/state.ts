import type { Severity } from "../render/message.ts";
import type { HoldReason } from "./verdict.ts";

/** What is remembered between events, as far as one batch of events touches it. Keyed by fingerprint. */
export interface State {
  conditions: Map<string, OpenCondition>;
  cooldowns: Map<string, OccurrenceCooldown>;
}

/** A problem that goes on. */
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
  lastSeenAt: Date;
  count: number;
  lastNotifiedAt: Date | null;
  /** The furthest threshold step that fired. */
  step: number | null;
  /** Ids of the channels that were told. */
  told: string[];
  /** Channels for which the news of it waits: by id, what holds it and until when, as ISO 8601. */
  held: Record<string, { heldFor: HoldReason; until: string }>;
}

/** When an occurrence was last told of. */
export interface OccurrenceCooldown {
  fingerprint: string;
  notifiedAt: Date;
  severity: Severity;
  /** Repeats held back since. */
  suppressed: number;
}
