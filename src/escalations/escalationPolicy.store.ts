import type { Database, Transaction } from "../db/database.ts";
import { whenNameIsFree } from "../db/databaseErrors.ts";
import { MOST_COUNTED } from "../db/deletionImpact.ts";
import { deletePolicy } from "../db/deletedPolicies.ts";
import { refuseUnknownTargets } from "../db/knownTargets.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import type { EscalationPolicy as PolicyRow, EscalationStep as StepRow, EscalationTarget as TargetRow } from "../db/generated/client.ts";

export type { PolicyRow, StepRow, TargetRow };
export type PolicyWithSteps = PolicyRow & { steps: (StepRow & { targets: TargetRow[] })[] };
export type NewStep = StepRow & { targets: TargetRow[] };

export interface EscalationPolicyStore {
  /** Those that are switched on, with steps and targets in order. */
  enabled(): Promise<PolicyWithSteps[]>;
  /** @param owner of whom it must be */
  find(id: string, owner: { customer?: string }): Promise<PolicyWithSteps | null>;
  /** @returns false when its owner has so many, and it is not added. @throws {ConflictError} when the name is taken @throws {ValidationError} when a target is not there for the owner */
  insert(row: PolicyRow, steps: NewStep[], most: number): Promise<boolean>;
  /** @param steps in place of those it has; null leaves them. @throws as `insert` */
  update(id: string, customer: string | null, changes: Partial<PolicyRow>, steps: NewStep[] | null): Promise<PolicyRow>;
  /** Takes its steps and what it is at work on along. @returns on how many problems it was at work, counted up to `MOST_COUNTED` */
  delete(id: string, now: Date): Promise<number>;
}

const taken = (name: string) => `There is already an escalation policy named "${name}". Choose another name.`;
const withSteps = { steps: { orderBy: { position: "asc" }, include: { targets: { orderBy: { id: "asc" } } } } } as const;

export function createEscalationPolicyStore(db: Database): EscalationPolicyStore {
  return {
    enabled: () => db.read.escalationPolicy.findMany({ where: { enabled: true }, include: withSteps, orderBy: { id: "asc" } }),
    find: (id, owner) => db.read.escalationPolicy.findFirst({ where: { id, ...owner, ...NOT_DELETED }, include: withSteps }),
    insert: (row, steps, most) =>
      whenNameIsFree(taken(row.name), () =>
        db.write(async (tx) => {
          if ((await tx.escalationPolicy.count({ where: { customer: row.customer, ...NOT_DELETED } })) >= most) return false;
          await tx.escalationPolicy.create({ data: row });
          await insertSteps(tx, row.customer, steps);
          return true;
        }),
      ),
    update: (id, customer, changes, steps) =>
      whenNameIsFree(taken(changes.name ?? ""), () =>
        db.write(async (tx) => {
          if (steps) {
            await tx.escalationStep.deleteMany({ where: { policyId: id } });
            await insertSteps(tx, customer, steps);
          }
          return tx.escalationPolicy.update({ where: { id, ...NOT_DELETED }, data: changes });
        }),
      ),
    delete: (id, now) =>
      db.write(async (tx) => {
        const atWork = await tx.escalation.findMany({ where: { policyId: id, nextAt: { not: null } }, select: { id: true }, take: MOST_COUNTED });
        await deletePolicy(tx, id, now);
        return atWork.length;
      }),
  };
}

async function insertSteps(tx: Transaction, customer: string | null, steps: NewStep[]): Promise<void> {
  for (const { position, targets } of steps) {
    const ids = (name: "contactId" | "groupId" | "channelId") => targets.flatMap((target) => (target[name] === null ? [] : [target[name]]));
    await refuseUnknownTargets(tx, customer, { contactIds: ids("contactId"), groupIds: ids("groupId"), channelIds: ids("channelId") }, `steps.${position}.`);
  }
  await tx.escalationStep.createMany({ data: steps.map(({ targets: _, ...step }) => step) });
  await tx.escalationTarget.createMany({ data: steps.flatMap(({ targets }) => targets) });
}
