import { expect, it, onTestFinished } from "vitest";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import { openDatabase } from "../../src/db/database.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { createEscalator } from "../../src/dispatch/escalator.ts";
import { startEscalations } from "../../src/escalations/escalation.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { createLog } from "../../src/log.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import { ids, NOW, someEvent } from "../store/openStore.ts";
import { freshPostgresqlUrl, run } from "./freshDatabase.ts";

const MINUTE = 60_000;

it("two servers on one database share an escalation: each step is taken once, whoever takes it", { timeout: 120_000 }, async () => {
  const DATABASE_URL = await freshPostgresqlUrl();
  const env = { SECRET_KEY: "ab".repeat(32), ADMIN_TOKEN: "a-token-for-all-of-these-servers", DATABASE_URL, PUBLIC_URL: "http://alerts.example.com" };
  // One clock for both: what is due is due for both at the same moment.
  const clock = createManualClock();
  const servers = await Promise.all([1, 2].map(() => startTestServer({ env, clock })));
  for (const server of servers) onTestFinished(() => server[Symbol.asyncDispose]());
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const receiver = await startFakeHttp();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const got = () => receiver.requests.map(({ body }) => JSON.parse(body.toString()) as { title: string; acknowledgeUrl: string });
  const channelId = await first.api.createChannel("Hook", { webhook: { url: receiver.url } }, { onlyByRules: true });
  const { createEscalationPolicy } = await first.api.run<any>(`mutation ($input: CreateEscalationPolicyInput!) { createEscalationPolicy(input: $input) { ... on CreateEscalationPolicyPayload { escalationPolicy { id } } } }`, {
    input: { name: "On call", steps: [{ delay: "PT1M", channelIds: [channelId] }] },
  });
  await first.api.run(`mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { __typename } }`, { input: { name: "All", matchers: [], escalationPolicyId: createEscalationPolicy.escalationPolicy.id } });
  // The rule is known to the other server once an event there starts the policy.
  let services = 0;
  await eventually(async () => {
    await second.api.emit({ type: "service.health.down", service: `s${(services += 1)}` });
    return (await run(DATABASE_URL, `SELECT COUNT(*)::int AS "count" FROM "Escalation"`)).some((row: any) => row.count === 1);
  });
  for (let round = 1; round <= 5; round += 1) {
    await Promise.all(servers.map(({ idle }) => idle()));
    clock.advance(MINUTE);
    await eventually(() => got().length >= round);
  }
  await Promise.all(servers.map(({ idle }) => idle()));
  expect(got()).toHaveLength(5);
  expect(await run(DATABASE_URL, `SELECT "round", COUNT(*)::int AS "count" FROM "EscalationNotice" GROUP BY 1 ORDER BY 1`)).toEqual([0, 1, 2, 3, 4].map((round) => ({ round, count: 1 })));
  // A link that one made is good at the other, and once in all: pressed at both at the same time.
  const path = new URL(got()[0]?.acknowledgeUrl ?? "").pathname;
  const statuses = await Promise.all([first, second, first, second].map(async ({ url }) => (await fetch(url + path, { method: "POST" })).status));
  expect(statuses.sort()).toEqual([200, 410, 410, 410]);
  clock.advance(10 * MINUTE);
  await Promise.all(servers.map(({ idle }) => idle()));
  expect(got()).toHaveLength(5);
});

it.each([true, false])("a policy that this server has not read yet is not ended for that, only when it is switched off: enabled %s", async (enabled) => {
  const db = await openDatabase(await freshPostgresqlUrl(), () => NOW);
  onTestFinished(() => db.close());
  const event = someEvent();
  const condition = { ...someCondition, id: event.id, openedAt: NOW, lastSeenAt: NOW };
  const policyId = ids.next();
  await db.write((tx) => tx.escalationPolicy.create({ data: { id: policyId, name: "New", customer: null, enabled, rounds: null, reminderSeconds: null, createdAt: NOW, updatedAt: NOW } }));
  await db.writeAlongside(async (tx) => {
    await saveConditions(tx, [condition]);
    await insertEvents(tx, [{ ...event, conditionId: condition.id }]);
    await startEscalations(tx, [{ id: ids.next(), conditionId: condition.id, policyId, startedAt: NOW, step: 0, round: 0, nextAt: NOW }]);
  });
  const snapshot = { current: { escalationPolicies: new Map() } };
  const escalator = createEscalator({ db, snapshot: snapshot as never, clock: createManualClock(NOW), ids, log: createLog("silent"), dispatch: () => undefined, held: () => undefined });
  onTestFinished(() => escalator.close());
  await escalator.start();
  const [after] = await db.read.escalation.findMany();
  expect(after?.nextAt !== null).toBe(enabled);
  expect(after?.nextAt).not.toEqual(NOW);
});

const someCondition: OpenCondition = {
  id: "", fingerprint: "f", type: "t", category: "c", severity: "WARNING", title: "t", source: null, service: null, customer: null, openedAt: NOW, closedAt: null, lastSeenAt: NOW, count: 1, lastNotifiedAt: NOW, step: null, told: [], held: {},
  kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
};
