import type { ownEvents } from "../access/principal.ts";
import type { Database, Transaction } from "../db/database.ts";
import { NOT_DELETED } from "../db/notDeleted.ts";
import { execute, sql } from "../db/sql.ts";
import { takeLocks } from "../db/transactionLocks.ts";
import type { Condition as ConditionRow } from "../db/generated/client.ts";
import { beginning, reminderAt } from "./escalation.model.ts";
import { updateEscalations } from "./escalation.store.ts";

export type { ConditionRow };

export interface Acknowledgement {
  at: Date;
  by: string;
  note: string | null;
  /** Whose token or channel that was: another owner is not told who. Null: the server's own. */
  customer: string | null;
}

/** The delivery that a link came with: whose channel it went to, and the problem that it told of. */
export interface LinkedDelivery {
  id: string;
  channelName: string;
  /** Whose channel it is. */
  customer: string | null;
  contactName: string | null;
  condition: ConditionRow;
  usedAt: Date | null;
}

export interface AcknowledgementStore {
  /** @param owner whose it must be */
  find(id: string, owner: ReturnType<typeof ownEvents>): Promise<ConditionRow | null>;
  /** Null when there is none, or it is about no problem. */
  findLinked(deliveryId: string): Promise<LinkedDelivery | null>;
  /** Changes an open condition, and what is to come of its escalations. @param acknowledgement null: nobody has taken it on @returns null when it is closed by now */
  set(condition: ConditionRow, acknowledgement: Acknowledgement | null, now: Date): Promise<ConditionRow | null>;
  /** The same by a link, which it uses up. @returns null when the link is used by now, or the condition closed */
  setByLink(linked: LinkedDelivery, acknowledgement: Acknowledgement): Promise<ConditionRow | null>;
}

export function createAcknowledgementStore(db: Database): AcknowledgementStore {
  /** Neither an event nor an escalation changes the condition meanwhile. */
  async function locked<Result>({ fingerprint }: ConditionRow, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return db.writeAlongside(async (tx) => {
      await takeLocks(tx, { shared: ["CONDITIONS"], items: () => [`fingerprint ${fingerprint}`] });
      return work(tx);
    });
  }

  return {
    find: (id, owner) => db.read.condition.findFirst({ where: { id, ...owner } }),

    async findLinked(deliveryId) {
      const row = await db.read.delivery.findUnique({ where: { id: deliveryId, channel: NOT_DELETED }, include: { condition: true, channel: { include: { contact: true } } } });
      if (!row?.condition) return null;
      const use = await db.read.acknowledgeLinkUse.findUnique({ where: { deliveryId } });
      return { id: row.id, channelName: row.channel.name, customer: row.channel.customer, contactName: row.channel.contact?.name ?? null, condition: row.condition, usedAt: use?.usedAt ?? null };
    },

    set: (condition, acknowledgement, now) => locked(condition, (tx) => change(tx, condition.id, acknowledgement, now)),

    setByLink: ({ id, condition }, acknowledgement) =>
      locked(condition, async (tx) => {
        const isOpen = (await tx.condition.count({ where: { id: condition.id, status: "OPEN" } })) > 0;
        if (!isOpen) return null;
        const used = await execute(tx, sql`INSERT INTO "AcknowledgeLinkUse" ("deliveryId", "conditionId", "usedAt") VALUES (${id}, ${condition.id}, ${acknowledgement.at}) ON CONFLICT ("deliveryId") DO NOTHING`);
        return used === 0 ? null : change(tx, condition.id, acknowledgement, acknowledgement.at);
      }),
  };
}

async function change(tx: Transaction, id: string, acknowledgement: Acknowledgement | null, now: Date): Promise<ConditionRow | null> {
  const { count } = await tx.condition.updateMany({
    where: { id, status: "OPEN" },
    data: { acknowledgedAt: acknowledgement?.at ?? null, acknowledgedBy: acknowledgement?.by ?? null, acknowledgementNote: acknowledgement?.note ?? null, acknowledgedFor: acknowledgement?.customer ?? null },
  });
  if (count === 0) return null;
  const escalations = await tx.escalation.findMany({ where: { conditionId: id, policy: NOT_DELETED }, include: { policy: { include: { steps: { orderBy: { position: "asc" } } } } } });
  await updateEscalations(tx, escalations.map(({ policy, ...escalation }) => ({ ...escalation, ...(acknowledgement ? { nextAt: reminderAt(policy, acknowledgement.at) } : beginning(policy, now)) })));
  return tx.condition.findUnique({ where: { id } });
}

/** Links that are older work no more, used or not. */
export async function deleteLinkUsesBefore(tx: Transaction, time: Date): Promise<void> {
  await tx.acknowledgeLinkUse.deleteMany({ where: { usedAt: { lt: time } } });
}
