import type { Transaction } from "../db/database.ts";
import { Prisma } from "../db/generated/client.ts";
import type { AuditEntry as AuditEntryRow } from "../db/generated/client.ts";

export type { AuditEntryRow };

/** An entry on its way in. */
export type NewAuditEntry = Omit<AuditEntryRow, "before" | "after"> & { before: Record<string, unknown> | null; after: Record<string, unknown> | null };

export async function insertAuditEntry(tx: Transaction, entry: NewAuditEntry): Promise<void> {
  const json = (value: Record<string, unknown> | null) => (value === null ? Prisma.DbNull : (value as Prisma.InputJsonObject));
  await tx.auditEntry.create({ data: { ...entry, before: json(entry.before), after: json(entry.after) } });
}

export async function deleteAuditEntriesBefore(tx: Transaction, time: Date): Promise<void> {
  await tx.auditEntry.deleteMany({ where: { at: { lt: time } } });
}
