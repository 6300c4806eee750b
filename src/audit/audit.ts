/** What settings are made of. The API's AuditSubject enum is made from this table. */
export const AUDIT_SUBJECTS = {
  ACCESS_TOKEN: "An access token.",
  ALERT_RULE: "An alert rule, with whom it leads to.",
  CHANNEL: "A channel, with its overrides.",
  CONTACT: "A contact.",
  CONTACT_GROUP: "A contact group, with its members.",
  ESCALATION_POLICY: "An escalation policy, with its steps.",
  EVENT_TYPE: "A custom event type.",
  INHIBITION_RULE: "An inhibition rule.",
  PROVIDER_ACCOUNT: "A provider account.",
  SETTINGS: "The server's settings.",
  SILENCE: "A silence.",
  TRIGGER: "The settings of an event type.",
} as const;

export type AuditSubject = keyof typeof AUDIT_SUBJECTS;

const ALL = Object.keys(AUDIT_SUBJECTS) as AuditSubject[];

/**
 * Every mutation of the API that changes settings, and what may differ after it. What takes something away may take along
 * whatever refers to it. A test holds the table against the schema.
 */
export const AUDITED_MUTATIONS: Readonly<Record<string, readonly AuditSubject[]>> = {
  createAccessToken: ["ACCESS_TOKEN"],
  updateAccessToken: ["ACCESS_TOKEN"],
  revokeAccessToken: ["ACCESS_TOKEN"],
  createAlertRule: ["ALERT_RULE"],
  updateAlertRule: ["ALERT_RULE"],
  deleteAlertRule: ["ALERT_RULE"],
  createChannel: ["CHANNEL"],
  updateChannel: ["CHANNEL"],
  duplicateChannel: ["CHANNEL"],
  setChannelOverride: ["CHANNEL"],
  deleteChannel: ALL,
  createContact: ["CONTACT"],
  updateContact: ["CONTACT"],
  deleteContact: ALL,
  createContactGroup: ["CONTACT_GROUP"],
  updateContactGroup: ["CONTACT_GROUP"],
  deleteContactGroup: ALL,
  createEscalationPolicy: ["ESCALATION_POLICY"],
  updateEscalationPolicy: ["ESCALATION_POLICY"],
  deleteEscalationPolicy: ["ESCALATION_POLICY", "ALERT_RULE"],
  registerEventType: ["EVENT_TYPE"],
  updateEventType: ["EVENT_TYPE"],
  deleteEventType: ["EVENT_TYPE", "TRIGGER"],
  createInhibitionRule: ["INHIBITION_RULE"],
  updateInhibitionRule: ["INHIBITION_RULE"],
  deleteInhibitionRule: ["INHIBITION_RULE"],
  createProviderAccount: ["PROVIDER_ACCOUNT"],
  updateProviderAccount: ["PROVIDER_ACCOUNT"],
  deleteProviderAccount: ["PROVIDER_ACCOUNT", "CHANNEL"],
  updateSettings: ["SETTINGS"],
  createSilence: ["SILENCE"],
  updateSilence: ["SILENCE"],
  endSilence: ["SILENCE"],
  updateTrigger: ["TRIGGER"],
  resetTrigger: ["TRIGGER"],
  setCategoryEnabled: ["TRIGGER"],
  importConfiguration: ALL,
};

/** Who changes settings: whoever a token stands for, or the server by itself. */
export interface Actor {
  /** Null: the server. */
  tokenId: string | null;
  name: string;
  /** The address that the request came from. */
  address: string | null;
}

/** What providers make the server change by itself. */
export const SERVER: Actor = { tokenId: null, name: "server", address: null };
