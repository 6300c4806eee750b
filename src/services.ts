import type { AccessTokenService } from "./access/accessToken.service.ts";
import type { ProviderAccountService } from "./accounts/providerAccount.service.ts";
import type { ProviderAccountTester } from "./accounts/providerAccountTest.service.ts";
import type { AppriseServices } from "./channels/appriseServices.service.ts";
import type { ChannelHealthFeed } from "./channels/channelHealthFeed.ts";
import type { ChannelService } from "./channels/channel.service.ts";
import type { ChannelTester } from "./channels/channelTest.service.ts";
import type { Clock } from "./clock.ts";
import type { ConditionService } from "./conditions/condition.service.ts";
import type { Database } from "./db/database.ts";
import type { DeliveryService } from "./dispatch/delivery.service.ts";
import type { AcknowledgementService } from "./escalations/acknowledgement.service.ts";
import type { EscalationPolicyService } from "./escalations/escalationPolicy.service.ts";
import type { HistoryService } from "./history/history.service.ts";
import type { InboxService } from "./inbox/inbox.service.ts";
import type { InhibitionRuleService } from "./inhibitions/inhibitionRule.service.ts";
import type { Intake } from "./intake/intake.ts";
import type { SettingsService } from "./settings/settings.service.ts";
import type { SnapshotHolder } from "./settings/snapshot.ts";
import type { SilenceService } from "./silences/silence.service.ts";
import type { TriggerService } from "./triggers/trigger.service.ts";

/** The use cases, as the doors call them. `db` is for reading by the API's types; writes go through the services. */
export interface Services {
  db: Database["read"];
  clock: Clock;
  snapshot: SnapshotHolder;
  intake: Intake;
  accessTokens: AccessTokenService;
  acknowledgements: AcknowledgementService;
  appriseServices: AppriseServices;
  channelHealth: ChannelHealthFeed;
  channels: ChannelService;
  channelTester: ChannelTester;
  conditions: ConditionService;
  deliveries: DeliveryService;
  escalationPolicies: EscalationPolicyService;
  history: HistoryService;
  inbox: InboxService;
  inhibitionRules: InhibitionRuleService;
  providerAccounts: ProviderAccountService;
  providerAccountTester: ProviderAccountTester;
  settings: SettingsService;
  silences: SilenceService;
  triggers: TriggerService;
}
