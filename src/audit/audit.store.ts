import type { Transaction } from "../db/database.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { Prisma } from "../db/generated/client.ts";
import type { AuditEntry as AuditEntryRow } from "../db/generated/client.ts";
import type { Json } from "../render/message.ts";
import type { AuditSubject } from "./audit.ts";

/** An entry on its way in. */
export type NewAuditEntry = Omit<AuditEntryRow, "before" | "after"> & { before: Shown | null; after: Shown | null };

type Shown = { [key: string]: Json };
type Row = Readonly<Record<string, unknown>>;

/** A thing that is set, as entries show it. */
export interface SubjectRow {
  name: string | null;
  customer: string | null;
  shown: Shown;
  /** Its secrets, encrypted: to be compared, never shown. */
  secrets: string | null;
}

/** By subject and id. */
export type SubjectRows = Map<AuditSubject, Map<string, SubjectRow>>;

const READ: Record<AuditSubject, (tx: Transaction) => Promise<Row[]>> = {
  ACCESS_TOKEN: (tx) => tx.accessToken.findMany(),
  ALERT_RULE: (tx) => tx.alertRule.findMany({ include: { targets: { orderBy: { id: "asc" } } } }),
  CHANNEL: (tx) => tx.channel.findMany({ where: NOT_DELETED, include: { overrides: { orderBy: { id: "asc" } } } }),
  CONTACT: (tx) => tx.contact.findMany(),
  CONTACT_GROUP: (tx) => tx.contactGroup.findMany({ include: { members: { orderBy: { id: "asc" } } } }),
  ESCALATION_POLICY: (tx) => tx.escalationPolicy.findMany({ where: NOT_DELETED, include: { steps: { orderBy: { position: "asc" }, include: { targets: { orderBy: { id: "asc" } } } } } }),
  EVENT_TYPE: async (tx) => (await tx.customEventType.findMany()).map((row) => ({ ...row, id: row.name })),
  INHIBITION_RULE: (tx) => tx.inhibitionRule.findMany(),
  PROVIDER_ACCOUNT: (tx) => tx.providerAccount.findMany(),
  SETTINGS: async (tx) => (await tx.setting.findMany({ where: { key: "server" } })).map(({ key, value }) => ({ id: key, name: "settings", ...(value as Row) })),
  SILENCE: (tx) => tx.silence.findMany(),
  TRIGGER: async (tx) => (await tx.trigger.findMany({ include: { channels: true, recipients: true } })).map((row) => ({ ...row, id: row.eventType, name: row.eventType })),
};

export async function readSubjects(tx: Transaction, subjects: readonly AuditSubject[]): Promise<SubjectRows> {
  const read: SubjectRows = new Map();
  for (const subject of subjects) read.set(subject, new Map((await READ[subject](tx)).map((row) => [String(row["id"]), subjectRow(row)])));
  return read;
}

function subjectRow(row: Row): SubjectRow {
  const name = row["name"] ?? row["reason"];
  return {
    name: typeof name === "string" ? name : null,
    customer: typeof row["customer"] === "string" ? row["customer"] : null,
    shown: shownOf(row),
    secrets: typeof row["secrets"] === "string" ? row["secrets"] : null,
  };
}

/** What no entry may show, and what says nothing. */
const HIDDEN = new Set(["id", "secrets", "hash", "createdAt", "updatedAt", "lastUsedAt", "failingSince", "deletedAt"]);
/** What ties the rows below one to it. */
const TIES = new Set([...HIDDEN, "ruleId", "policyId", "stepId"]);

function shownOf(row: Row): Shown {
  const fields = Object.entries(row).filter(([name]) => !HIDDEN.has(name)).map(([name, value]) => [name, withoutTies(name, value)] as const);
  return JSON.parse(JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))))) as Shown;
}

const ROWS_BELOW = new Set(["overrides", "targets", "members", "steps", "recipients", "channels"]);

/** Rows below one are written anew when one of them changes: only what they say counts. */
function withoutTies(name: string, value: unknown): unknown {
  if (!ROWS_BELOW.has(name) || !Array.isArray(value)) return value;
  return value.map((row: unknown) => {
    if (row === null || typeof row !== "object") return row;
    // Of a group's member it is the group itself, of a target the group that it leads to.
    const isTie = (field: string) => TIES.has(field) || (field === "groupId" && "memberId" in row);
    return Object.fromEntries(Object.entries(row).filter(([field, one]) => !isTie(field) && one !== null).map(([field, one]) => [field, withoutTies(field, one)]));
  });
}

export async function insertAuditEntries(tx: Transaction, entries: readonly NewAuditEntry[]): Promise<void> {
  const json = (value: Shown | null) => (value === null ? Prisma.DbNull : (value as Prisma.InputJsonObject));
  if (entries.length > 0) await tx.auditEntry.createMany({ data: entries.map((entry) => ({ ...entry, before: json(entry.before), after: json(entry.after) })) });
}
