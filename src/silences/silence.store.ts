import type { Database, Transaction } from "../db/database.ts";
import { Prisma } from "../db/generated/client.ts";
import type { Silence as SilenceRow } from "../db/generated/client.ts";

export type { SilenceRow };

export interface SilenceStore {
  /** Those that have not ended. */
  unended(now: Date): Promise<SilenceRow[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<SilenceRow | null>;
  /** @returns false when so many of the same customer, or of the server, have not ended yet, and it is not added */
  insert(row: SilenceRow, most: number, now: Date): Promise<boolean>;
  /** @returns null when it has ended meanwhile, and stays as it is */
  updateUnended(id: string, changes: Partial<SilenceRow>, now: Date): Promise<SilenceRow | null>;
}

const notEnded = (now: Date) => ({ OR: [{ endsAt: null }, { endsAt: { gt: now } }] });

export function createSilenceStore(db: Database): SilenceStore {
  return {
    unended: (now) => db.read.silence.findMany({ where: notEnded(now), orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.silence.findFirst({ where: { id, ...owner } }),
    insert: (row, most, now) =>
      db.write(async (tx) => {
        if ((await tx.silence.count({ where: { customer: row.customer, ...notEnded(now) } })) >= most) return false;
        await tx.silence.create({ data: asInput(row) });
        return true;
      }),
    updateUnended: (id, changes, now) =>
      db.write(async (tx) => {
        const { count } = await tx.silence.updateMany({ where: { id, ...notEnded(now) }, data: asInput(changes) });
        return count === 0 ? null : tx.silence.findUnique({ where: { id } });
      }),
  };
}

/** Silences are kept for the record, but not for ever. */
export async function deleteSilencesEndedBefore(tx: Transaction, time: Date): Promise<void> {
  await tx.silence.deleteMany({ where: { endsAt: { lt: time } } });
}

/** Prisma's input types want JSON columns as input values; the rows' own types are the same values read, but for the database's NULL. */
function asInput<Row extends Partial<SilenceRow>>(row: Row): Row & Prisma.SilenceCreateInput {
  return { ...row, ...(row.schedule === null ? { schedule: Prisma.DbNull } : {}) } as unknown as Row & Prisma.SilenceCreateInput;
}
