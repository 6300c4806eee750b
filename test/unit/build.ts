import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import type { EventType } from "../../src/catalogue/eventType.ts";
import type { Channel } from "../../src/channels/channel.model.ts";
import { decide, remember } from "../../src/decide/decide.ts";
import type { Decision } from "../../src/decide/decision.ts";
import type { IncomingEvent } from "../../src/decide/event.ts";
import type { CompiledInhibition, CompiledSilence, Settings } from "../../src/decide/settings.ts";
import type { State } from "../../src/decide/state.ts";
import type { EscalationPolicy } from "../../src/escalations/escalation.model.ts";
import type { StoredEvent } from "../../src/events/event.model.ts";
import type { Contact } from "../../src/people/contact.model.ts";
import type { ContactGroup } from "../../src/people/contactGroup.model.ts";
import { createDirectory } from "../../src/people/directory.ts";
import type { Target } from "../../src/people/directory.ts";
import { compileAlertRule, compileMatching } from "../../src/rules/alertRule.model.ts";
import type { AlertRule } from "../../src/rules/alertRule.model.ts";
import { serverSettings } from "../../src/settings/settings.model.ts";
import type { ServerSettings } from "../../src/settings/settings.model.ts";
import { compileSettings } from "../../src/triggers/compileSettings.ts";
import { UNCHANGED } from "../../src/triggers/trigger.model.ts";
import type { Trigger } from "../../src/triggers/trigger.model.ts";

export const NOW = new Date("2026-03-01T12:00:00.000Z");

/** This many seconds after NOW. */
export function at(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}

export function makeType(changes: Partial<EventType> & { name: string }): EventType {
  return {
    title: `Title of ${changes.name}`,
    description: "For tests.",
    category: "custom",
    severity: "WARNING",
    enabled: true,
    kind: "CONDITION",
    fingerprint: ["service"],
    live: false,
    template: "",
    aliases: [],
    ...changes,
  };
}

/** One type of every sort that decide tells apart. */
export const TYPES: readonly EventType[] = [
  makeType({ name: "app.down", category: "services" }),
  makeType({ name: "app.up", category: "services", kind: "OCCURRENCE", severity: "INFO", recovers: "app.down" }),
  makeType({ name: "disk.full", category: "storage", fingerprint: ["source"], threshold: { direction: "AT_LEAST", steps: [80, 90, 95], unit: "%" } }),
  makeType({ name: "cert.expiring", category: "certificates", fingerprint: ["source"], threshold: { direction: "AT_MOST", steps: [30, 14, 7], unit: "days" } }),
  makeType({ name: "cpu.hot", category: "resources", fingerprint: ["source"], threshold: { direction: "AT_LEAST", steps: [90], unit: "%" } }),
  makeType({ name: "login.failed", category: "security", kind: "OCCURRENCE", fingerprint: ["details.user"] }),
  makeType({ name: "deploy.done", category: "deploys", kind: "OCCURRENCE", severity: "INFO", fingerprint: [] }),
  makeType({ name: "update.ready", category: "updates", kind: "OCCURRENCE", severity: "INFO", fingerprint: ["source"] }),
];

export function makeChannel(id: string, changes: Partial<Channel> = {}): Channel {
  return {
    id,
    name: `Channel ${id}`,
    kind: "LOG",
    customer: null,
    enabled: true,
    disabledReason: null,
    fallbackId: null,
    failingSince: null,
    contactId: null,
    onlyByRules: false,
    accountId: null,
    config: {},
    pace: { concurrency: 1, perSecond: Infinity, burst: Infinity, timeoutMs: 10_000 },
    quietHours: null,
    digest: null,
    rich: true,
    displayName: null,
    minimumSeverity: "INFO",
    customers: [],
    services: [],
    sources: [],
    overrides: [],
    ...changes,
  };
}

export function makeTrigger(eventType: string, changes: Partial<Trigger> = {}): Trigger {
  return { eventType, ...UNCHANGED, ...changes };
}

export interface SettingsParts {
  types?: readonly EventType[];
  triggers?: Trigger[];
  channels?: Channel[];
  server?: Partial<ServerSettings>;
  silences?: readonly CompiledSilence[];
  inhibitions?: readonly CompiledInhibition[];
  policies?: readonly EscalationPolicy[];
  contacts?: readonly Contact[];
  groups?: readonly ContactGroup[];
  rules?: readonly AlertRule[];
}

/** Compiled as the server does it; one channel that takes everything, no bursts and no flapping unless told otherwise. */
export function makeSettings({ types = TYPES, triggers = [], channels = [makeChannel("a")], server = {}, silences = [], inhibitions = [], policies = [], contacts = [], groups = [], rules = [] }: SettingsParts = {}): Settings {
  const directory = createDirectory(contacts, groups, channels);
  const compiled = rules.filter(({ enabled }) => enabled).map((rule) => compileAlertRule(rule, compileMatching(rule.matchers), directory));
  const values = { ...serverSettings.parse({}), burstCount: 0, flappingCount: 0, ...server };
  return compileSettings(createCatalogue(types), triggers, channels, directory.contacts, values, { silences, inhibitions, rules: compiled, policies });
}

export function makeContact(id: string, changes: Partial<Contact> = {}): Contact {
  return { id, name: `Contact ${id}`, customer: null, enabled: true, customers: [], categories: [], severities: [], ...changes };
}

export function makeGroup(id: string, changes: Partial<ContactGroup> = {}): ContactGroup {
  return { id, name: `Group ${id}`, customer: null, contactIds: [], groupIds: [], ...changes };
}

/** That takes in everything and leads nowhere, unless told otherwise. Rules are asked in the order in which settings are given them. */
export function makeRule(id: string, changes: Partial<AlertRule> = {}): AlertRule {
  return { id, name: `Rule ${id}`, customer: null, enabled: true, position: 0, stop: false, matchers: [], escalationPolicyId: null, targets: [], ...changes };
}

/** Whom a rule leads to. */
export function target(to: Partial<Target>): Target {
  return { contactId: null, groupId: null, channelId: null, ...to };
}

/** Of everything, for ever. */
export function makeSilence(changes: Partial<CompiledSilence> = {}): CompiledSilence {
  return { id: "silence", reason: "maintenance", author: "ann", customer: null, startsAt: new Date(0), endsAt: null, schedule: null, matches: () => true, ...changes };
}

let events = 0;

export function makeEvent(type: string, changes: Partial<IncomingEvent> = {}): IncomingEvent {
  events += 1;
  return {
    id: `event-${events}`,
    receivedAt: NOW,
    occurredAt: NOW,
    type,
    severity: null,
    status: null,
    source: null,
    service: null,
    customer: null,
    title: null,
    message: null,
    details: {},
    value: null,
    dedupKey: null,
    ...changes,
  };
}

export function emptyState(): State {
  return { conditions: new Map(), closed: new Map(), cooldowns: new Map(), bursts: new Map(), inhibitors: new Map() };
}

/** Events one after the other, each decided on what the ones before it have left; `settings` may be replaced between them. */
export interface Story {
  settings: Settings;
  readonly state: State;
  emit(seconds: number, type: string, changes?: Partial<IncomingEvent>): Decision;
}

export function createStory(parts: SettingsParts = {}): Story {
  const state = emptyState();
  return {
    settings: makeSettings(parts),
    state,
    emit(seconds, type, changes = {}) {
      const event = makeEvent(type, { receivedAt: at(seconds), occurredAt: at(seconds), ...changes });
      const decision = decide(event, this.settings, state, at(seconds));
      remember(event, decision, this.settings, state);
      return decision;
    },
  };
}

/** Ids of the channels that get it. */
export function sentTo(decision: Decision): string[] {
  return decision.channels.filter(({ action }) => action === "SEND").map(({ channelId }) => channelId);
}

/** What each channel's verdict is, by channel. */
export function becauseOf(decision: Decision): Record<string, string> {
  return Object.fromEntries(decision.channels.map(({ channelId, because }) => [channelId, because]));
}

export function makeStoredEvent(changes: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: "event-1",
    receivedAt: NOW,
    occurredAt: NOW,
    type: "app.down",
    category: "services",
    severity: "WARNING",
    status: null,
    source: null,
    service: null,
    customer: null,
    title: "App down",
    message: "The app is down.",
    details: {},
    value: null,
    dedupKey: null,
    fingerprint: "fingerprint",
    conditionId: null,
    fate: "MATCHED",
    decision: { verdict: { action: "SEND", because: "MATCHED", until: null }, channels: [], reason: "FIRST" },
    ...changes,
  };
}

/** Freezes a value and everything in it; maps and sets stay open, for they cannot be frozen. */
export function deepFreeze<Value>(value: Value): Value {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  Object.freeze(value);
  const inner = value instanceof Map ? [...value.values()] : value instanceof Set ? [...value] : Object.values(value);
  inner.forEach(deepFreeze);
  return value;
}
