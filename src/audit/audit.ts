import type { Clock } from "../clock.ts";
import type { Transaction } from "../db/database.ts";
import type { Ids } from "../ids.ts";
import { insertAuditEntry } from "./audit.store.ts";

/** What settings are made of. The API's AuditSubject enum is made from this table. */
export const AUDIT_SUBJECTS = {
  ACCESS_TOKEN: "An access token.",
  ALERT_RULE: "An alert rule.",
  CHANNEL: "A channel.",
  CHANNEL_OVERRIDE: "A channel's own word on an event type or a category.",
  CONFIGURATION: "The whole configuration, by an import.",
  CONTACT: "A contact.",
  CONTACT_GROUP: "A contact group.",
  ESCALATION_POLICY: "An escalation policy.",
  EVENT_TYPE: "A custom event type.",
  HISTORY: "The history, by clearing it.",
  INHIBITION_RULE: "An inhibition rule.",
  PROVIDER_ACCOUNT: "A provider account.",
  SETTINGS: "The server's settings.",
  SILENCE: "A silence.",
  TRIGGER: "The settings of an event type.",
} as const;

export type AuditSubject = keyof typeof AUDIT_SUBJECTS;

/** Who changes settings: whoever a token stands for, or the server. */
export interface Actor {
  /** Null: the server itself. */
  tokenId: string | null;
  name: string;
  /** Set when it acts for a customer. */
  customer: string | null;
  /** The address that its request came from. */
  address: string | null;
}

/** What providers and upgrades make the server change by itself. */
export const SERVER: Actor = { tokenId: null, name: "server", customer: null, address: null };

type Row = Readonly<Record<string, unknown>>;

export interface Change {
  by: Actor;
  /** The API's name of it, e.g. updateChannel. */
  action: string;
  subject: AuditSubject;
  /** The row as it was and as it is; null: it was not there, or is gone. */
  before: Row | null;
  after: Row | null;
}

export interface Audit {
  /** Notes a change in the transaction that makes it; what changes nothing is not noted. */
  write(tx: Transaction, change: Change): Promise<void>;
}

export function createAudit(clock: Clock, ids: Ids): Audit {
  return {
    async write(tx, { by, action, subject, before, after }) {
      const [was, is] = [shownOf(before), shownOf(after)];
      const secretsChanged = before !== null && after !== null && before["secrets"] !== after["secrets"];
      if (JSON.stringify(was) === JSON.stringify(is) && !secretsChanged) return;
      if (was && is && secretsChanged) Object.assign(was, { secrets: "as they were" }) && Object.assign(is, { secrets: "changed" });
      const row = after ?? before ?? {};
      const owner = row["customer"];
      await insertAuditEntry(tx, {
        id: ids.next(),
        at: clock.now(),
        tokenId: by.tokenId,
        actorName: by.name,
        address: by.address,
        customer: typeof owner === "string" ? owner : by.customer,
        action,
        subjectType: subject,
        subjectId: textOf(row["id"]),
        subjectName: textOf(row["name"] ?? row["eventType"] ?? row["reason"]),
        before: was,
        after: is,
      });
    },
  };
}

/** What no entry may show, or what says nothing. */
const HIDDEN = new Set(["id", "secrets", "hash", "createdAt", "updatedAt", "lastUsedAt"]);

function shownOf(row: Row | null): Record<string, unknown> | null {
  if (row === null) return null;
  const fields = Object.entries(row).filter(([name, value]) => !HIDDEN.has(name) && value !== undefined);
  return JSON.parse(JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))))) as Record<string, unknown>;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
