/** Everything a token may be allowed to do, with what it opens. The API's Scope enum is made from this table. */
export const SCOPES = {
  EVENTS_EMIT: "Send events and simulate them.",
  EVENTS_READ: "Read events, conditions and why each was sent or not.",
  CONDITIONS_MANAGE: "Acknowledge conditions and resolve them by hand.",
  HISTORY_READ: "Read the history and watch it live.",
  HISTORY_MANAGE: "Clear the history and send deliveries again.",
  INBOX_READ: "Read the inbox.",
  INBOX_MANAGE: "Mark inbox messages as read and delete them.",
  SETTINGS_READ: "Read channels (without secrets), contacts, alert rules, event types, triggers, silences, inhibition rules and settings.",
  SETTINGS_MANAGE: "Change and test channels, contacts, alert rules, triggers, inhibition rules and settings.",
  SILENCES_MANAGE: "Make, change and end silences.",
  AUDIT_READ: "Read who changed which settings.",
  TOKENS_MANAGE: "Create, list and revoke access tokens.",
} as const;

export type Scope = keyof typeof SCOPES;

export const ROLES = ["ADMIN", "OPERATOR", "PRODUCER", "VIEWER", "CUSTOMER"] as const;
export type Role = (typeof ROLES)[number];

export const ROLE_DESCRIPTIONS: Record<Role, string> = {
  ADMIN: "May do everything.",
  OPERATOR: "May do everything but manage tokens and read the audit log.",
  PRODUCER: "May send events and nothing else: for programs.",
  VIEWER: "May read and watch everything and change nothing: for dashboards.",
  CUSTOMER: "May read, watch and set what is its customer's own, and nothing else.",
};

const all = Object.keys(SCOPES) as Scope[];

export const ROLE_SCOPES: Record<Role, ReadonlySet<Scope>> = {
  ADMIN: new Set(all),
  OPERATOR: new Set(all.filter((scope) => scope !== "TOKENS_MANAGE" && scope !== "AUDIT_READ")),
  PRODUCER: new Set<Scope>(["EVENTS_EMIT"]),
  VIEWER: new Set<Scope>(["EVENTS_READ", "HISTORY_READ", "INBOX_READ", "SETTINGS_READ"]),
  CUSTOMER: new Set<Scope>([]),
};
