import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { POLICIES } from "../../src/db/deletedPolicies.ts";
import { deleteRemains, findDeletedRows } from "../../src/db/deletedRows.ts";
import type { Pace } from "../../src/db/pace.ts";
import { insertNotices, startEscalations } from "../../src/escalations/escalation.store.ts";
import { createEscalationPolicyStore } from "../../src/escalations/escalationPolicy.store.ts";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import { addPolicy, ids, NOW, openStore, someCondition } from "./openStore.ts";

const MOST = 100;

/** Notes how many rows each step has changed. */
function paceNoting(steps: number[], most = Infinity): Pace {
  return {
    rows: MOST,
    read: (work) => work(),
    async write(db, work) {
      if (steps.length === most) throw new Error("stopped");
      const result = await db.writeStatements(work);
      steps.push(Number(result));
      return result;
    },
  };
}

/** It is at work on some problems; of one it has told very often. */
async function escalate(db: Database, policyId: string, problems: number, notices: number): Promise<void> {
  for (let at = 0; at < problems; at += 1) {
    const id = ids.next();
    const condition = someCondition(ids.next());
    await db.write(async (tx) => {
      await saveConditions(tx, [condition]);
      await startEscalations(tx, [{ id, conditionId: condition.id, policyId, startedAt: NOW, step: 0, round: 0, nextAt: at === 0 ? null : NOW }]);
      const notice = { escalationId: id, at: NOW, step: 0, round: 0, reminder: false, channelId: "c", channelName: "c", contactName: null, deliveryId: null };
      await insertNotices(tx, Array.from({ length: at === 0 ? notices : 1 }, () => ({ ...notice, id: ids.next() })));
    });
  }
}

const left = async (db: Database, policyId: string) => [
  await db.read.escalation.count({ where: { policyId } }), await db.read.escalationNotice.count({ where: { escalation: { policyId } } }), await db.read.escalationPolicy.count({ where: { id: policyId } }),
];

async function setUp() {
  const db = await openStore();
  const [doomed, staying] = [await addPolicy(db, "doomed"), await addPolicy(db, "staying")];
  await escalate(db, doomed, 4, 350);
  await escalate(db, staying, 1, 2);
  return { db, doomed, staying, store: createEscalationPolicyStore(db) };
}

describe("an escalation policy that is deleted", () => {
  it("is gone for all who look, before its rows are", async () => {
    const { db, doomed, staying, store } = await setUp();
    expect(await store.delete(doomed, NOW)).toBe(3);
    expect(await left(db, doomed)).toEqual([4, 353, 1]);
    expect(await store.find(doomed, {})).toBeNull();
    expect((await store.enabled()).map(({ id }) => id)).toEqual([staying]);
    // Its name is free, it counts no more, and goes to work no more.
    await addPolicy(db, "doomed");
    await escalate(db, doomed, 1, 0);
    expect(await left(db, doomed)).toEqual([4, 353, 1]);
  });

  it("loses what it was at work on in short steps, however often one problem was told of, and then its row", async () => {
    const { db, doomed, staying, store } = await setUp();
    await store.delete(doomed, NOW);
    const steps: number[] = [];
    const [deleted, ...others] = await findDeletedRows(db);
    expect([deleted, others]).toEqual([{ kind: POLICIES, id: doomed }, []]);
    await expect(deleteRemains(db, { kind: POLICIES, id: doomed }, paceNoting(steps, 2))).rejects.toThrow("stopped");
    expect((await left(db, doomed))[2]).toBe(1);
    await deleteRemains(db, { kind: POLICIES, id: doomed }, paceNoting(steps));
    expect(Math.max(...steps)).toBeLessThanOrEqual(2 * MOST);
    expect(steps.reduce((sum, count) => sum + count, 0)).toBe(357);
    expect(await left(db, doomed)).toEqual([0, 0, 0]);
    expect(await left(db, staying)).toEqual([1, 2, 1]);
    expect(await findDeletedRows(db)).toEqual([]);
  });
});

it("every table that refers to policies is one whose rows go with them", () => {
  const models = readFileSync(new URL("../../prisma/schema.prisma", import.meta.url), "utf8").split(/^model /m).slice(1);
  const below = models.filter((model) => /^ +\w+ +EscalationPolicy\?? +@relation\(/m.test(model)).map((model) => model.slice(0, model.indexOf(" ")));
  // The first loses its name of it, the second goes at once.
  expect(below).toEqual(["AlertRule", "EscalationStep", ...POLICIES.remains.map(({ table }) => table)]);
});
