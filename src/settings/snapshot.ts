import type { Catalogue } from "../catalogue/catalogue.ts";
import { offeredCatalogue } from "../catalogue/offered.ts";
import type { Channel } from "../channels/channel.model.ts";
import type { CompiledInhibition, CompiledSilence, Settings } from "../decide/settings.ts";
import type { EscalationPolicy } from "../escalations/escalation.model.ts";
import type { Contact } from "../people/contact.model.ts";
import type { ContactGroup } from "../people/contactGroup.model.ts";
import { createDirectory } from "../people/directory.ts";
import type { Directory } from "../people/directory.ts";
import { compileAlertRule } from "../rules/alertRule.model.ts";
import type { LoadedRule } from "../rules/alertRule.service.ts";
import { compileSettings } from "../triggers/compileSettings.ts";
import type { Trigger } from "../triggers/trigger.model.ts";
import type { ServerSettings } from "./settings.model.ts";

/** All settings at one moment. */
export interface Snapshot {
  settings: Settings;
  catalogue: Catalogue;
  /** What of the catalogue customers are shown. */
  offered: Catalogue;
  /** Switched on only where their owners are too. */
  channels: ReadonlyMap<string, Channel>;
  directory: Directory;
  triggers: ReadonlyMap<string, Trigger>;
  server: ServerSettings;
  /** Those that are switched on. */
  escalationPolicies: ReadonlyMap<string, EscalationPolicy>;
}

/** The settings in force. Everything that decides or sends reads them here, from memory. */
export interface SnapshotHolder {
  readonly current: Snapshot;
  /** Reads everything anew; called after each change of settings. */
  reload(): Promise<void>;
  /** Calls back after each reload. */
  onReload(listener: (snapshot: Snapshot) => void): void;
}

export interface SnapshotSources {
  catalogue(): Promise<Catalogue>;
  triggers(): Promise<Trigger[]>;
  channels(): Promise<Channel[]>;
  server(): Promise<ServerSettings>;
  contacts(): Promise<Contact[]>;
  groups(): Promise<ContactGroup[]>;
  rules(): Promise<LoadedRule[]>;
  silences(): Promise<CompiledSilence[]>;
  inhibitions(): Promise<CompiledInhibition[]>;
  escalationPolicies(): Promise<EscalationPolicy[]>;
}

/** Empty until its first `reload`. */
export function createSnapshotHolder(sources: () => SnapshotSources): SnapshotHolder {
  let current: Snapshot | null = null;
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;
  const listeners: ((snapshot: Snapshot) => void)[] = [];

  async function load(): Promise<void> {
    const { catalogue, triggers, channels, server, contacts, groups, rules, silences, inhibitions, escalationPolicies } = sources();
    const [types, rows, all, values, ...rest] = await Promise.all([catalogue(), triggers(), channels(), server(), contacts(), groups(), rules(), silences(), inhibitions(), escalationPolicies()]);
    const [people, sets, loadedRules, quiet, inhibiting, policies] = rest;
    const directory = createDirectory(people, sets, all);
    const compiledRules = loadedRules.map(({ rule, matching }) => compileAlertRule(rule, matching, directory));
    current = {
      settings: compileSettings(types, rows, all, directory.contacts, values, { silences: quiet, inhibitions: inhibiting, rules: compiledRules, policies }),
      catalogue: types,
      offered: offeredCatalogue(types),
      // What still waits for a person who was switched off is not sent either.
      channels: new Map(all.map((channel) => [channel.id, { ...channel, enabled: channel.enabled && directory.contacts.get(channel.contactId ?? "")?.enabled !== false }])),
      directory,
      triggers: new Map(rows.map((row) => [row.eventType, row])),
      server: values,
      escalationPolicies: new Map(policies.map((policy) => [policy.id, policy])),
    };
    for (const listener of listeners) listener(current);
  }

  // A change made while a reload is under way needs one more; all such changes share it.
  function reload(): Promise<void> {
    if (running) return (queued ??= running.then(again, again));
    return (running = load().finally(() => (running = null)));
  }

  function again(): Promise<void> {
    queued = null;
    return reload();
  }

  return {
    get current() {
      if (!current) throw new Error("settings were read before they were loaded");
      return current;
    },
    reload,
    onReload(listener) {
      listeners.push(listener);
    },
  };
}
