import type { Database } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import type { InhibitionRule as InhibitionRuleRow, Prisma } from "../db/generated/client.ts";

export type { InhibitionRuleRow };

export interface InhibitionRuleStore {
  enabled(): Promise<InhibitionRuleRow[]>;
  find(id: string): Promise<InhibitionRuleRow | null>;
  /** @returns false when there are so many, and it is not added. @throws {ConflictError} when the name is taken */
  insert(row: InhibitionRuleRow, most: number): Promise<boolean>;
  /** @throws {ConflictError} when the name is taken */
  update(id: string, changes: Partial<InhibitionRuleRow>): Promise<InhibitionRuleRow>;
  delete(id: string): Promise<void>;
}

const taken = (name: string) => `There is already an inhibition rule named "${name}". Choose another name.`;

export function createInhibitionRuleStore(db: Database): InhibitionRuleStore {
  return {
    enabled: () => db.read.inhibitionRule.findMany({ where: { enabled: true }, orderBy: { id: "asc" } }),
    find: (id) => db.read.inhibitionRule.findUnique({ where: { id } }),
    insert: (row, most) =>
      whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          if ((await tx.inhibitionRule.count()) >= most) return false;
          await tx.inhibitionRule.create({ data: row as Prisma.InhibitionRuleCreateInput });
          return true;
        }),
      ),
    update: (id, changes) =>
      whenNameIsFree(taken(changes.name ?? ""), () => db.write((tx) => tx.inhibitionRule.update({ where: { id }, data: changes as Prisma.InhibitionRuleUpdateInput }))),
    async delete(id) {
      await db.write((tx) => tx.inhibitionRule.delete({ where: { id } }));
    },
  };
}
