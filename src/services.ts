import type { AccessTokenService } from "./access/accessToken.service.ts";
import type { ProviderAccountTester } from "./accounts/providerAccountTest.service.ts";
import type { AppriseServices } from "./channels/appriseServices.service.ts";
import type { ChannelHealthFeed } from "./channels/channelHealthFeed.ts";
import type { ChannelTester } from "./channels/channelTest.service.ts";
import type { Clock } from "./clock.ts";
import type { ConditionService } from "./conditions/condition.service.ts";
import type { ConfigurationService } from "./configuration/configuration.service.ts";
import type { Database } from "./db/database.ts";
import type { DeliveryService } from "./dispatch/delivery.service.ts";
import type { AcknowledgementService } from "./escalations/acknowledgement.service.ts";
import type { OwnDecisions } from "./events/ownDecision.service.ts";
import type { HistoryService } from "./history/history.service.ts";
import type { InboxService } from "./inbox/inbox.service.ts";
import type { Intake } from "./intake/intake.ts";
import type { SettingsServices } from "./settingsServices.ts";

/** The use cases, as the doors call them. `db` is for reading by the API's types; writes go through the services. */
export interface Services extends SettingsServices {
  db: Database["read"];
  clock: Clock;
  intake: Intake;
  accessTokens: AccessTokenService;
  acknowledgements: AcknowledgementService;
  appriseServices: AppriseServices;
  channelHealth: ChannelHealthFeed;
  channelTester: ChannelTester;
  conditions: ConditionService;
  configuration: ConfigurationService;
  deliveries: DeliveryService;
  history: HistoryService;
  inbox: InboxService;
  ownDecisions: OwnDecisions;
  providerAccountTester: ProviderAccountTester;
}
