import type { EventType } from "../catalogue/eventType.ts";
import type { Json, Severity } from "../render/message.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";
import type { VerdictReason } from "./verdict.ts";

/** All settings that decide reads, compiled into one immutable value and replaced whole when any of them changes. */
export interface Settings {
  /** By canonical type name; every type of the catalogue is in it. */
  triggers: ReadonlyMap<string, CompiledTrigger>;
  channels: ReadonlyMap<string, RoutedChannel>;
  /** Those that are asked about every event; the rest hear only of what a rule leads to them. */
  generalChannels: readonly RoutedChannel[];
  /** Those that are switched on, in the order in which they are asked. */
  rules: readonly CompiledAlertRule[];
  cooldowns: CooldownDefaults;
  flapping: FlappingRule;
  silences: readonly CompiledSilence[];
  inhibitions: readonly CompiledInhibition[];
  /** Escalation policies that are in force, with the delay of their first step in seconds. */
  escalations: ReadonlyMap<string, number>;
}

/** What matchers see of an event. Its missing fields count as empty text. */
export interface MatchSubject {
  type: string;
  category: string;
  severity: Severity;
  source: string | null;
  service: string | null;
  customer: string | null;
  title: string;
  details: { [key: string]: Json };
}

/** A condition that opens so often within the window is flapping, until it has not changed for as long. */
export interface FlappingRule {
  /** 0: never. */
  count: number;
  seconds: number;
}

/** Keeps matching events from being sent. */
export interface CompiledSilence {
  id: string;
  reason: string;
  author: string;
  /** Set on a customer's own: it silences that customer's channels only. */
  customer: string | null;
  startsAt: Date;
  /** Null: no end is known. */
  endsAt: Date | null;
  /** Recurring windows; null: all the time from start to end. */
  schedule: QuietHours | null;
  matches(subject: MatchSubject): boolean;
}

/** While a condition of one of some types is open, matching events with the same fields are not sent. */
export interface CompiledInhibition {
  id: string;
  name: string;
  whileOpen: ReadonlySet<string>;
  matches(subject: MatchSubject): boolean;
  /** `service`, `source`, `customer` or `details.<name>`. */
  sameFields: readonly string[];
}

/** Says which events go to whom. */
export interface CompiledAlertRule {
  id: string;
  name: string;
  /** Set on a customer's own: it covers that customer's events only, and neither stops nor is stopped by other people's. */
  customer: string | null;
  /** No further rule is asked about what this one matches. */
  stop: boolean;
  escalationPolicyId: string | null;
  /** Whether events of this type can match at all. */
  covers(type: Pick<EventType, "name" | "category">): boolean;
  matches(subject: MatchSubject): boolean;
  /** In the order in which they are named. The same target of several rules is the same object. */
  targets: readonly RuleTarget[];
}

/** A contact, a group or a channel that rules lead to. */
export interface RuleTarget {
  /** Its channels, each once. Which of them may have an event is decided for each event. */
  readonly ways: readonly Way[];
}

/** How a channel is come to: by its contact, and by the group that the contact is in, directly or through further groups. */
export interface Way {
  channelId: string;
  contact?: Named;
  group?: Named;
}

/** Something with the name that it had at the time. */
export interface Named {
  id: string;
  name: string;
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
  /** How long a problem must go on before it is told of; 0: not at all. */
  holdSeconds: number;
  /** So many messages a channel gets one by one within so many seconds, the rest as one; null: all of them. */
  burst: BurstRule | null;
  /** The channels that are asked about every event of this type: all but those that hear only of what a rule leads to them. */
  routes: readonly Route[];
  /** The same for any channel. */
  routeOf(channel: RoutedChannel): Route;
  /** Those that events of this type can match, in the order in which they are asked. */
  rules: readonly CompiledAlertRule[];
}

/** A channel, with what bars it from an event type whatever the event says; null lets it through. */
export interface Route {
  channel: RoutedChannel;
  barredBy: VerdictReason | null;
}

export interface BurstRule {
  /** At least 1. */
  count: number;
  seconds: number;
}

/** What routing needs to know of a channel. */
export interface RoutedChannel {
  id: string;
  name: string;
  /** Whether it is sent anything, or has a fallback that is, because its provider has switched it off; and its owner is switched on. */
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
  /** It hears only of what a rule leads to it, or of a type whose trigger names it. */
  onlyByRules: boolean;
  /** Whose it is. */
  contact: RoutedContact | null;
}

/** What routing needs to know of a person. Empty sets let everything through. */
export interface RoutedContact extends Named {
  enabled: boolean;
  customers: ReadonlySet<string>;
  categories: ReadonlySet<string>;
  severities: ReadonlySet<Severity>;
}
