import type { EventType } from "../catalogue/eventType.ts";
import type { Severity } from "../render/message.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";
import type { VerdictReason } from "./verdict.ts";

/** All settings that decide reads, compiled into one immutable value and replaced whole when any of them changes. */
export interface Settings {
  /** By canonical type name; every type of the catalogue is in it. */
  triggers: ReadonlyMap<string, CompiledTrigger>;
  channels: ReadonlyMap<string, RoutedChannel>;
  cooldowns: CooldownDefaults;
}

/** Seconds. */
export interface CooldownDefaults {
  /** Between two messages on one occurrence, by severity. */
  occurrence: Readonly<Record<Severity, number>>;
  /** Between two messages on a condition that goes on. */
  followUp: number;
}

/** One event type with its settings applied. */
export interface CompiledTrigger {
  type: EventType;
  enabled: boolean;
  severity: Severity;
  /** Steps in the order in which they are crossed: rising for AT_LEAST, falling for AT_MOST. */
  threshold: { direction: "AT_LEAST" | "AT_MOST"; steps: readonly number[]; unit: string } | null;
  /** The trigger's own, else its category's; null where neither says. */
  cooldownSeconds: number | null;
  /** Every channel, with what bars it from this type whatever the event says; null lets it through. */
  routes: readonly { channel: RoutedChannel; barredBy: VerdictReason | null }[];
}

/** What routing needs to know of a channel. */
export interface RoutedChannel {
  id: string;
  name: string;
  enabled: boolean;
  /** Set on a customer's own channel: it hears of that customer only. */
  customer: string | null;
  minimumSeverity: Severity;
  /** Empty sets let everything through. */
  customers: ReadonlySet<string>;
  services: ReadonlySet<string>;
  sources: ReadonlySet<string>;
  quietHours: QuietHours | null;
  digest: Digest | null;
}
