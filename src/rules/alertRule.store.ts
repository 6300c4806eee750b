import type { Database, Transaction } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import { findDeletionImpact } from "../db/deletionImpact.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import type { AlertRule as AlertRuleRow, AlertRuleTarget, Prisma } from "../db/generated/client.ts";
import { refuseUnknownTargets } from "../db/knownTargets.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { ValidationError } from "../errors.ts";

export type { AlertRuleRow, AlertRuleTarget };
export type RuleWithTargets = AlertRuleRow & { targets: AlertRuleTarget[] };

export interface AlertRuleStore {
  /** Those that are switched on, in the order in which they are asked. */
  enabled(): Promise<RuleWithTargets[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<RuleWithTargets | null>;
  /**
   * @param position gives its place from that of the owner's last rule
   * @returns null when there are so many, and it is not added
   * @throws {ConflictError} when the name is taken @throws {ValidationError} when a target or the policy is not there
   */
  insert(row: Omit<AlertRuleRow, "position">, position: (last: number | null) => number, targets: readonly AlertRuleTarget[], most: number): Promise<AlertRuleRow | null>;
  /**
   * @param targets its new ones; null leaves them as they are
   * @throws {ConflictError} when the name is taken @throws {ValidationError} when a target or the policy is not there
   */
  update(id: string, changes: Partial<AlertRuleRow>, targets: readonly AlertRuleTarget[] | null): Promise<AlertRuleRow>;
  /** @param owner whose settings are named */
  deletionImpact(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
  /** @returns what it was taken from */
  delete(id: string, owner: { customer?: string }): Promise<DeletionImpact>;
}

const taken = (name: string) => `There is already an alert rule named "${name}". Choose another name.`;
const WITH_TARGETS = { include: { targets: { orderBy: { id: "asc" } } } } as const;

export function createAlertRuleStore(db: Database): AlertRuleStore {
  return {
    enabled: () => db.read.alertRule.findMany({ where: { enabled: true }, ...WITH_TARGETS, orderBy: [{ position: "asc" }, { id: "asc" }] }),
    find: (id, owner) => db.read.alertRule.findFirst({ where: { id, ...owner }, ...WITH_TARGETS }),
    insert: (row, position, targets, most) =>
      whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          if ((await tx.alertRule.count({ where: { customer: row.customer } })) >= most) return null;
          const last = await tx.alertRule.aggregate({ where: { customer: row.customer }, _max: { position: true } });
          await refuseUnknownPolicy(tx, row.customer, row.escalationPolicyId);
          const inserted = await tx.alertRule.create({ data: { ...row, position: position(last._max.position) } as Prisma.AlertRuleUncheckedCreateInput });
          await replaceTargets(tx, inserted, targets);
          return inserted;
        }),
      ),
    update: (id, changes, targets) =>
      whenNameIsFree(taken(changes.name ?? ""), () =>
        db.write(async (tx) => {
          const row = await tx.alertRule.findUniqueOrThrow({ where: { id } });
          await refuseUnknownPolicy(tx, row.customer, changes.escalationPolicyId ?? null);
          if (targets) await replaceTargets(tx, row, targets);
          return tx.alertRule.update({ where: { id }, data: changes as Prisma.AlertRuleUncheckedUpdateInput });
        }),
      ),
    deletionImpact: (id, owner) => findDeletionImpact(db.read, { ruleId: id }, owner),
    delete: (id, owner) =>
      db.write(async (tx) => {
        const impact = await findDeletionImpact(tx, { ruleId: id }, owner);
        await tx.alertRule.delete({ where: { id } });
        return impact;
      }),
  };
}

/** @throws {ValidationError} when a target is not there */
async function replaceTargets(tx: Transaction, { id, customer }: AlertRuleRow, targets: readonly AlertRuleTarget[]): Promise<void> {
  await refuseUnknownTargets(tx, customer, {
    contactIds: targets.flatMap(({ contactId }) => contactId ?? []),
    groupIds: targets.flatMap(({ groupId }) => groupId ?? []),
    channelIds: targets.flatMap(({ channelId }) => channelId ?? []),
  });
  await tx.alertRuleTarget.deleteMany({ where: { ruleId: id } });
  if (targets.length > 0) await tx.alertRuleTarget.createMany({ data: [...targets] });
}

async function refuseUnknownPolicy(tx: Transaction, customer: string | null, id: string | null): Promise<void> {
  if (id === null) return;
  const found = await tx.escalationPolicy.findFirst({ where: { id, ...(customer === null ? {} : { customer }), ...NOT_DELETED }, select: { id: true } });
  if (!found) throw ValidationError.of("escalationPolicyId", "must be the id of an escalation policy", "not_found");
}
