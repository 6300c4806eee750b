/** Everything a token may be allowed to do, with what it opens. The API's Scope enum is made from this table. */
export const SCOPES = {
  EVENTS_EMIT: "Send events and simulate them.",
  EVENTS_READ: "Read events, conditions and why each was sent or not.",
  CONDITIONS_ACKNOWLEDGE: "Take problems on, and give them back.",
  CONDITIONS_MANAGE: "Resolve conditions by hand.",
  HISTORY_READ: "Read the history and watch it live.",
  HISTORY_MANAGE: "Clear the history and send deliveries again.",
  INBOX_READ: "Read the inbox.",
  INBOX_MANAGE: "Mark inbox messages as read and delete them.",
  SETTINGS_READ: "Read channels (without secrets), contacts, alert rules, escalation policies, event types, triggers, silences, inhibition rules and settings.",
  SETTINGS_MANAGE: "Change and test channels, contacts, alert rules, escalation policies, triggers, inhibition rules and settings.",
  SILENCES_MANAGE: "Make, change and end silences.",
  CONFIGURATION_MANAGE: "Import the whole configuration, and export it, be it with its secrets encrypted.",
  AUDIT_READ: "Read who changed which settings.",
  TOKENS_MANAGE: "Create, change, list and revoke access tokens.",
} as const;

export type Scope = keyof typeof SCOPES;

const all = Object.keys(SCOPES) as Scope[];

export const ALL_SCOPES: readonly [Scope, ...Scope[]] = all as [Scope, ...Scope[]];

/** The name by which people know a scope, e.g. events.emit. */
export function dottedName(scope: Scope): string {
  return scope.toLowerCase().replace("_", ".");
}

export const ROLES = ["ADMIN", "OPERATOR", "PRODUCER", "VIEWER", "CUSTOMER"] as const;
export type Role = (typeof ROLES)[number];

export const ROLE_DESCRIPTIONS: Record<Role, string> = {
  ADMIN: "May do everything.",
  OPERATOR: "May do everything but manage tokens, read the audit log and import or export the configuration.",
  PRODUCER: "May send events and nothing else: for programs.",
  VIEWER: "May read and watch everything and change nothing: for dashboards.",
  CUSTOMER: "May read and watch what is its customer's own, set its customer's own channels, contacts, rules, escalation policies and silences, and take its customer's problems on: for the customer's people.",
};

export const ROLE_SCOPES: Record<Role, ReadonlySet<Scope>> = {
  ADMIN: new Set(all),
  OPERATOR: new Set(all.filter((scope) => scope !== "TOKENS_MANAGE" && scope !== "AUDIT_READ" && scope !== "CONFIGURATION_MANAGE")),
  PRODUCER: new Set<Scope>(["EVENTS_EMIT"]),
  VIEWER: new Set<Scope>(["EVENTS_READ", "HISTORY_READ", "INBOX_READ", "SETTINGS_READ"]),
  // Its events come from its producers. What is recorded of its services is the server's: it neither clears the history nor declares problems to be over.
  CUSTOMER: new Set<Scope>(["EVENTS_READ", "CONDITIONS_ACKNOWLEDGE", "HISTORY_READ", "INBOX_READ", "INBOX_MANAGE", "SETTINGS_READ", "SETTINGS_MANAGE", "SILENCES_MANAGE"]),
};

/** Roles that a token of a customer may have. The others are about the whole server. */
export const CUSTOMER_ROLES: readonly Role[] = ["CUSTOMER", "PRODUCER", "VIEWER"];
