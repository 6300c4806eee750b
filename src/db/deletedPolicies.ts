import type { Transaction } from "./database.ts";
import type { DeletedKind } from "./deletedRows.ts";
import { PASSING_OVER } from "./notDeleted.ts";
import { execute, isOneOf, query, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/** Deletes a policy as far as anybody can see. What it is and was at work on goes in steps; the escalator ends what falls due before. */
export async function deletePolicy(tx: Transaction, id: string, now: Date): Promise<void> {
  // Another may have the name.
  await execute(tx, sql`UPDATE "EscalationPolicy" SET "deletedAt" = ${now}, "name" = "id", "enabled" = false WHERE "id" = ${id}`);
  await execute(tx, sql`UPDATE "AlertRule" SET "escalationPolicyId" = NULL WHERE "escalationPolicyId" = ${id}`);
  await execute(tx, sql`DELETE FROM "EscalationStep" WHERE "policyId" = ${id}`);
}

export const POLICIES: DeletedKind = {
  table: "EscalationPolicy",
  steps: [deleteSome],
  remains: [{ table: "Escalation", column: "policyId" }],
};

/** An escalation goes once its notices have, of which one problem alone may have very many. */
async function deleteSome(tx: SqlClient, id: string, most: number): Promise<number> {
  const escalations = await idsOf(tx, sql`SELECT "id" FROM "Escalation" WHERE "policyId" = ${id} LIMIT ${most} ${PASSING_OVER}`);
  if (escalations.length === 0) return 0;
  const notices = await idsOf(tx, sql`SELECT "id" FROM "EscalationNotice" WHERE "escalationId" ${isOneOf(escalations)} LIMIT ${most}`);
  if (notices.length > 0) await execute(tx, sql`DELETE FROM "EscalationNotice" WHERE "id" ${isOneOf(notices)}`);
  if (notices.length === most) return most;
  return notices.length + (await execute(tx, sql`DELETE FROM "Escalation" WHERE "id" ${isOneOf(escalations)}`));
}

async function idsOf(tx: SqlClient, rows: ReturnType<typeof sql>): Promise<string[]> {
  return (await query<{ id: string }>(tx, rows)).map(({ id }) => id);
}
