import { isCustomers } from "./access/principal.ts";
import type { Owner } from "./access/principal.ts";
import { createProviderAccountService } from "./accounts/providerAccount.service.ts";
import type { ProviderAccountService } from "./accounts/providerAccount.service.ts";
import { createProviderAccountStore } from "./accounts/providerAccount.store.ts";
import { createChannelService } from "./channels/channel.service.ts";
import type { ChannelService } from "./channels/channel.service.ts";
import { createChannelStore } from "./channels/channel.store.ts";
import type { Clock } from "./clock.ts";
import type { Database } from "./db/database.ts";
import type { Ids } from "./ids.ts";
import { createEscalationPolicyService } from "./escalations/escalationPolicy.service.ts";
import type { EscalationPolicyService } from "./escalations/escalationPolicy.service.ts";
import { createEscalationPolicyStore } from "./escalations/escalationPolicy.store.ts";
import { createInhibitionRuleService } from "./inhibitions/inhibitionRule.service.ts";
import type { InhibitionRuleService } from "./inhibitions/inhibitionRule.service.ts";
import { createInhibitionRuleStore } from "./inhibitions/inhibitionRule.store.ts";
import type { Log } from "./log.ts";
import { createContactService } from "./people/contact.service.ts";
import type { ContactService } from "./people/contact.service.ts";
import { createContactStore } from "./people/contact.store.ts";
import { createContactGroupService } from "./people/contactGroup.service.ts";
import type { ContactGroupService } from "./people/contactGroup.service.ts";
import { createContactGroupStore } from "./people/contactGroup.store.ts";
import { createAlertRuleService } from "./rules/alertRule.service.ts";
import type { AlertRuleService } from "./rules/alertRule.service.ts";
import { createAlertRuleStore } from "./rules/alertRule.store.ts";
import type { SecretBox } from "./secretBox.ts";
import { createSettingsService } from "./settings/settings.service.ts";
import type { SettingsService } from "./settings/settings.service.ts";
import { createSettingStore } from "./settings/settings.store.ts";
import { createSnapshotHolder } from "./settings/snapshot.ts";
import type { SnapshotHolder } from "./settings/snapshot.ts";
import { createSilenceService } from "./silences/silence.service.ts";
import type { SilenceService } from "./silences/silence.service.ts";
import { createSilenceStore } from "./silences/silence.store.ts";
import { createTriggerService } from "./triggers/trigger.service.ts";
import type { TriggerService } from "./triggers/trigger.service.ts";
import { createTriggerStore } from "./triggers/trigger.store.ts";

/** The use cases of everything that is set, and all of it in memory. */
export interface SettingsServices {
  snapshot: SnapshotHolder;
  alertRules: AlertRuleService;
  channels: ChannelService;
  contactGroups: ContactGroupService;
  contacts: ContactService;
  escalationPolicies: EscalationPolicyService;
  inhibitionRules: InhibitionRuleService;
  providerAccounts: ProviderAccountService;
  settings: SettingsService;
  silences: SilenceService;
  triggers: TriggerService;
}

export interface SettingsServicesDeps {
  db: Database;
  box: SecretBox;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
}

/** Puts them together on a database, or on a transaction of it. The snapshot is empty until it is loaded. */
export function createSettingsServices({ db, box, clock, ids, log, changed }: SettingsServicesDeps): SettingsServices {
  const common = { clock, ids, changed };
  const catalogue = () => snapshot.current.catalogue;
  const catalogueFor = (by: Owner) => (isCustomers(by) ? snapshot.current.offered : snapshot.current.catalogue);
  const settings = createSettingsService(createSettingStore(db), clock, changed);
  const providerAccounts = createProviderAccountService({ store: createProviderAccountStore(db), box, ...common, checkChannels: (id, account) => channels.checkAccountChange(id, account) });
  const contacts = createContactService({ store: createContactStore(db), ...common });
  const contactGroups = createContactGroupService({ store: createContactGroupStore(db), ...common });
  const channels = createChannelService({ store: createChannelStore(db), accounts: providerAccounts, contacts, box, ...common });
  const triggers = createTriggerService(createTriggerStore(db), clock, log, changed, (id) => snapshot.current.channels.get(id));
  const alertRules = createAlertRuleService({ store: createAlertRuleStore(db), ...common, catalogue: catalogueFor });
  const silences = createSilenceService({ store: createSilenceStore(db), ...common, catalogue: catalogueFor });
  const inhibitionRules = createInhibitionRuleService({ store: createInhibitionRuleStore(db), ...common, catalogue });
  const escalationPolicies = createEscalationPolicyService({ store: createEscalationPolicyStore(db), ...common });
  const snapshot = createSnapshotHolder(() => ({
    catalogue: triggers.catalogue,
    triggers: triggers.triggers,
    channels: channels.load,
    server: settings.get,
    contacts: contacts.load,
    groups: contactGroups.load,
    rules: alertRules.load,
    silences: silences.load,
    inhibitions: inhibitionRules.load,
    escalationPolicies: escalationPolicies.load,
  }));
  return { snapshot, alertRules, channels, contactGroups, contacts, escalationPolicies, inhibitionRules, providerAccounts, settings, silences, triggers };
}
