/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Config of a provider account: Apprise API server. */
export type AppriseAccountConfigInput = {
  /** Where an Apprise API server is. Left out: the program `apprise` on the machine of this server is used. */
  serverUrl?: string | null | undefined;
};

/** Config of a channel of the kind APPRISE. The channelKinds query tells how to get each value. */
export type AppriseConfigInput = {
  /** Where an Apprise API server is. Left out: the program `apprise` on the machine of this server is used. */
  serverUrl?: string | null | undefined;
  /** For apprise:// and apprises:// URLs, which lead to a configuration stored on an Apprise API server: only its services with this tag. */
  tag?: string | null | undefined;
  /** Names the service, its credentials and the target. Long messages are cut for the service, unless the URL says otherwise with overflow=split. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** Who gets it on a channel of the kind APPRISE. What is left out stays as the channel has it. */
export type AppriseRecipientInput = {
  /** For apprise:// and apprises:// URLs, which lead to a configuration stored on an Apprise API server: only its services with this tag. */
  tag?: string | null | undefined;
};

/** Which attempts are wanted; what is left out does not matter. The same for the history and its live feed. */
export type AttemptFilter = {
  /** Names of categories. */
  categories?: Array<string> | null | undefined;
  /** Ids of channels. */
  channelIds?: Array<string> | null | undefined;
  /** Customers. */
  customers?: Array<string> | null | undefined;
  /** From this time on. */
  from?: string | null | undefined;
  /** Channel kinds. */
  kinds?: Array<ChannelKind> | null | undefined;
  /** This severity and those above. */
  minimumSeverity?: Severity | null | undefined;
  /** Outcomes. */
  outcomes?: Array<AttemptOutcome> | null | undefined;
  /** Severities. */
  severities?: Array<Severity> | null | undefined;
  /** Before this time. */
  to?: string | null | undefined;
  /** Event types by any of their names. */
  types?: Array<string> | null | undefined;
};

/** What one try at a delivery came to. */
export type AttemptOutcome =
  /** The provider has taken it. */
  | 'DELIVERED'
  /** Not tried any more: the recovery came first, or the channel was switched off. */
  | 'DROPPED'
  /** It failed, and trying again cannot help. */
  | 'PERMANENT'
  /** The provider asked to wait; it is tried again then. */
  | 'RATE_LIMITED'
  /** It failed for now; it is tried again. */
  | 'TRANSIENT'
  /** The request was sent and the answer was lost: it may have arrived. Tried again only where the provider recognises a repeat. */
  | 'UNKNOWN';

/** Which changes are wanted; what is left out does not matter. */
export type AuditFilter = {
  /** Names of mutations, e.g. updateChannel. */
  actions?: Array<string> | null | undefined;
  /** Ids of the tokens that changed it, be they revoked. */
  actorIds?: Array<string> | null | undefined;
  /** Customers whose it was. */
  customers?: Array<string> | null | undefined;
  /** From this time on. */
  from?: string | null | undefined;
  /** Ids of what was changed, be it deleted meanwhile. */
  subjectIds?: Array<string> | null | undefined;
  /** What kinds of things were changed. */
  subjectTypes?: Array<AuditSubject> | null | undefined;
  /** Before this time. */
  to?: string | null | undefined;
};

/** What was changed. */
export type AuditSubject =
  /** An access token. */
  | 'ACCESS_TOKEN'
  /** An alert rule, with whom it leads to. */
  | 'ALERT_RULE'
  /** A channel, with its overrides. */
  | 'CHANNEL'
  /** A contact. */
  | 'CONTACT'
  /** A contact group, with its members. */
  | 'CONTACT_GROUP'
  /** An escalation policy, with its steps. */
  | 'ESCALATION_POLICY'
  /** A custom event type. */
  | 'EVENT_TYPE'
  /** An inhibition rule. */
  | 'INHIBITION_RULE'
  /** A provider account. */
  | 'PROVIDER_ACCOUNT'
  /** The server's settings. */
  | 'SETTINGS'
  /** A silence. */
  | 'SILENCE'
  /** The settings of an event type. */
  | 'TRIGGER';

/** So many messages on one event type a channel gets one by one within a time; the rest comes as one message. */
export type BurstInput = {
  /** So many come one by one: 1 to 10,000; 0: every message comes by itself. */
  count: number;
  /** The time that they are counted in: PT1S to P1D. */
  window: string;
};

/** The config of a channel: exactly one member, named after its kind. */
export type ChannelConfigInput =
  {   /** A channel that sends by Apprise. */
  apprise: AppriseConfigInput; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never;   /** A channel that sends by Discord. */
  discord: DiscordConfigInput; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never;   /** A channel that sends by Email. */
  email: EmailConfigInput; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never;   /** A channel that sends by Google Chat. */
  googleChat: GoogleChatConfigInput; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never;   /** A channel that sends by Gotify. */
  gotify: GotifyConfigInput; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never;   /** A channel that sends by Inbox. Nothing to configure: give true. */
  inbox: boolean; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never;   /** A channel that sends by Log. Nothing to configure: give true. */
  log: boolean; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never;   /** A channel that sends by Matrix. */
  matrix: MatrixConfigInput; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never;   /** A channel that sends by Mattermost. */
  mattermost: MattermostConfigInput; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never;   /** A channel that sends by ntfy. */
  ntfy: NtfyConfigInput; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never;   /** A channel that sends by OneSignal. */
  onesignal: OnesignalConfigInput; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never;   /** A channel that sends by Opsgenie. */
  opsgenie: OpsgenieConfigInput; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never;   /** A channel that sends by PagerDuty. */
  pagerduty: PagerdutyConfigInput; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never;   /** A channel that sends by Pushbullet. */
  pushbullet: PushbulletConfigInput; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never;   /** A channel that sends by Pusher Beams. */
  pusherBeams: PusherBeamsConfigInput; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never;   /** A channel that sends by Pushover. */
  pushover: PushoverConfigInput; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never;   /** A channel that sends by Rocket.Chat. */
  rocketChat: RocketChatConfigInput; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never;   /** A channel that sends by Signal. */
  signal: SignalConfigInput; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never;   /** A channel that sends by Slack. */
  slack: SlackConfigInput; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never;   /** A channel that sends by Microsoft Teams. */
  teams: TeamsConfigInput; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never;   /** A channel that sends by Telegram. */
  telegram: TelegramConfigInput; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never;   /** A channel that sends by SMS (Twilio). */
  twilioSms: TwilioSmsConfigInput; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never;   /** A channel that sends by Phone call (Twilio). */
  twilioVoice: TwilioVoiceConfigInput; twilioWhatsapp?: never; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never;   /** A channel that sends by WhatsApp (Twilio). */
  twilioWhatsapp: TwilioWhatsappConfigInput; vonageSms?: never; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never;   /** A channel that sends by SMS (Vonage). */
  vonageSms: VonageSmsConfigInput; webPush?: never; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never;   /** A channel that sends by Web Push. */
  webPush: WebPushConfigInput; webhook?: never; }
  |  { apprise?: never; discord?: never; email?: never; googleChat?: never; gotify?: never; inbox?: never; log?: never; matrix?: never; mattermost?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pagerduty?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; rocketChat?: never; signal?: never; slack?: never; teams?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; webPush?: never;   /** A channel that sends by Webhook. */
  webhook: WebhookConfigInput; };

/** Which channels are wanted; what is left out does not matter. */
export type ChannelFilter = {
  /** Of these customers. */
  customers?: Array<string> | null | undefined;
  /** Switched on, or off. */
  enabled?: boolean | null | undefined;
  /** Of these kinds. */
  kinds?: Array<ChannelKind> | null | undefined;
  /** With one of these names. */
  names?: Array<string> | null | undefined;
};

/** What a channel sends by. The channelKinds query has each kind's setup guide and fields. */
export type ChannelKind =
  /** Sends by Apprise. */
  | 'APPRISE'
  /** Sends by Discord. */
  | 'DISCORD'
  /** Sends by Email. */
  | 'EMAIL'
  /** Sends by Google Chat. */
  | 'GOOGLE_CHAT'
  /** Sends by Gotify. */
  | 'GOTIFY'
  /** Sends by Inbox. */
  | 'INBOX'
  /** Sends by Log. */
  | 'LOG'
  /** Sends by Matrix. */
  | 'MATRIX'
  /** Sends by Mattermost. */
  | 'MATTERMOST'
  /** Sends by ntfy. */
  | 'NTFY'
  /** Sends by OneSignal. */
  | 'ONESIGNAL'
  /** Sends by Opsgenie. */
  | 'OPSGENIE'
  /** Sends by PagerDuty. */
  | 'PAGERDUTY'
  /** Sends by Pushbullet. */
  | 'PUSHBULLET'
  /** Sends by Pusher Beams. */
  | 'PUSHER_BEAMS'
  /** Sends by Pushover. */
  | 'PUSHOVER'
  /** Sends by Rocket.Chat. */
  | 'ROCKET_CHAT'
  /** Sends by Signal. */
  | 'SIGNAL'
  /** Sends by Slack. */
  | 'SLACK'
  /** Sends by Microsoft Teams. */
  | 'TEAMS'
  /** Sends by Telegram. */
  | 'TELEGRAM'
  /** Sends by SMS (Twilio). */
  | 'TWILIO_SMS'
  /** Sends by Phone call (Twilio). */
  | 'TWILIO_VOICE'
  /** Sends by WhatsApp (Twilio). */
  | 'TWILIO_WHATSAPP'
  /** Sends by SMS (Vonage). */
  | 'VONAGE_SMS'
  /** Sends by Webhook. */
  | 'WEBHOOK'
  /** Sends by Web Push. */
  | 'WEB_PUSH';

/** How fast a channel may be used. What is left out is as the kind has it: the provider's documented limit. */
export type ChannelPaceInput = {
  /** Messages that may go out at once before `perSecond` holds: 1 to 10,000. */
  burst?: number | null | undefined;
  /** Messages under way at once: 1 to 100. */
  concurrency?: number | null | undefined;
  /** Messages per second on average: 0.001 to 10,000. */
  perSecond?: number | null | undefined;
  /** One try's time: PT1S to PT5M. */
  timeout?: string | null | undefined;
};

/** Which conditions are wanted; what is left out does not matter. */
export type ConditionFilter = {
  /** Whether somebody has taken it on. */
  acknowledged?: boolean | null | undefined;
  /** Customers. */
  customers?: Array<string> | null | undefined;
  /** This severity and those above. */
  minimumSeverity?: Severity | null | undefined;
  /** Services. */
  services?: Array<string> | null | undefined;
  /** Severities. */
  severities?: Array<Severity> | null | undefined;
  /** OPEN for what goes on now. */
  status?: ConditionStatus | null | undefined;
  /** Event types by any of their names. */
  types?: Array<string> | null | undefined;
};

/** Whether a condition goes on. */
export type ConditionStatus =
  /** It is over. */
  | 'CLOSED'
  /** It goes on. */
  | 'OPEN';

/** What a config field holds, for a form to choose its control. */
export type ConfigFieldType =
  /** Yes or no. */
  | 'BOOLEAN'
  /** One of `options`. */
  | 'ENUM'
  /** A whole number. */
  | 'INTEGER'
  /** Several pairs of name and value. */
  | 'OBJECT_LIST'
  /** Text. */
  | 'STRING'
  /** Several texts. */
  | 'STRING_LIST';

/** What an import does with one thing that is set. */
export type ConfigurationAction =
  /** It is new. */
  | 'CREATE'
  /** The document does not hold it, so it goes. */
  | 'DELETE'
  /** It is changed. */
  | 'UPDATE';

/** A new access token. */
export type CreateAccessTokenInput = {
  /** The contact who uses it: one of the same customer. */
  contactId?: string | null | undefined;
  /** The customer whose it is: it sees and changes only what is that customer's own. For the roles CUSTOMER, which needs it, VIEWER and PRODUCER. At most 200 characters. */
  customer?: string | null | undefined;
  /** When it ends; left out: never. */
  expiresAt?: string | null | undefined;
  /** What it is for, at most 100 characters. */
  name: string;
  /** How many requests it may make in a minute: 1 to 1,000,000. Left out: as many as it likes. */
  requestsPerMinute?: number | null | undefined;
  /** What it may do. */
  role: Role;
  /** Limits it to these of its role's scopes. Left out: all of them. */
  scopes?: Array<Scope> | null | undefined;
};

/** A new alert rule. */
export type CreateAlertRuleInput = {
  /** The channels that it leads to: at most 100 contacts, groups and channels in all. */
  channelIds?: Array<string> | null | undefined;
  /** The contacts that it leads to: at most 100 contacts, groups and channels in all. */
  contactIds?: Array<string> | null | undefined;
  /** The customer that it belongs to: then so must whom it leads to. Left out: the token's, or none. */
  customer?: string | null | undefined;
  /** Whether it is asked. Left out: true. */
  enabled?: boolean | null | undefined;
  /** How problems that it matches are escalated. Left out: they are not. */
  escalationPolicyId?: string | null | undefined;
  /** The contact groups that it leads to: at most 100 contacts, groups and channels in all. */
  groupIds?: Array<string> | null | undefined;
  /** What an event must be like: at most 20, all of which must hold; none: every event. */
  matchers: Array<MatcherInput>;
  /** Its name: unique, at most 100 characters. */
  name: string;
  /** Its place, from 0 to 1,000,000: rules are asked from the lowest number on. Left out: behind all others. */
  position?: number | null | undefined;
  /** Whether no further rule is asked about what this one matches. Left out: false. */
  stop?: boolean | null | undefined;
};

/** A new channel. */
export type CreateChannelInput = {
  /** A provider account that gives the credentials, for kinds that have one. What stands in `config` goes before it. */
  accountId?: string | null | undefined;
  /** Its config: the one member that is set says which kind it is. */
  config: ChannelConfigInput;
  /** The contact whose channel it is. It belongs to the customer that the contact belongs to. */
  contactId?: string | null | undefined;
  /** Customers to hear of. Left out: all. */
  customers?: Array<string> | null | undefined;
  /** When it gets one digest a day of what is only information. Left out: that comes at once. */
  digest?: DigestInput | null | undefined;
  /** Its own label for where alerts come from. Left out: the server's. */
  displayName?: string | null | undefined;
  /** Left out: true. */
  enabled?: boolean | null | undefined;
  /** A channel that gets what this one could not deliver. It may have a fallback itself, up to 5 in a row. */
  fallbackId?: string | null | undefined;
  /** Left out: INFO, which is everything. */
  minimumSeverity?: Severity | null | undefined;
  /** Its name: unique among the channels of its customer, at most 100 characters. */
  name: string;
  /** Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it. Left out: true for a contact's channel, else false. */
  onlyByRules?: boolean | null | undefined;
  /** Left out: as the kind has it. */
  pace?: ChannelPaceInput | null | undefined;
  /** When it stays quiet. Left out: never. */
  quietHours?: QuietHoursInput | null | undefined;
  /** Left out: true. */
  rich?: boolean | null | undefined;
  /** Services to hear of. Left out: all. */
  services?: Array<string> | null | undefined;
  /** Sources to hear of. Left out: all. */
  sources?: Array<string> | null | undefined;
};

/** A new contact. Its channels are made by createChannel with contactId. */
export type CreateContactInput = {
  /** Categories to hear of: deploys, services, backups, quotas, certificates, monitors, vm_ct, resources, storage, network, security, cluster, health, updates, hardware, custom. Left out: all. */
  categories?: Array<string> | null | undefined;
  /** The customer that it belongs to. Left out: the token's, or none. */
  customer?: string | null | undefined;
  /** Customers to hear of. Left out: all. */
  customers?: Array<string> | null | undefined;
  /** Left out: true. */
  enabled?: boolean | null | undefined;
  /** Its name: unique, at most 100 characters. */
  name: string;
  /** Severities to hear of. Left out: all. */
  severities?: Array<Severity> | null | undefined;
};

/** A new escalation policy. */
export type CreateEscalationPolicyInput = {
  /** The customer that it is to belong to: its targets must be that customer's. Left out: the token's customer, else the server. */
  customer?: string | null | undefined;
  /** Left out: true. */
  enabled?: boolean | null | undefined;
  /** Its name: unique among the escalation policies of its customer, at most 100 characters. */
  name: string;
  /** How long after it was taken on a problem that is not over is told of again: PT1M to P30D; null: never. Left out: null. */
  reminder?: string | null | undefined;
  /** How often its steps are gone through: 1 to 100; null: until the problem is taken on or over. Left out: null. */
  rounds?: number | null | undefined;
  /** Its steps, in order: 1 to 20. Together they take at least a minute, unless rounds is 1. */
  steps: Array<EscalationStepInput>;
};

/** A new inhibition rule. */
export type CreateInhibitionRuleInput = {
  /** Whether it is in force. Left out: true. */
  enabled?: boolean | null | undefined;
  /** What an event must be like to be held back: 1 to 20, all of which must hold. */
  matchers: Array<MatcherInput>;
  /** Its name: unique, at most 100 characters. */
  name: string;
  /** What must be the same in both: service, source, customer or details.<name>, at most 10. With none, one open problem holds back every matching event on the whole server. */
  sameFields: Array<string>;
  /** Event types by any of their names, 1 to 20: an open problem of one of them holds others back. */
  whileOpen: Array<string>;
};

/** A new provider account. */
export type CreateProviderAccountInput = {
  /** Its config: the one member that is set says which kind it is. */
  config: ProviderAccountConfigInput;
  /** Its name: unique among the accounts of its customer, at most 100 characters. */
  name: string;
};

/** A new silence. It needs an end or a duration, at most a year after its start, unless it has a schedule. */
export type CreateSilenceInput = {
  /** How long it is from its start, in place of endsAt. */
  duration?: string | null | undefined;
  /** When it ends. */
  endsAt?: string | null | undefined;
  /** What an event must be like: 1 to 20, all of which must hold. */
  matchers: Array<MatcherInput>;
  /** Why it is there: one line, at most 500 characters. */
  reason: string;
  /** Recurring windows, e.g. of maintenance, by the clock on the wall: it silences only within them, between its start and its end. */
  schedule?: QuietHoursInput | null | undefined;
  /** When it starts, at most a year ahead. Left out: now. */
  startsAt?: string | null | undefined;
};

/** A day of the week. */
export type DayOfWeek =
  /** Friday. */
  | 'FRI'
  /** Monday. */
  | 'MON'
  /** Saturday. */
  | 'SAT'
  /** Sunday. */
  | 'SUN'
  /** Thursday. */
  | 'THU'
  /** Tuesday. */
  | 'TUE'
  /** Wednesday. */
  | 'WED';

/** When a channel gets its daily digest. */
export type DigestInput = {
  /** HH:MM, 00:00 to 23:59. Left out: 09:00. */
  time?: string | null | undefined;
  /** IANA time zone, e.g. Europe/Berlin. */
  timeZone: string;
};

/** Config of a channel of the kind DISCORD. The channelKinds query tells how to get each value. */
export type DiscordConfigInput = {
  /** Picture shown for the sender in place of the webhook's own. */
  avatarUrl?: string | null | undefined;
  /** Posts into this thread. Forum and media channels need one. */
  threadId?: string | null | undefined;
  /** URL of a webhook of the Discord channel. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
  /** Name shown as the sender in place of the webhook's own. */
  username?: string | null | undefined;
};

/** Config of a channel of the kind EMAIL. The channelKinds query tells how to get each value. */
export type EmailConfigInput = {
  /** The sender, with or without a name. Most servers want it to belong to the user who logs in. Required unless the channel's provider account has it. */
  from?: string | null | undefined;
  /** Name or IP address of the SMTP server. Required unless the channel's provider account has it. */
  host?: string | null | undefined;
  /** Password to log in with. Gmail and Microsoft 365 want an app password here. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** TCP port. Default: 587 with STARTTLS, 465 with IMPLICIT, 25 with NONE. */
  port?: number | null | undefined;
  /** STARTTLS: starts in clear, then must encrypt (usual, port 587). IMPLICIT: encrypted from the first byte (port 465). NONE: never encrypts, the password included; for a relay in your own network. */
  tls?: EmailTls | null | undefined;
  /** The recipients. Each entry is one address or a comma-separated list of addresses. */
  to: Array<string>;
  /** Name to log in with, often the mail address. Leave empty when the server wants no login. */
  user?: string | null | undefined;
  /** Refuse a server whose certificate is not trusted. Switch off only for a server of your own with a self-signed certificate. */
  verifyCertificate?: boolean | null | undefined;
};

/** Who gets it on a channel of the kind EMAIL. What is left out stays as the channel has it. */
export type EmailRecipientInput = {
  /** The recipients. Each entry is one address or a comma-separated list of addresses. */
  to?: Array<string> | null | undefined;
};

/** Encryption, in the config of EMAIL: what may be chosen. */
export type EmailTls =
  /** Encrypted from the first byte; port 465. */
  | 'IMPLICIT'
  /** Never encrypts, the password included; for a relay in your own network. */
  | 'NONE'
  /** Starts in clear, then must encrypt; usual, port 587. */
  | 'STARTTLS';

/** An event as a producer sends it. Only the type is needed. */
export type EmitEventInput = {
  /** The customer whose service it is. At most 200 characters. */
  customer?: string | null | undefined;
  /** Your own name of the problem: events of one type with one dedupKey are about the same thing. Left out: the type's key fields. At most 200 characters. */
  dedupKey?: string | null | undefined;
  /** Further facts: at most 32 KiB of JSON, nested at most 8 deep. */
  details?: Record<string, unknown> | null | undefined;
  /** Makes sending again safe: within 24 hours the same key of the same token answers with the first result. At most 200 characters. */
  idempotencyKey?: string | null | undefined;
  /** The text, at most 20,000 characters; plain text, shown as it is. Left out: made from the type's template. */
  message?: string | null | undefined;
  /** When it happened. Left out: now. */
  occurredAt?: string | null | undefined;
  /** The service that it is about. At most 200 characters. */
  service?: string | null | undefined;
  /** Left out: the type's own. */
  severity?: Severity | null | undefined;
  /** The machine or program that it comes from. At most 200 characters. */
  source?: string | null | undefined;
  /** FIRING opens a condition or counts towards it, RESOLVED closes it. Types with a recovery pair need none. */
  status?: EventStatus | null | undefined;
  /** One line of at most 300 characters. Left out: the type's own. */
  title?: string | null | undefined;
  /** The event type by its name or any alias, e.g. backup.failure, backup_fail or "Backup failed". The eventTypes query lists them. At most 100 characters. */
  type: string;
  /** A measured value, for types with a threshold: the event fires only when the threshold is reached. */
  value?: number | null | undefined;
};

/** What went wrong, for programs to act on. Stable. */
export type ErrorCode =
  /** The request is not what this endpoint understands. */
  | 'BAD_REQUEST'
  /** The request body is larger than the server takes. */
  | 'BODY_TOO_LARGE'
  /** It clashes with what is there already, e.g. a name that is taken. */
  | 'CONFLICT'
  /** History behind this cursor has been deleted: ask for liveCursor, read the history up to it, then subscribe after it. */
  | 'CURSOR_EXPIRED'
  /** The token lacks the scope that this needs. */
  | 'FORBIDDEN'
  /** This idempotency key was used within 24 hours for another input. */
  | 'IDEMPOTENCY_CONFLICT'
  /** The server has a fault. The request id finds it in the log. */
  | 'INTERNAL'
  /** The endpoint is there, but not for this HTTP method; the header `Allow` names those that it takes. */
  | 'METHOD_NOT_ALLOWED'
  /** There is nothing with this id, or the token may not see it. */
  | 'NOT_FOUND'
  /** The token belongs to a customer, and the customer portal is switched off. */
  | 'PORTAL_OFF'
  /** The query is too deep, too wide or too costly; ask for less at a time. */
  | 'QUERY_TOO_COSTLY'
  /** The token has made as many requests as it may in a minute; try again after `retryAfter` seconds. */
  | 'RATE_LIMITED'
  /** The server has as many connections or subscriptions as it allows. */
  | 'TOO_MANY_CONNECTIONS'
  /** The token is missing, unknown, expired or revoked. */
  | 'UNAUTHENTICATED'
  /** The server cannot store anything at present, e.g. because the disk is full; nothing was accepted. Try again. */
  | 'UNAVAILABLE'
  /** The catalogue has no event type of this name and the server is set to refuse unknown ones. */
  | 'UNKNOWN_EVENT_TYPE'
  /** Some input is not as it must be; `issues` names each field and what would be right. */
  | 'VALIDATION_FAILED';

/** A step: how long it waits, and whom it tells, at most 50 targets. */
export type EscalationStepInput = {
  /** Ids of channels that it tells. */
  channelIds?: Array<string> | null | undefined;
  /** Ids of contacts whose channels it tells, whatever they like to hear of. */
  contactIds?: Array<string> | null | undefined;
  /** How long after the step before it, or after the problem was first told of: PT0S to P30D. */
  delay: string;
  /** Ids of contact groups whose members' channels it tells. */
  groupIds?: Array<string> | null | undefined;
};

/** Whether an event opens or closes a condition. One-off events have none. */
export type EventStatus =
  /** The problem is there. */
  | 'FIRING'
  /** The problem is over. */
  | 'RESOLVED';

/** Config of a channel of the kind GOOGLE_CHAT. The channelKinds query tells how to get each value. */
export type GoogleChatConfigInput = {
  /** Posts everything into one thread of this name, which is yours to choose. Left out: one thread for each problem. */
  threadKey?: string | null | undefined;
  /** URL of a webhook of the Google Chat space, with its key and token. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** Config of a channel of the kind GOTIFY. The channelKinds query tells how to get each value. */
export type GotifyConfigInput = {
  /** Token of the application that messages are shown under. Required in a new one. Write-only; left out of an update it stays. */
  appToken?: string | null | undefined;
  /** The same for every message, 0 to 10. Left out: 8 for critical, 5 for warnings, 2 for information and recoveries. */
  priority?: number | null | undefined;
  /** Where the Gotify server is, with its path when it has one. */
  serverUrl: string;
};

/** What holds a message back until a summary carries it. */
export type HoldReason =
  /** A burst: many of one event type within a short time. */
  | 'BURST'
  /** The channel's daily digest. */
  | 'DIGEST'
  /** The channel's quiet hours. */
  | 'QUIET_HOURS'
  /** More than the channel may be sent in a minute. */
  | 'RATE_LIMIT';

/** A configuration to import. */
export type ImportConfigurationInput = {
  /** As exportConfiguration gives it. Things are known by their names. What it leaves out stays as it is: a section, an item, a key of an item, secrets. Secrets may stand in config in plain text, put there by whatever sends the document. */
  document: Record<string, unknown>;
  /** True: says what would change, and changes nothing. */
  dryRun?: boolean | null | undefined;
  /** The one that the document was exported with, when it holds secrets. */
  passphrase?: string | null | undefined;
  /** True: what the document does not hold is deleted, in the sections that it has. */
  prune?: boolean | null | undefined;
};

/** How a field is compared. Regular expressions are those of RE2, without lookaround and backreferences; they must take in the whole text, of which they see the first 1,000 characters. */
export type MatchOperator =
  /** It is this text. */
  | 'EQUALS'
  /** This regular expression takes in the whole of it. */
  | 'MATCHES'
  /** It is not this text. */
  | 'NOT_EQUALS'
  /** This regular expression does not take in the whole of it. */
  | 'NOT_MATCHES';

/** What one field of an event must be like. */
export type MatcherInput = {
  /** The event's field: type, category, severity, service, source, customer, title or details.<name>. One that an event lacks is empty; a detail that is no text is its JSON. */
  field: string;
  /** How it is compared. */
  operator: MatchOperator;
  /** A text or a regular expression, at most 200 characters. EQUALS takes an event type by any of its names. */
  value: string;
};

/** Config of a provider account: Matrix account. */
export type MatrixAccountConfigInput = {
  /** Token of the sender's login. Required in a new one. Write-only; left out of an update it stays. */
  accessToken?: string | null | undefined;
  /** Where the homeserver of the sender is; it may be another name than the one in its Matrix id. */
  homeserverUrl: string;
};

/** Config of a channel of the kind MATRIX. The channelKinds query tells how to get each value. */
export type MatrixConfigInput = {
  /** Token of the sender's login. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  accessToken?: string | null | undefined;
  /** Where the homeserver of the sender is; it may be another name than the one in its Matrix id. Required unless the channel's provider account has it. */
  homeserverUrl?: string | null | undefined;
  /** Room that gets the messages: its internal id, or its address. The sender must have joined it. */
  roomId: string;
};

/** Who gets it on a channel of the kind MATRIX. What is left out stays as the channel has it. */
export type MatrixRecipientInput = {
  /** Room that gets the messages: its internal id, or its address. The sender must have joined it. */
  roomId?: string | null | undefined;
};

/** Config of a channel of the kind MATTERMOST. The channelKinds query tells how to get each value. */
export type MattermostConfigInput = {
  /** Posts to another channel of the team, by its name as in its URL, or to a person as @name. A webhook that is locked to its channel refuses it. */
  channel?: string | null | undefined;
  /** Picture shown for the sender, where the server lets integrations override it. */
  iconUrl?: string | null | undefined;
  /** URL of an incoming webhook; it decides the channel that is posted to. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
  /** Name shown as the sender, where the server lets integrations override it. */
  username?: string | null | undefined;
};

/** Why a message exists. */
export type MessageReason =
  /** Worse than before: a higher severity or a further threshold step. */
  | 'ESCALATED'
  /** Nobody has taken it on yet, so a step of an escalation policy tells of it. */
  | 'ESCALATION'
  /** Seen for the first time. */
  | 'FIRST'
  /** It comes and goes too often to tell of each time. */
  | 'FLAPPING'
  /** Still going on past the cooldown. */
  | 'ONGOING'
  /** The problem is over. */
  | 'RECOVERY'
  /** Somebody took it on, and it is not over yet. */
  | 'REMINDER'
  /** Many events in one message: after quiet hours, once a day, of a burst, or of what a rate limit left over. */
  | 'SUMMARY'
  /** A test by hand. */
  | 'TEST';

/** A name and its value, e.g. a header. */
export type NameValueInput = {
  /** The name. */
  name: string;
  /** The value. */
  value: string;
};

/** Config of a provider account: Server of ntfy. */
export type NtfyAccountConfigInput = {
  /** Password of that user. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** Where the ntfy server is, without the topic. */
  serverUrl?: string | null | undefined;
  /** Token of a user who may write to the topic; it goes before user and password. Topics open to everyone need neither. Write-only; left out of an update it stays, null removes it. */
  token?: string | null | undefined;
  /** User who may write to the topic, where there is no access token. */
  user?: string | null | undefined;
};

/** Config of a channel of the kind NTFY. The channelKinds query tells how to get each value. */
export type NtfyConfigInput = {
  /** Password of that user. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** The same for every message, 1 to 5. Left out: 5 for critical, 4 for warnings, 2 for information and recoveries. */
  priority?: number | null | undefined;
  /** Where the ntfy server is, without the topic. */
  serverUrl?: string | null | undefined;
  /** Put on every message; a tag that names an emoji, such as computer, is shown as that before the title. */
  tags?: Array<string> | null | undefined;
  /** Token of a user who may write to the topic; it goes before user and password. Topics open to everyone need neither. Write-only; left out of an update it stays, null removes it. */
  token?: string | null | undefined;
  /** Topic that gets the messages. On a public server whoever knows its name can read it: choose one that is hard to guess. */
  topic: string;
  /** User who may write to the topic, where there is no access token. */
  user?: string | null | undefined;
};

/** Who gets it on a channel of the kind NTFY. What is left out stays as the channel has it. */
export type NtfyRecipientInput = {
  /** Topic that gets the messages. On a public server whoever knows its name can read it: choose one that is hard to guess. */
  topic?: string | null | undefined;
};

/** Config of a provider account: OneSignal app. */
export type OnesignalAccountConfigInput = {
  /** Where OneSignal's API is, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** App API key of the OneSignal app. Required in a new one. Write-only; left out of an update it stays. */
  apiKey?: string | null | undefined;
  /** Id of the OneSignal app that sends the messages. */
  appId: string;
};

/** Config of a channel of the kind ONESIGNAL. The channelKinds query tells how to get each value. */
export type OnesignalConfigInput = {
  /** Where OneSignal's API is, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** App API key of the OneSignal app. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  apiKey?: string | null | undefined;
  /** Id of the OneSignal app that sends the messages. Required unless the channel's provider account has it. */
  appId?: string | null | undefined;
  /** What the targets are: your own ids of users, OneSignal's ids of single devices, or names of segments. */
  target: OnesignalTarget;
  /** Who gets the messages: external ids, subscription ids or segments. */
  targets: Array<string>;
};

/** Who gets it on a channel of the kind ONESIGNAL. What is left out stays as the channel has it. */
export type OnesignalRecipientInput = {
  /** Who gets the messages: external ids, subscription ids or segments. */
  targets?: Array<string> | null | undefined;
};

/** Target, in the config of ONESIGNAL: what may be chosen. */
export type OnesignalTarget =
  /** Ids that your own app has given its users. */
  | 'EXTERNAL_IDS'
  /** Names of segments. */
  | 'SEGMENTS'
  /** OneSignal's ids of single devices. */
  | 'SUBSCRIPTION_IDS';

/** Config of a provider account: Opsgenie integration. */
export type OpsgenieAccountConfigInput = {
  /** Sends to this URL in place of the region's, for a relay of yours; what follows it begins with /v2/. */
  apiBaseUrl?: string | null | undefined;
  /** Key of an API integration that may create and update alerts. Required in a new one. Write-only; left out of an update it stays. */
  apiKey?: string | null | undefined;
  /** US or EU for Opsgenie, which ends on 5 April 2027; JSM for its successor, Jira Service Management. */
  region?: OpsgenieRegion | null | undefined;
};

/** Config of a channel of the kind OPSGENIE. The channelKinds query tells how to get each value. */
export type OpsgenieConfigInput = {
  /** Sends to this URL in place of the region's, for a relay of yours; what follows it begins with /v2/. */
  apiBaseUrl?: string | null | undefined;
  /** Key of an API integration that may create and update alerts. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  apiKey?: string | null | undefined;
  /** US or EU for Opsgenie, which ends on 5 April 2027; JSM for its successor, Jira Service Management. */
  region?: OpsgenieRegion | null | undefined;
  /** Who is told of an alert. Left out: whoever the integration's team or the routing rules say. */
  responders?: Array<string> | null | undefined;
  /** Put on every alert, for routing rules and searches. */
  tags?: Array<string> | null | undefined;
};

/** Who gets it on a channel of the kind OPSGENIE. What is left out stays as the channel has it. */
export type OpsgenieRecipientInput = {
  /** Who is told of an alert. Left out: whoever the integration's team or the routing rules say. */
  responders?: Array<string> | null | undefined;
};

/** Region, in the config of OPSGENIE: what may be chosen. */
export type OpsgenieRegion =
  /** Opsgenie, for accounts kept in the European Union. */
  | 'EU'
  /** Jira Service Management, wherever its data is kept. */
  | 'JSM'
  /** Opsgenie, for accounts kept in the United States. */
  | 'US';

/** Config of a channel of the kind PAGERDUTY. The channelKinds query tells how to get each value. */
export type PagerdutyConfigInput = {
  /** Sends to this URL in place of the region's, for a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Where PagerDuty keeps your account: EU when its address ends in .eu.pagerduty.com. */
  region?: PagerdutyRegion | null | undefined;
  /** Integration key of the service that is to be alerted, or of an event orchestration. Required in a new one. Write-only; left out of an update it stays. */
  routingKey?: string | null | undefined;
};

/** Region, in the config of PAGERDUTY: what may be chosen. */
export type PagerdutyRegion =
  /** Accounts at eu.pagerduty.com. */
  | 'EU'
  /** Accounts at pagerduty.com. */
  | 'US';

/** The config of a provider account: exactly one member, named after its kind. */
export type ProviderAccountConfigInput =
  {   /** Apprise API server. */
  apprise: AppriseAccountConfigInput; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never;   /** Matrix account. */
  matrix: MatrixAccountConfigInput; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never;   /** Server of ntfy. */
  ntfy: NtfyAccountConfigInput; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never;   /** OneSignal app. */
  onesignal: OnesignalAccountConfigInput; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never;   /** Opsgenie integration. */
  opsgenie: OpsgenieAccountConfigInput; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never;   /** Pushbullet account. */
  pushbullet: PushbulletAccountConfigInput; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never;   /** Beams instance. */
  pusherBeams: PusherBeamsAccountConfigInput; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never;   /** Pushover application. */
  pushover: PushoverAccountConfigInput; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never;   /** Signal sender. */
  signal: SignalAccountConfigInput; smtp?: never; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never;   /** SMTP server. */
  smtp: SmtpAccountConfigInput; telegram?: never; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never;   /** Telegram bot. */
  telegram: TelegramAccountConfigInput; twilio?: never; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never;   /** Twilio account. */
  twilio: TwilioAccountConfigInput; vonage?: never; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never;   /** Vonage account. */
  vonage: VonageAccountConfigInput; webPush?: never; }
  |  { apprise?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; smtp?: never; telegram?: never; twilio?: never; vonage?: never;   /** VAPID keys. */
  webPush: WebPushAccountConfigInput; };

/** What a provider account is of. The providerAccountKinds query has each kind's fields. */
export type ProviderAccountKind =
  /** Apprise API server. */
  | 'APPRISE'
  /** Matrix account. */
  | 'MATRIX'
  /** Server of ntfy. */
  | 'NTFY'
  /** OneSignal app. */
  | 'ONESIGNAL'
  /** Opsgenie integration. */
  | 'OPSGENIE'
  /** Pushbullet account. */
  | 'PUSHBULLET'
  /** Beams instance. */
  | 'PUSHER_BEAMS'
  /** Pushover application. */
  | 'PUSHOVER'
  /** Signal sender. */
  | 'SIGNAL'
  /** SMTP server. */
  | 'SMTP'
  /** Telegram bot. */
  | 'TELEGRAM'
  /** Twilio account. */
  | 'TWILIO'
  /** Vonage account. */
  | 'VONAGE'
  /** VAPID keys. */
  | 'WEB_PUSH';

/** Config of a provider account: Pushbullet account. */
export type PushbulletAccountConfigInput = {
  /** Access token of the Pushbullet account that sends the messages. Required in a new one. Write-only; left out of an update it stays. */
  accessToken?: string | null | undefined;
  /** Where Pushbullet's API is: its own, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
};

/** Config of a channel of the kind PUSHBULLET. The channelKinds query tells how to get each value. */
export type PushbulletConfigInput = {
  /** Access token of the Pushbullet account that sends the messages. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  accessToken?: string | null | undefined;
  /** Where Pushbullet's API is: its own, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Tag of a channel of yours, whose subscribers get the messages. */
  channelTag?: string | null | undefined;
  /** Identifier of the one device that gets the messages. Without device, e-mail and channel: all devices of the account. */
  device?: string | null | undefined;
  /** Address of another Pushbullet user who gets the messages, or of anyone, who then gets an e-mail. */
  email?: string | null | undefined;
};

/** Who gets it on a channel of the kind PUSHBULLET. What is left out stays as the channel has it. */
export type PushbulletRecipientInput = {
  /** Tag of a channel of yours, whose subscribers get the messages. */
  channelTag?: string | null | undefined;
  /** Identifier of the one device that gets the messages. Without device, e-mail and channel: all devices of the account. */
  device?: string | null | undefined;
  /** Address of another Pushbullet user who gets the messages, or of anyone, who then gets an e-mail. */
  email?: string | null | undefined;
};

/** Config of a provider account: Beams instance. */
export type PusherBeamsAccountConfigInput = {
  /** Where the Beams API is, or a relay of yours. Left out: the instance's own host at Pusher. */
  apiBaseUrl?: string | null | undefined;
  /** Id of the Beams instance that sends the messages. */
  instanceId: string;
  /** Secret key of the Beams instance. Required in a new one. Write-only; left out of an update it stays. */
  secretKey?: string | null | undefined;
};

/** Config of a channel of the kind PUSHER_BEAMS. The channelKinds query tells how to get each value. */
export type PusherBeamsConfigInput = {
  /** Where the Beams API is, or a relay of yours. Left out: the instance's own host at Pusher. */
  apiBaseUrl?: string | null | undefined;
  /** Id of the Beams instance that sends the messages. Required unless the channel's provider account has it. */
  instanceId?: string | null | undefined;
  /** Secret key of the Beams instance. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  secretKey?: string | null | undefined;
  /** What the targets are: interests that devices subscribe to, or ids of authenticated users. */
  target: PusherBeamsTarget;
  /** Who gets the messages: up to 100 interests or up to 1000 user ids. */
  targets: Array<string>;
};

/** Who gets it on a channel of the kind PUSHER_BEAMS. What is left out stays as the channel has it. */
export type PusherBeamsRecipientInput = {
  /** Who gets the messages: up to 100 interests or up to 1000 user ids. */
  targets?: Array<string> | null | undefined;
};

/** Target, in the config of PUSHER_BEAMS: what may be chosen. */
export type PusherBeamsTarget =
  /** Interests that devices subscribe to. */
  | 'INTERESTS'
  /** Ids of users that your app has authenticated. */
  | 'USERS';

/** Config of a provider account: Pushover application. */
export type PushoverAccountConfigInput = {
  /** Where Pushover's API is: its own, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** API token of the application that messages are shown under. Required in a new one. Write-only; left out of an update it stays. */
  appToken?: string | null | undefined;
};

/** Config of a channel of the kind PUSHOVER. The channelKinds query tells how to get each value. */
export type PushoverConfigInput = {
  /** Where Pushover's API is: its own, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** API token of the application that messages are shown under. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  appToken?: string | null | undefined;
  /** As for information. */
  criticalPriority?: number | null | undefined;
  /** Name of the device that gets the messages, or several with commas. Left out: all of the user's. */
  device?: string | null | undefined;
  /** Seconds after which a message of priority 2 is no longer repeated, at most 10800 (three hours). */
  expireSeconds?: number | null | undefined;
  /** From -2 (no notification) over -1 (no sound), 0 (normal) and 1 (even in quiet hours) to 2 (repeated until somebody confirms it). */
  infoPriority?: number | null | undefined;
  /** Seconds until a message of priority 2 is shown again, at least 30; it is shown at most 50 times. */
  retrySeconds?: number | null | undefined;
  /** Sound of every message, built-in or your own. Left out: what the user has chosen. */
  sound?: string | null | undefined;
  /** Key of the user or group that gets the messages. Required in a new one. Write-only; left out of an update it stays. */
  userKey?: string | null | undefined;
  /** As for information. */
  warningPriority?: number | null | undefined;
};

/** Who gets it on a channel of the kind PUSHOVER. What is left out stays as the channel has it. */
export type PushoverRecipientInput = {
  /** Name of the device that gets the messages, or several with commas. Left out: all of the user's. */
  device?: string | null | undefined;
};

/** Windows that come back every week: when a channel stays quiet, or when a silence holds. Clock changes of the zone are taken care of. */
export type QuietHoursInput = {
  /** IANA time zone, e.g. Europe/Berlin. */
  timeZone: string;
  /** 1 to 20 windows, which may touch but not overlap. */
  windows: Array<QuietWindowInput>;
};

/** A window by the clock on the wall: from `start` until just before `end`. */
export type QuietWindowInput = {
  /** The days on which it starts. Left out: every day. */
  days?: Array<DayOfWeek> | null | undefined;
  /** HH:MM. At or before `start` it is on the next day; equal to it, the window is a whole day. */
  end: string;
  /** HH:MM, 00:00 to 23:59. */
  start: string;
};

/** Who gets it: exactly one member, named after the channel's kind. */
export type RecipientConfigInput =
  {   /** On a channel of the kind APPRISE. */
  apprise: AppriseRecipientInput; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never;   /** On a channel of the kind EMAIL. */
  email: EmailRecipientInput; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never;   /** On a channel of the kind MATRIX. */
  matrix: MatrixRecipientInput; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never;   /** On a channel of the kind NTFY. */
  ntfy: NtfyRecipientInput; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never;   /** On a channel of the kind ONESIGNAL. */
  onesignal: OnesignalRecipientInput; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never;   /** On a channel of the kind OPSGENIE. */
  opsgenie: OpsgenieRecipientInput; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never;   /** On a channel of the kind PUSHBULLET. */
  pushbullet: PushbulletRecipientInput; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never;   /** On a channel of the kind PUSHER_BEAMS. */
  pusherBeams: PusherBeamsRecipientInput; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never;   /** On a channel of the kind PUSHOVER. */
  pushover: PushoverRecipientInput; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never;   /** On a channel of the kind SIGNAL. */
  signal: SignalRecipientInput; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never;   /** On a channel of the kind TELEGRAM. */
  telegram: TelegramRecipientInput; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never;   /** On a channel of the kind TWILIO_SMS. */
  twilioSms: TwilioSmsRecipientInput; twilioVoice?: never; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never;   /** On a channel of the kind TWILIO_VOICE. */
  twilioVoice: TwilioVoiceRecipientInput; twilioWhatsapp?: never; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never;   /** On a channel of the kind TWILIO_WHATSAPP. */
  twilioWhatsapp: TwilioWhatsappRecipientInput; vonageSms?: never; }
  |  { apprise?: never; email?: never; matrix?: never; ntfy?: never; onesignal?: never; opsgenie?: never; pushbullet?: never; pusherBeams?: never; pushover?: never; signal?: never; telegram?: never; twilioSms?: never; twilioVoice?: never; twilioWhatsapp?: never;   /** On a channel of the kind VONAGE_SMS. */
  vonageSms: VonageSmsRecipientInput; };

/** How those who were told of a problem hear of its end. */
export type RecoveryForm =
  /** A second message. */
  | 'FOLLOWS'
  /** A message that takes the place of the first one. */
  | 'REPLACES'
  /** A reply to the first message, or one in its thread. */
  | 'REPLIES'
  /** The provider closes the incident that the problem opened. */
  | 'RESOLVES';

/** Config of a channel of the kind ROCKET_CHAT. The channelKinds query tells how to get each value. */
export type RocketChatConfigInput = {
  /** Name shown as the sender in place of the integration's own. */
  alias?: string | null | undefined;
  /** Picture shown for the sender in place of the integration's own. It goes before an emoji. */
  avatarUrl?: string | null | undefined;
  /** Posts to another channel or person. Only integrations that allow overriding the destination channel obey it; others refuse the message. */
  channel?: string | null | undefined;
  /** Emoji shown for the sender in place of a picture. */
  emoji?: string | null | undefined;
  /** URL of an incoming integration; it decides the room that is posted to. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** A set of scopes for a token. */
export type Role =
  /** May do everything. */
  | 'ADMIN'
  /** May read and watch what is its customer's own, set its customer's own channels, contacts, rules, escalation policies and silences, and take its customer's problems on: for the customer's people. */
  | 'CUSTOMER'
  /** May do everything but manage tokens, read the audit log and import or export the configuration. */
  | 'OPERATOR'
  /** May send events and nothing else: for programs. */
  | 'PRODUCER'
  /** May read and watch everything and change nothing: for dashboards. */
  | 'VIEWER';

/** One thing that a token may be allowed to do. */
export type Scope =
  /** Read who changed which settings. Its short name is audit.read. */
  | 'AUDIT_READ'
  /** Take problems on, and give them back. Its short name is conditions.acknowledge. */
  | 'CONDITIONS_ACKNOWLEDGE'
  /** Resolve conditions by hand. Its short name is conditions.manage. */
  | 'CONDITIONS_MANAGE'
  /** Import the whole configuration, and export it, be it with its secrets encrypted. Its short name is configuration.manage. */
  | 'CONFIGURATION_MANAGE'
  /** Send events and simulate them. Its short name is events.emit. */
  | 'EVENTS_EMIT'
  /** Read events, conditions and why each was sent or not. Its short name is events.read. */
  | 'EVENTS_READ'
  /** Clear the history and send deliveries again. Its short name is history.manage. */
  | 'HISTORY_MANAGE'
  /** Read the history and watch it live. Its short name is history.read. */
  | 'HISTORY_READ'
  /** Mark inbox messages as read and delete them. Its short name is inbox.manage. */
  | 'INBOX_MANAGE'
  /** Read the inbox. Its short name is inbox.read. */
  | 'INBOX_READ'
  /** Change and test channels, contacts, alert rules, escalation policies, triggers, inhibition rules and settings. Its short name is settings.manage. */
  | 'SETTINGS_MANAGE'
  /** Read channels (without secrets), contacts, alert rules, escalation policies, event types, triggers, silences, inhibition rules and settings. Its short name is settings.read. */
  | 'SETTINGS_READ'
  /** Make, change and end silences. Its short name is silences.manage. */
  | 'SILENCES_MANAGE'
  /** Create, change, list and revoke access tokens. Its short name is tokens.manage. */
  | 'TOKENS_MANAGE';

/** How bad it is. They rank: INFO < WARNING < CRITICAL. */
export type Severity =
  /** Needs action now. */
  | 'CRITICAL'
  /** Good to know. */
  | 'INFO'
  /** Needs a look soon. */
  | 'WARNING';

/** Config of a provider account: Signal sender. */
export type SignalAccountConfigInput = {
  /** Phone number that is registered or linked in the service. */
  number: string;
  /** Password of that user. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** Where signal-cli-rest-api is, with its path when it has one. */
  serverUrl: string;
  /** User of the proxy that protects the service, when it asks for one (Basic authentication). */
  user?: string | null | undefined;
};

/** Config of a channel of the kind SIGNAL. The channelKinds query tells how to get each value. */
export type SignalConfigInput = {
  /** Phone number that is registered or linked in the service. Required unless the channel's provider account has it. */
  number?: string | null | undefined;
  /** Password of that user. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** Who gets the messages: phone numbers, or user names, or one group's id. */
  recipients: Array<string>;
  /** Where signal-cli-rest-api is, with its path when it has one. Required unless the channel's provider account has it. */
  serverUrl?: string | null | undefined;
  /** User of the proxy that protects the service, when it asks for one (Basic authentication). */
  user?: string | null | undefined;
};

/** Who gets it on a channel of the kind SIGNAL. What is left out stays as the channel has it. */
export type SignalRecipientInput = {
  /** Who gets the messages: phone numbers, or user names, or one group's id. */
  recipients?: Array<string> | null | undefined;
};

/** Where now lies in a silence's time. */
export type SilenceState =
  /** Between its start and its end; with a schedule, within a window or not. */
  | 'ACTIVE'
  /** After its end. */
  | 'ENDED'
  /** Before its start. */
  | 'SCHEDULED';

/** Config of a channel of the kind SLACK. The channelKinds query tells how to get each value. */
export type SlackConfigInput = {
  /** Posts to another channel. Only old webhooks (custom integrations) obey it; those of Slack apps ignore it. */
  channel?: string | null | undefined;
  /** Incoming webhook URL of a Slack app; it decides the channel that is posted to. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** Config of a provider account: SMTP server. */
export type SmtpAccountConfigInput = {
  /** The sender, with or without a name. Most servers want it to belong to the user who logs in. */
  from: string;
  /** Name or IP address of the SMTP server. */
  host: string;
  /** Password to log in with. Gmail and Microsoft 365 want an app password here. Write-only; left out of an update it stays, null removes it. */
  password?: string | null | undefined;
  /** TCP port. Default: 587 with STARTTLS, 465 with IMPLICIT, 25 with NONE. */
  port?: number | null | undefined;
  /** STARTTLS: starts in clear, then must encrypt (usual, port 587). IMPLICIT: encrypted from the first byte (port 465). NONE: never encrypts, the password included; for a relay in your own network. */
  tls?: EmailTls | null | undefined;
  /** Name to log in with, often the mail address. Leave empty when the server wants no login. */
  user?: string | null | undefined;
  /** Refuse a server whose certificate is not trusted. Switch off only for a server of your own with a self-signed certificate. */
  verifyCertificate?: boolean | null | undefined;
};

/** Config of a channel of the kind TEAMS. The channelKinds query tells how to get each value. */
export type TeamsConfigInput = {
  /** URL of a Teams workflow that posts what it receives; the workflow decides the channel or chat. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** Config of a provider account: Telegram bot. */
export type TelegramAccountConfigInput = {
  /** Where the Bot API is: Telegram's own, or a Bot API server or relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Token of the bot that sends the messages, from @BotFather. Required in a new one. Write-only; left out of an update it stays. */
  botToken?: string | null | undefined;
};

/** Config of a channel of the kind TELEGRAM. The channelKinds query tells how to get each value. */
export type TelegramConfigInput = {
  /** Where the Bot API is: Telegram's own, or a Bot API server or relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Token of the bot that sends the messages, from @BotFather. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  botToken?: string | null | undefined;
  /** Person, group or channel that gets the messages: its number, or the @name of a public channel or group. */
  chatId: string;
  /** Delivers without a sound. */
  silent?: boolean | null | undefined;
  /** Topic within a group that has topics (message_thread_id). */
  topicId?: number | null | undefined;
};

/** Who gets it on a channel of the kind TELEGRAM. What is left out stays as the channel has it. */
export type TelegramRecipientInput = {
  /** Person, group or channel that gets the messages: its number, or the @name of a public channel or group. */
  chatId?: string | null | undefined;
  /** Topic within a group that has topics (message_thread_id). */
  topicId?: number | null | undefined;
};

/** Which values reach a threshold. */
export type ThresholdDirection =
  /** A value equal or above, e.g. disk usage in percent. */
  | 'AT_LEAST'
  /** A value equal or below, e.g. days left of a certificate. */
  | 'AT_MOST';

/** Who gets an event type's events on one channel, in place of whom the channel names. */
export type TriggerRecipientInput = {
  /** The channel. */
  channelId: string;
  /** Who gets them. */
  config: RecipientConfigInput;
};

/** Config of a provider account: Twilio account. */
export type TwilioAccountConfigInput = {
  /** The account's id, as the Twilio Console shows it. */
  accountSid: string;
  /** Where Twilio's API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Id of an API key; the auth token is then this key's secret. */
  apiKeySid?: string | null | undefined;
  /** The account's auth token; with an API key, that key's secret. Required in a new one. Write-only; left out of an update it stays. */
  authToken?: string | null | undefined;
};

/** Config of a channel of the kind TWILIO_SMS. The channelKinds query tells how to get each value. */
export type TwilioSmsConfigInput = {
  /** The account's id, as the Twilio Console shows it. Required unless the channel's provider account has it. */
  accountSid?: string | null | undefined;
  /** Where Twilio's API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Id of an API key; the auth token is then this key's secret. */
  apiKeySid?: string | null | undefined;
  /** The account's auth token; with an API key, that key's secret. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  authToken?: string | null | undefined;
  /** Sender: a number or short code of the account, a name of up to 11 letters and digits, or a messaging service SID. */
  from: string;
  /** Phone number that gets the messages, with + and country code. */
  to: string;
};

/** Who gets it on a channel of the kind TWILIO_SMS. What is left out stays as the channel has it. */
export type TwilioSmsRecipientInput = {
  /** Phone number that gets the messages, with + and country code. */
  to?: string | null | undefined;
};

/** Config of a channel of the kind TWILIO_VOICE. The channelKinds query tells how to get each value. */
export type TwilioVoiceConfigInput = {
  /** The account's id, as the Twilio Console shows it. Required unless the channel's provider account has it. */
  accountSid?: string | null | undefined;
  /** Where Twilio's API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Id of an API key; the auth token is then this key's secret. */
  apiKeySid?: string | null | undefined;
  /** The account's auth token; with an API key, that key's secret. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  authToken?: string | null | undefined;
  /** Number that calls: one of the account's, or one verified there. */
  from: string;
  /** Language that is spoken. Left out: that of the voice, or American English. */
  language?: string | null | undefined;
  /** How often the message is said in one call, 1 to 10. */
  repeats?: number | null | undefined;
  /** Phone number that is called, with + and country code. */
  to: string;
  /** Voice that speaks, as Twilio names it. It must speak the language. */
  voice?: string | null | undefined;
};

/** Who gets it on a channel of the kind TWILIO_VOICE. What is left out stays as the channel has it. */
export type TwilioVoiceRecipientInput = {
  /** Phone number that is called, with + and country code. */
  to?: string | null | undefined;
};

/** Config of a channel of the kind TWILIO_WHATSAPP. The channelKinds query tells how to get each value. */
export type TwilioWhatsappConfigInput = {
  /** The account's id, as the Twilio Console shows it. Required unless the channel's provider account has it. */
  accountSid?: string | null | undefined;
  /** Where Twilio's API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** Id of an API key; the auth token is then this key's secret. */
  apiKeySid?: string | null | undefined;
  /** The account's auth token; with an API key, that key's secret. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  authToken?: string | null | undefined;
  /** Approved template that carries the message: {{1}} is the title, {{2}} the text. Without one, WhatsApp takes messages only within 24 hours of the recipient's last one. */
  contentSid?: string | null | undefined;
  /** The account's WhatsApp sender: its number with + and country code. */
  from: string;
  /** WhatsApp number that gets the messages, with + and country code. */
  to: string;
};

/** Who gets it on a channel of the kind TWILIO_WHATSAPP. What is left out stays as the channel has it. */
export type TwilioWhatsappRecipientInput = {
  /** WhatsApp number that gets the messages, with + and country code. */
  to?: string | null | undefined;
};

/** What is left out stays as it is. */
export type UpdateChannelInput = {
  /** The provider account that gives the credentials from now on, in place of its own; null takes it away. */
  accountId?: string | null | undefined;
  /** Its whole config, of the same kind. Secrets that are left out stay. */
  config?: ChannelConfigInput | null | undefined;
  /** The contact whose channel it is from now on: it then hears only of what rules lead to it, unless onlyByRules says otherwise. Null: nobody's. */
  contactId?: string | null | undefined;
  /** Customers to hear of; empty: all. */
  customers?: Array<string> | null | undefined;
  /** When it gets its daily digest; null: what is information comes at once from now on. */
  digest?: DigestInput | null | undefined;
  /** Its own label; empty takes the server's. */
  displayName?: string | null | undefined;
  /** Whether it is sent anything. */
  enabled?: boolean | null | undefined;
  /** The channel that gets what this one could not deliver from now on; null: none. */
  fallbackId?: string | null | undefined;
  /** It gets this severity and those above. */
  minimumSeverity?: Severity | null | undefined;
  /** Its name: unique among the channels of its customer, at most 100 characters. */
  name?: string | null | undefined;
  /** Whether it hears only of what an alert rule, a trigger that names it or an escalation leads to it. */
  onlyByRules?: boolean | null | undefined;
  /** How fast it may be used; null returns to what the kind has. */
  pace?: ChannelPaceInput | null | undefined;
  /** When it stays quiet; null: never. What waits follows the new hours. */
  quietHours?: QuietHoursInput | null | undefined;
  /** Whether messages take the kind's native form. */
  rich?: boolean | null | undefined;
  /** Services to hear of; empty: all. */
  services?: Array<string> | null | undefined;
  /** Sources to hear of; empty: all. */
  sources?: Array<string> | null | undefined;
};

/** Settings of one event type. What is left out stays; null returns to the catalogue's default. */
export type UpdateTriggerInput = {
  /** How many of its messages a channel gets one by one. */
  burst?: BurstInput | null | undefined;
  /** The only channels that receive it. */
  channelIds?: Array<string> | null | undefined;
  /** Between two messages on the same thing, e.g. PT10M; PT0S switches it off. At most a year. */
  cooldown?: string | null | undefined;
  /** The master toggle. */
  enabled?: boolean | null | undefined;
  /** How long a problem must go on before it is told of, e.g. PT5M: what is over before is not told of. At most 7 days. Recoveries have none. */
  hold?: string | null | undefined;
  /** Who gets its events in place of whom a channel names: the whole list. The recovery goes to the same. */
  recipients?: Array<TriggerRecipientInput> | null | undefined;
  /** The severity of an event that brings none. */
  severity?: Severity | null | undefined;
  /** Threshold steps: 1 to 10 numbers, for types that have a threshold. */
  steps?: Array<number> | null | undefined;
};

/** What is done with an event. */
export type VerdictAction =
  /** It waits for a summary. */
  | 'HOLD'
  /** It is sent. */
  | 'SEND'
  /** It is not sent. */
  | 'SUPPRESS';

/** Why an event was sent or not. */
export type VerdictReason =
  /** Somebody has taken it on. */
  | 'ACKNOWLEDGED'
  /** It was told of this already. */
  | 'ALREADY_TOLD'
  /** The severity is below the channel's minimum. */
  | 'BELOW_MINIMUM_SEVERITY'
  /** The value has not reached the threshold. */
  | 'BELOW_THRESHOLD'
  /** There were many of its kind within a short time; the rest comes as one message. */
  | 'BURST'
  /** The channel has switched this category off. */
  | 'CATEGORY_OFF_FOR_CHANNEL'
  /** The channel is switched off. */
  | 'CHANNEL_DISABLED'
  /** Its owner is switched off. */
  | 'CONTACT_DISABLED'
  /** Its owner has chosen not to hear of this. */
  | 'CONTACT_PREFERENCE'
  /** It was told of a short while ago; the cooldown is not over. */
  | 'COOLDOWN'
  /** It is only information, which the channel takes once a day as a digest. */
  | 'DIGEST'
  /** It comes and goes too often to tell of each time; there will be word when it is steady. */
  | 'FLAPPING'
  /** It is told of only if it goes on for as long as its trigger says. */
  | 'HOLD'
  /** Another problem that is open accounts for it. */
  | 'INHIBITED'
  /** The event type is on and the channel's settings let it through. */
  | 'MATCHED'
  /** The problem is over, and no channel had been told of it. */
  | 'NOBODY_TOLD'
  /** A recovery without an open problem. */
  | 'NOTHING_OPEN'
  /** The channel is a customer's, and the event type does not concern services. */
  | 'NOT_FOR_CUSTOMERS'
  /** The trigger names the channels that receive it, and this is not one of them. */
  | 'NOT_NAMED_BY_TRIGGER'
  /** It was not told of the problem, so it does not hear of its end. */
  | 'NOT_TOLD_OF_PROBLEM'
  /** No channel takes it. */
  | 'NO_CHANNEL'
  /** It hears only of what an alert rule leads to it, and none does. */
  | 'NO_RULE'
  /** The channel is for other customers. */
  | 'OTHER_CUSTOMER'
  /** The channel is for other services. */
  | 'OTHER_SERVICE'
  /** The channel is for other sources. */
  | 'OTHER_SOURCE'
  /** The problem still waits for the channel, so its end waits with it. */
  | 'PROBLEM_WAITS'
  /** The channel is quiet now; it gets one summary when that ends. */
  | 'QUIET_HOURS'
  /** The problem was over before it had gone on for as long as its trigger says, so nobody was told of it. */
  | 'RESOLVED_WITHIN_HOLD'
  /** A silence covers it. */
  | 'SILENCED'
  /** This step of the threshold has been told of already. */
  | 'STEP_ALREADY_FIRED'
  /** It was told of the problem, so it hears of its end. */
  | 'TOLD_OF_PROBLEM'
  /** The event type is switched off. */
  | 'TRIGGER_OFF'
  /** The channel has switched this event type off. */
  | 'TYPE_OFF_FOR_CHANNEL';

/** Config of a provider account: Vonage account. */
export type VonageAccountConfigInput = {
  /** Where Vonage's SMS API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** The account's API key, as the Vonage dashboard shows it. */
  apiKey: string;
  /** The account's API secret. Required in a new one. Write-only; left out of an update it stays. */
  apiSecret?: string | null | undefined;
};

/** Config of a channel of the kind VONAGE_SMS. The channelKinds query tells how to get each value. */
export type VonageSmsConfigInput = {
  /** Where Vonage's SMS API is: another region, or a relay of yours. */
  apiBaseUrl?: string | null | undefined;
  /** The account's API key, as the Vonage dashboard shows it. Required unless the channel's provider account has it. */
  apiKey?: string | null | undefined;
  /** The account's API secret. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  apiSecret?: string | null | undefined;
  /** Sender: a number of the account, or a name where the recipient's country allows one. */
  from: string;
  /** Phone number that gets the messages, with country code. */
  to: string;
};

/** Who gets it on a channel of the kind VONAGE_SMS. What is left out stays as the channel has it. */
export type VonageSmsRecipientInput = {
  /** Phone number that gets the messages, with country code. */
  to?: string | null | undefined;
};

/** Config of a provider account: VAPID keys. */
export type WebPushAccountConfigInput = {
  /** Private key of the pair. Required in a new one. Write-only; left out of an update it stays. */
  privateKey?: string | null | undefined;
  /** Public key of the pair; the browser subscribes with the same one. */
  publicKey: string;
  /** How push services reach the sender in case of trouble: mailto: and an e-mail address, or an https:// URL. */
  subject: string;
};

/** Config of a channel of the kind WEB_PUSH. The channelKinds query tells how to get each value. */
export type WebPushConfigInput = {
  /** The subscription's secret, which the encryption needs as well. Required in a new one. Write-only; left out of an update it stays. */
  auth?: string | null | undefined;
  /** URL of the browser's subscription at its push service; whoever knows it may try to send there. Required in a new one. Write-only; left out of an update it stays. */
  endpoint?: string | null | undefined;
  /** The subscription's public key, which messages are encrypted for. */
  p256dh: string;
  /** Private key of the pair. Required unless the channel's provider account has it. Write-only; left out of an update it stays. */
  privateKey?: string | null | undefined;
  /** Public key of the pair; the browser subscribes with the same one. Required unless the channel's provider account has it. */
  publicKey?: string | null | undefined;
  /** How push services reach the sender in case of trouble: mailto: and an e-mail address, or an https:// URL. Required unless the channel's provider account has it. */
  subject?: string | null | undefined;
  /** Seconds for which the push service keeps a message while the browser is away; 0 drops it then. */
  ttl?: number | null | undefined;
};

/** Config of a channel of the kind WEBHOOK. The channelKinds query tells how to get each value. */
export type WebhookConfigInput = {
  /** Liquid template of the body, for receivers that want another form than the built-in JSON. It may name every field of that, and also recovered and reason. What it fills in is escaped for the content type; {{ service | json }} gives a text in quotes, or null. */
  bodyTemplate?: string | null | undefined;
  /** Media type of the body that the template makes. The built-in body is always application/json. */
  contentType?: string | null | undefined;
  /** Additional request headers, e.g. Authorization. Write-only; left out of an update it stays, null removes it. */
  headers?: Array<NameValueInput> | null | undefined;
  /** HTTP method of the request: POST or PUT. */
  method?: WebhookMethod | null | undefined;
  /** Signs every request: X-Signature-256 is sha256= and the hex HMAC-SHA256 of the body's bytes under this secret. Write-only; left out of an update it stays, null removes it. */
  secret?: string | null | undefined;
  /** Signs every request by the Standard Webhooks specification: whsec_ and 24 to 64 random bytes in base64. Write-only; left out of an update it stays, null removes it. */
  signingSecret?: string | null | undefined;
  /** Where every notification is sent to, as JSON unless a template says otherwise. Redirects count as failures; an answer of 410 switches the channel off. Required in a new one. Write-only; left out of an update it stays. */
  url?: string | null | undefined;
};

/** Method, in the config of WEBHOOK: what may be chosen. */
export type WebhookMethod =
  /** What nearly every receiver wants. */
  | 'POST'
  /** For receivers that want it. */
  | 'PUT';

export type EmitEventMutationVariables = Exact<{
  input: EmitEventInput;
}>;


export type EmitEventMutation = { emitEvent:
    | { __typename: 'EmitEventPayload', deduplicated: boolean, nearestTypes: Array<string> | null, event: { id: string, type: string, severity: Severity, title: string, message: string }, decision: { action: VerdictAction, because: VerdictReason, explanation: string, until: string | null, channels: Array<{ channelName: string, action: VerdictAction, because: VerdictReason, explanation: string }> } }
    | { __typename: 'IdempotencyConflictError', code: ErrorCode, message: string }
    | { __typename: 'OtherError', code: ErrorCode, message: string }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type SimulateEventQueryVariables = Exact<{
  input: EmitEventInput;
}>;


export type SimulateEventQuery = { simulateEvent:
    | { __typename: 'OtherError', code: ErrorCode, message: string }
    | { __typename: 'SimulateEventPayload', nearestTypes: Array<string> | null, decision: { action: VerdictAction, because: VerdictReason, explanation: string, until: string | null, channels: Array<{ channelName: string, action: VerdictAction, because: VerdictReason, explanation: string }> } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type ChannelKindsQueryVariables = Exact<{ [key: string]: never; }>;


export type ChannelKindsQuery = { channelKinds: Array<{ kind: ChannelKind, title: string, configKey: string, docsUrl: string | null, guide: Array<string>, accountKind: ProviderAccountKind | null, recovery: RecoveryForm, fields: Array<{ name: string, title: string, description: string, type: ConfigFieldType, required: boolean, secret: boolean, fromAccount: boolean, recipient: boolean, format: string | null, example: string | null, options: Array<string>, defaultValue: string | null }> }> };

export type CreateChannelMutationVariables = Exact<{
  input: CreateChannelInput;
}>;


export type CreateChannelMutation = { createChannel:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateChannelPayload', channel: { id: string, name: string, kind: ChannelKind, enabled: boolean, minimumSeverity: Severity, config:
          | { method: WebhookMethod | null, secretsSet: Array<string> }
          | Record<PropertyKey, never>
         } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type CreateEmailChannelMutationVariables = Exact<{
  name: string;
  email: EmailConfigInput;
}>;


export type CreateEmailChannelMutation = { createChannel:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateChannelPayload', channel: { id: string, name: string, kind: ChannelKind, config:
          | { host: string | null, port: number | null, tls: EmailTls | null, user: string | null, from: string | null, to: Array<string> | null, secretsSet: Array<string> }
          | Record<PropertyKey, never>
         } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type TestChannelConfigMutationVariables = Exact<{
  config: ChannelConfigInput;
}>;


export type TestChannelConfigMutation = { testChannelConfig:
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'TestChannelConfigPayload', delivered: boolean, outcome: AttemptOutcome, status: string | null, error: string | null, hint: string | null, durationMs: number, body: string }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type HistoryQueryVariables = Exact<{
  filter?: AttemptFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type HistoryQuery = { history: { totalCount: number, nodes: Array<{ id: string, at: string, channelName: string, kind: ChannelKind, type: string, severity: Severity, reason: MessageReason, outcome: AttemptOutcome, title: string, body: string, status: string | null, error: string | null, hint: string | null, durationMs: number, tryNumber: number, nextTryAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null, hasPreviousPage: boolean, startCursor: string | null } } };

export type LiveFeedSubscriptionVariables = Exact<{
  filter?: AttemptFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type LiveFeedSubscription = { notificationDispatched: { cursor: string, missed: number, attempt: { id: string, at: string, channelName: string, kind: ChannelKind, type: string, severity: Severity, outcome: AttemptOutcome, title: string, error: string | null, tryNumber: number } } };

export type OpenConditionsQueryVariables = Exact<{
  filter?: ConditionFilter | null | undefined;
}>;


export type OpenConditionsQuery = { conditions: { totalCount: number, nodes: Array<{ id: string, type: string, title: string, severity: Severity, service: string | null, source: string | null, customer: string | null, openedAt: string, lastSeenAt: string, lastNotifiedAt: string | null, count: number }> } };

export type TriggerSettingsQueryVariables = Exact<{
  name: string;
}>;


export type TriggerSettingsQuery = { eventType: { name: string, title: string, description: string, category: string, aliases: Array<string>, enabled: boolean, severity: Severity, condition: boolean, cooldown: string | null, threshold: { direction: ThresholdDirection, steps: Array<number>, unit: string } | null, channels: Array<{ id: string, name: string }> | null } | null };

export type UpdateTriggerMutationVariables = Exact<{
  eventType: string;
  input: UpdateTriggerInput;
}>;


export type UpdateTriggerMutation = { updateTrigger:
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'UpdateTriggerPayload', warnings: Array<string>, eventType: { name: string, enabled: boolean, severity: Severity, cooldown: string | null, hold: string | null, burst: { count: number, window: string } | null, threshold: { direction: ThresholdDirection, steps: Array<number>, unit: string } | null, channels: Array<{ id: string, name: string }> | null } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type InboxQueryVariables = Exact<{
  unreadOnly?: boolean | null | undefined;
  first?: number | null | undefined;
}>;


export type InboxQuery = { inbox: { totalCount: number, nodes: Array<{ id: string, createdAt: string, severity: Severity, type: string, title: string, body: string, readAt: string | null }> } };

export type CreateAccessTokenMutationVariables = Exact<{
  input: CreateAccessTokenInput;
}>;


export type CreateAccessTokenMutation = { createAccessToken:
    | { __typename: 'CreateAccessTokenPayload', token: string, accessToken: { id: string, name: string, role: Role, expiresAt: string | null } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type EmitEventsMutationVariables = Exact<{
  input: Array<EmitEventInput> | EmitEventInput;
}>;


export type EmitEventsMutation = { emitEvents: { acceptedCount: number, results: Array<
      | { __typename: 'EmitEventPayload', deduplicated: boolean, event: { id: string, type: string, title: string }, decision: { action: VerdictAction, because: VerdictReason } }
      | { __typename: 'IdempotencyConflictError', code: ErrorCode, message: string }
      | { __typename: 'OtherError', code: ErrorCode, message: string }
      | { __typename: 'ValidationError', code: ErrorCode, message: string }
    > } };

export type ChannelsQueryVariables = Exact<{
  filter?: ChannelFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ChannelsQuery = { channels: { nodes: Array<{ id: string, name: string, kind: ChannelKind, enabled: boolean, disabledReason: string | null, rich: boolean, displayName: string | null, minimumSeverity: Severity, customers: Array<string>, services: Array<string>, sources: Array<string>, config:
        | { __typename: 'AppriseConfig' }
        | { __typename: 'DiscordConfig', username: string | null, avatarUrl: string | null, threadId: string | null, secretsSet: Array<string> }
        | { __typename: 'EmailConfig', host: string | null, port: number | null, tls: EmailTls | null, user: string | null, from: string | null, to: Array<string> | null, verifyCertificate: boolean | null, secretsSet: Array<string> }
        | { __typename: 'GoogleChatConfig' }
        | { __typename: 'GotifyConfig' }
        | { __typename: 'InboxConfig' }
        | { __typename: 'LogConfig' }
        | { __typename: 'MatrixConfig' }
        | { __typename: 'MattermostConfig' }
        | { __typename: 'NtfyConfig' }
        | { __typename: 'OnesignalConfig' }
        | { __typename: 'OpsgenieConfig' }
        | { __typename: 'PagerdutyConfig' }
        | { __typename: 'PushbulletConfig' }
        | { __typename: 'PusherBeamsConfig' }
        | { __typename: 'PushoverConfig' }
        | { __typename: 'RocketChatConfig' }
        | { __typename: 'SignalConfig' }
        | { __typename: 'SlackConfig', channel: string | null, secretsSet: Array<string> }
        | { __typename: 'TeamsConfig' }
        | { __typename: 'TelegramConfig', chatId: string | null, topicId: number | null, silent: boolean | null, apiBaseUrl: string | null, secretsSet: Array<string> }
        | { __typename: 'TwilioSmsConfig' }
        | { __typename: 'TwilioVoiceConfig' }
        | { __typename: 'TwilioWhatsappConfig' }
        | { __typename: 'VonageSmsConfig' }
        | { __typename: 'WebPushConfig' }
        | { __typename: 'WebhookConfig', method: WebhookMethod | null, secretsSet: Array<string> }
       }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UpdateChannelMutationVariables = Exact<{
  id: string;
  input: UpdateChannelInput;
}>;


export type UpdateChannelMutation = { updateChannel:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'UpdateChannelPayload', channel: { id: string, name: string, enabled: boolean, minimumSeverity: Severity, updatedAt: string } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type LiveCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type LiveCursorQuery = { liveCursor: string };

export type CreateProviderAccountMutationVariables = Exact<{
  input: CreateProviderAccountInput;
}>;


export type CreateProviderAccountMutation = { createProviderAccount:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateProviderAccountPayload', providerAccount: { id: string, name: string, kind: ProviderAccountKind } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type ProviderAccountsQueryVariables = Exact<{ [key: string]: never; }>;


export type ProviderAccountsQuery = { providerAccounts: { nodes: Array<{ id: string, name: string, kind: ProviderAccountKind, config:
        | { __typename: 'AppriseAccountConfig' }
        | { __typename: 'MatrixAccountConfig' }
        | { __typename: 'NtfyAccountConfig' }
        | { __typename: 'OnesignalAccountConfig' }
        | { __typename: 'OpsgenieAccountConfig' }
        | { __typename: 'PushbulletAccountConfig' }
        | { __typename: 'PusherBeamsAccountConfig' }
        | { __typename: 'PushoverAccountConfig' }
        | { __typename: 'SignalAccountConfig' }
        | { __typename: 'SmtpAccountConfig', host: string | null, port: number | null, from: string | null, secretsSet: Array<string> }
        | { __typename: 'TelegramAccountConfig', apiBaseUrl: string | null, secretsSet: Array<string> }
        | { __typename: 'TwilioAccountConfig', accountSid: string | null, secretsSet: Array<string> }
        | { __typename: 'VonageAccountConfig' }
        | { __typename: 'WebPushAccountConfig' }
      , channels: Array<{ id: string, name: string }> }> } };

export type SetQuietHoursMutationVariables = Exact<{
  id: string;
  input: UpdateChannelInput;
}>;


export type SetQuietHoursMutation = { updateChannel:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'UpdateChannelPayload', channel: { id: string, quietHours: { active: boolean, nextChange: string | null } | null, digest: { nextAt: string } | null } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type WaitingQueryVariables = Exact<{ [key: string]: never; }>;


export type WaitingQuery = { deliveries: { nodes: Array<{ id: string, heldFor: HoldReason | null, dueAt: string, channel: { name: string }, event: { title: string, severity: Severity } }> } };

export type SilenceMutationVariables = Exact<{
  input: CreateSilenceInput;
}>;


export type SilenceMutation = { createSilence:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateSilencePayload', warnings: Array<string>, silence: { id: string, state: SilenceState, active: boolean, nextChange: string | null, author: string } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type InhibitionMutationVariables = Exact<{
  input: CreateInhibitionRuleInput;
}>;


export type InhibitionMutation = { createInhibitionRule:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateInhibitionRulePayload', warnings: Array<string>, inhibitionRule: { id: string, name: string, whileOpen: Array<string>, sameFields: Array<string> } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type ContactMutationVariables = Exact<{
  input: CreateContactInput;
}>;


export type ContactMutation = { createContact:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateContactPayload', contact: { id: string, name: string, severities: Array<Severity>, channels: Array<{ name: string }>, deletionImpact: { channels: Array<string>, alertRules: Array<string>, waitingDeliveries: number } } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type AlertRuleMutationVariables = Exact<{
  input: CreateAlertRuleInput;
}>;


export type AlertRuleMutation = { createAlertRule:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateAlertRulePayload', warnings: Array<string>, alertRule: { id: string, name: string, position: number, stop: boolean, reaches: { channelCount: number, contactCount: number } } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type EscalationPolicyMutationVariables = Exact<{
  input: CreateEscalationPolicyInput;
}>;


export type EscalationPolicyMutation = { createEscalationPolicy:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'CreateEscalationPolicyPayload', escalationPolicy: { id: string, rounds: number | null, reminder: string | null, steps: Array<{ delay: string, channels: Array<{ name: string }>, contacts: Array<{ name: string }>, groups: Array<{ name: string }> }> } }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type PeopleQueryVariables = Exact<{ [key: string]: never; }>;


export type PeopleQuery = { contacts: { nodes: Array<{ id: string, name: string, enabled: boolean, channels: Array<{ name: string, kind: ChannelKind, onlyByRules: boolean }>, groups: Array<{ name: string }>, rules: Array<{ name: string }> }> }, contactGroups: { nodes: Array<{ id: string, name: string, allContacts: { totalCount: number } }> }, alertRules: { nodes: Array<{ id: string, name: string, position: number, stop: boolean, matchesNothing: boolean, warnings: Array<string>, escalationPolicy: { name: string } | null, reaches: { channelCount: number, contactCount: number } }> } };

export type WhoHasItQueryVariables = Exact<{
  filter?: ConditionFilter | null | undefined;
}>;


export type WhoHasItQuery = { conditions: { nodes: Array<{ id: string, title: string, severity: Severity, openedAt: string, acknowledgement: { at: string, by: string | null, note: string | null } | null, escalations: Array<{ step: number, round: number, nextAt: string | null, policy: { name: string } | null, notices: Array<{ at: string, step: number, round: number, reminder: boolean, channelName: string, contactName: string | null }> }> }> } };

export type AuditLogQueryVariables = Exact<{
  filter?: AuditFilter | null | undefined;
}>;


export type AuditLogQuery = { auditLog: { nodes: Array<{ at: string, actorName: string, address: string | null, action: string, subjectType: AuditSubject, subjectName: string | null, differences: Array<{ path: string, before: string | null, after: string | null }> }> } };

export type ExportConfigurationQueryVariables = Exact<{
  passphrase?: string | null | undefined;
}>;


export type ExportConfigurationQuery = { exportConfiguration:
    | { __typename: 'ExportConfigurationPayload', document: Record<string, unknown> }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export type ImportConfigurationMutationVariables = Exact<{
  input: ImportConfigurationInput;
}>;


export type ImportConfigurationMutation = { importConfiguration:
    | { __typename: 'ImportConfigurationPayload', applied: boolean, changes: Array<{ action: ConfigurationAction, section: string, name: string, differences: Array<{ path: string, before: string | null, after: string | null }> }> }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, issues: Array<{ path: string, message: string, code: string }> }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const EmitEventDocument = new TypedDocumentString(`
    mutation EmitEvent($input: EmitEventInput!) {
  emitEvent(input: $input) {
    __typename
    ... on EmitEventPayload {
      deduplicated
      nearestTypes
      event {
        id
        type
        severity
        title
        message
      }
      decision {
        action
        because
        explanation
        until
        channels {
          channelName
          action
          because
          explanation
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EmitEventMutation, EmitEventMutationVariables>;
export const SimulateEventDocument = new TypedDocumentString(`
    query SimulateEvent($input: EmitEventInput!) {
  simulateEvent(input: $input) {
    __typename
    ... on SimulateEventPayload {
      nearestTypes
      decision {
        action
        because
        explanation
        until
        channels {
          channelName
          action
          because
          explanation
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SimulateEventQuery, SimulateEventQueryVariables>;
export const ChannelKindsDocument = new TypedDocumentString(`
    query ChannelKinds {
  channelKinds {
    kind
    title
    configKey
    docsUrl
    guide
    accountKind
    recovery
    fields {
      name
      title
      description
      type
      required
      secret
      fromAccount
      recipient
      format
      example
      options
      defaultValue
    }
  }
}
    `) as unknown as TypedDocumentString<ChannelKindsQuery, ChannelKindsQueryVariables>;
export const CreateChannelDocument = new TypedDocumentString(`
    mutation CreateChannel($input: CreateChannelInput!) {
  createChannel(input: $input) {
    __typename
    ... on CreateChannelPayload {
      channel {
        id
        name
        kind
        enabled
        minimumSeverity
        config {
          ... on WebhookConfig {
            method
            secretsSet
          }
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CreateChannelMutation, CreateChannelMutationVariables>;
export const CreateEmailChannelDocument = new TypedDocumentString(`
    mutation CreateEmailChannel($name: String!, $email: EmailConfigInput!) {
  createChannel(input: {name: $name, enabled: false, config: {email: $email}}) {
    __typename
    ... on CreateChannelPayload {
      channel {
        id
        name
        kind
        config {
          ... on EmailConfig {
            host
            port
            tls
            user
            from
            to
            secretsSet
          }
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CreateEmailChannelMutation, CreateEmailChannelMutationVariables>;
export const TestChannelConfigDocument = new TypedDocumentString(`
    mutation TestChannelConfig($config: ChannelConfigInput!) {
  testChannelConfig(config: $config) {
    __typename
    ... on TestChannelConfigPayload {
      delivered
      outcome
      status
      error
      hint
      durationMs
      body
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TestChannelConfigMutation, TestChannelConfigMutationVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($filter: AttemptFilter, $first: Int, $after: String, $last: Int, $before: String) {
  history(
    filter: $filter
    first: $first
    after: $after
    last: $last
    before: $before
  ) {
    totalCount
    nodes {
      id
      at
      channelName
      kind
      type
      severity
      reason
      outcome
      title
      body
      status
      error
      hint
      durationMs
      tryNumber
      nextTryAt
    }
    pageInfo {
      hasNextPage
      endCursor
      hasPreviousPage
      startCursor
    }
  }
}
    `) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const LiveFeedDocument = new TypedDocumentString(`
    subscription LiveFeed($filter: AttemptFilter, $after: String) {
  notificationDispatched(filter: $filter, after: $after) {
    cursor
    missed
    attempt {
      id
      at
      channelName
      kind
      type
      severity
      outcome
      title
      error
      tryNumber
    }
  }
}
    `) as unknown as TypedDocumentString<LiveFeedSubscription, LiveFeedSubscriptionVariables>;
export const OpenConditionsDocument = new TypedDocumentString(`
    query OpenConditions($filter: ConditionFilter) {
  conditions(filter: $filter, first: 25) {
    totalCount
    nodes {
      id
      type
      title
      severity
      service
      source
      customer
      openedAt
      lastSeenAt
      lastNotifiedAt
      count
    }
  }
}
    `) as unknown as TypedDocumentString<OpenConditionsQuery, OpenConditionsQueryVariables>;
export const TriggerSettingsDocument = new TypedDocumentString(`
    query TriggerSettings($name: String!) {
  eventType(name: $name) {
    name
    title
    description
    category
    aliases
    enabled
    severity
    condition
    cooldown
    threshold {
      direction
      steps
      unit
    }
    channels {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<TriggerSettingsQuery, TriggerSettingsQueryVariables>;
export const UpdateTriggerDocument = new TypedDocumentString(`
    mutation UpdateTrigger($eventType: String!, $input: UpdateTriggerInput!) {
  updateTrigger(eventType: $eventType, input: $input) {
    __typename
    ... on UpdateTriggerPayload {
      warnings
      eventType {
        name
        enabled
        severity
        cooldown
        hold
        burst {
          count
          window
        }
        threshold {
          direction
          steps
          unit
        }
        channels {
          id
          name
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateTriggerMutation, UpdateTriggerMutationVariables>;
export const InboxDocument = new TypedDocumentString(`
    query Inbox($unreadOnly: Boolean, $first: Int) {
  inbox(unreadOnly: $unreadOnly, first: $first) {
    totalCount
    nodes {
      id
      createdAt
      severity
      type
      title
      body
      readAt
    }
  }
}
    `) as unknown as TypedDocumentString<InboxQuery, InboxQueryVariables>;
export const CreateAccessTokenDocument = new TypedDocumentString(`
    mutation CreateAccessToken($input: CreateAccessTokenInput!) {
  createAccessToken(input: $input) {
    __typename
    ... on CreateAccessTokenPayload {
      token
      accessToken {
        id
        name
        role
        expiresAt
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CreateAccessTokenMutation, CreateAccessTokenMutationVariables>;
export const EmitEventsDocument = new TypedDocumentString(`
    mutation EmitEvents($input: [EmitEventInput!]!) {
  emitEvents(input: $input) {
    acceptedCount
    results {
      __typename
      ... on EmitEventPayload {
        deduplicated
        event {
          id
          type
          title
        }
        decision {
          action
          because
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EmitEventsMutation, EmitEventsMutationVariables>;
export const ChannelsDocument = new TypedDocumentString(`
    query Channels($filter: ChannelFilter, $first: Int, $after: String) {
  channels(filter: $filter, first: $first, after: $after) {
    nodes {
      id
      name
      kind
      enabled
      disabledReason
      rich
      displayName
      minimumSeverity
      customers
      services
      sources
      config {
        __typename
        ... on WebhookConfig {
          method
          secretsSet
        }
        ... on EmailConfig {
          host
          port
          tls
          user
          from
          to
          verifyCertificate
          secretsSet
        }
        ... on TelegramConfig {
          chatId
          topicId
          silent
          apiBaseUrl
          secretsSet
        }
        ... on SlackConfig {
          channel
          secretsSet
        }
        ... on DiscordConfig {
          username
          avatarUrl
          threadId
          secretsSet
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ChannelsQuery, ChannelsQueryVariables>;
export const UpdateChannelDocument = new TypedDocumentString(`
    mutation UpdateChannel($id: ID!, $input: UpdateChannelInput!) {
  updateChannel(id: $id, input: $input) {
    __typename
    ... on UpdateChannelPayload {
      channel {
        id
        name
        enabled
        minimumSeverity
        updatedAt
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateChannelMutation, UpdateChannelMutationVariables>;
export const LiveCursorDocument = new TypedDocumentString(`
    query LiveCursor {
  liveCursor
}
    `) as unknown as TypedDocumentString<LiveCursorQuery, LiveCursorQueryVariables>;
export const CreateProviderAccountDocument = new TypedDocumentString(`
    mutation CreateProviderAccount($input: CreateProviderAccountInput!) {
  createProviderAccount(input: $input) {
    __typename
    ... on CreateProviderAccountPayload {
      providerAccount {
        id
        name
        kind
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CreateProviderAccountMutation, CreateProviderAccountMutationVariables>;
export const ProviderAccountsDocument = new TypedDocumentString(`
    query ProviderAccounts {
  providerAccounts(first: 50) {
    nodes {
      id
      name
      kind
      config {
        __typename
        ... on TelegramAccountConfig {
          apiBaseUrl
          secretsSet
        }
        ... on TwilioAccountConfig {
          accountSid
          secretsSet
        }
        ... on SmtpAccountConfig {
          host
          port
          from
          secretsSet
        }
      }
      channels {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ProviderAccountsQuery, ProviderAccountsQueryVariables>;
export const SetQuietHoursDocument = new TypedDocumentString(`
    mutation SetQuietHours($id: ID!, $input: UpdateChannelInput!) {
  updateChannel(id: $id, input: $input) {
    __typename
    ... on UpdateChannelPayload {
      channel {
        id
        quietHours {
          active
          nextChange
        }
        digest {
          nextAt
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SetQuietHoursMutation, SetQuietHoursMutationVariables>;
export const WaitingDocument = new TypedDocumentString(`
    query Waiting {
  deliveries(filter: {states: [HELD]}) {
    nodes {
      id
      heldFor
      dueAt
      channel {
        name
      }
      event {
        title
        severity
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WaitingQuery, WaitingQueryVariables>;
export const SilenceDocument = new TypedDocumentString(`
    mutation Silence($input: CreateSilenceInput!) {
  createSilence(input: $input) {
    __typename
    ... on CreateSilencePayload {
      silence {
        id
        state
        active
        nextChange
        author
      }
      warnings
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SilenceMutation, SilenceMutationVariables>;
export const InhibitionDocument = new TypedDocumentString(`
    mutation Inhibition($input: CreateInhibitionRuleInput!) {
  createInhibitionRule(input: $input) {
    __typename
    ... on CreateInhibitionRulePayload {
      inhibitionRule {
        id
        name
        whileOpen
        sameFields
      }
      warnings
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<InhibitionMutation, InhibitionMutationVariables>;
export const ContactDocument = new TypedDocumentString(`
    mutation Contact($input: CreateContactInput!) {
  createContact(input: $input) {
    __typename
    ... on CreateContactPayload {
      contact {
        id
        name
        severities
        channels {
          name
        }
        deletionImpact {
          channels
          alertRules
          waitingDeliveries
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ContactMutation, ContactMutationVariables>;
export const AlertRuleDocument = new TypedDocumentString(`
    mutation AlertRule($input: CreateAlertRuleInput!) {
  createAlertRule(input: $input) {
    __typename
    ... on CreateAlertRulePayload {
      alertRule {
        id
        name
        position
        stop
        reaches {
          channelCount
          contactCount
        }
      }
      warnings
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AlertRuleMutation, AlertRuleMutationVariables>;
export const EscalationPolicyDocument = new TypedDocumentString(`
    mutation EscalationPolicy($input: CreateEscalationPolicyInput!) {
  createEscalationPolicy(input: $input) {
    __typename
    ... on CreateEscalationPolicyPayload {
      escalationPolicy {
        id
        rounds
        reminder
        steps {
          delay
          channels {
            name
          }
          contacts {
            name
          }
          groups {
            name
          }
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<EscalationPolicyMutation, EscalationPolicyMutationVariables>;
export const PeopleDocument = new TypedDocumentString(`
    query People {
  contacts {
    nodes {
      id
      name
      enabled
      channels {
        name
        kind
        onlyByRules
      }
      groups {
        name
      }
      rules {
        name
      }
    }
  }
  contactGroups {
    nodes {
      id
      name
      allContacts {
        totalCount
      }
    }
  }
  alertRules {
    nodes {
      id
      name
      position
      stop
      escalationPolicy {
        name
      }
      matchesNothing
      reaches {
        channelCount
        contactCount
      }
      warnings
    }
  }
}
    `) as unknown as TypedDocumentString<PeopleQuery, PeopleQueryVariables>;
export const WhoHasItDocument = new TypedDocumentString(`
    query WhoHasIt($filter: ConditionFilter) {
  conditions(filter: $filter) {
    nodes {
      id
      title
      severity
      openedAt
      acknowledgement {
        at
        by
        note
      }
      escalations {
        policy {
          name
        }
        step
        round
        nextAt
        notices {
          at
          step
          round
          reminder
          channelName
          contactName
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WhoHasItQuery, WhoHasItQueryVariables>;
export const AuditLogDocument = new TypedDocumentString(`
    query AuditLog($filter: AuditFilter) {
  auditLog(first: 20, filter: $filter) {
    nodes {
      at
      actorName
      address
      action
      subjectType
      subjectName
      differences {
        path
        before
        after
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AuditLogQuery, AuditLogQueryVariables>;
export const ExportConfigurationDocument = new TypedDocumentString(`
    query ExportConfiguration($passphrase: String) {
  exportConfiguration(passphrase: $passphrase) {
    __typename
    ... on ExportConfigurationPayload {
      document
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ExportConfigurationQuery, ExportConfigurationQueryVariables>;
export const ImportConfigurationDocument = new TypedDocumentString(`
    mutation ImportConfiguration($input: ImportConfigurationInput!) {
  importConfiguration(input: $input) {
    __typename
    ... on ImportConfigurationPayload {
      applied
      changes {
        action
        section
        name
        differences {
          path
          before
          after
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on ValidationError {
      issues {
        path
        message
        code
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ImportConfigurationMutation, ImportConfigurationMutationVariables>;