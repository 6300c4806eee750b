import { describe, expect, it } from "vitest";
import { findConditions, findDueConditions, recheckWaiting, releaseInhibited, saveConditions } from "../../src/conditions/condition.store.ts";
import type { Database } from "../../src/db/database.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { findTellingEvents, insertEvents } from "../../src/events/event.store.ts";
import { createRechecker } from "../../src/intake/rechecker.ts";
import { createLog } from "../../src/log.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { makeSettings } from "../unit/build.ts";
import { ids, NOW, openStore, someEvent } from "./openStore.ts";

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

function someCondition(changes: Partial<OpenCondition> = {}): OpenCondition {
  const id = ids.next();
  return {
    id, fingerprint: id, type: "t", category: "c", severity: "WARNING", title: "t", source: null, service: null, customer: null, openedAt: NOW, closedAt: null, lastSeenAt: NOW,
    count: 1, lastNotifiedAt: null, step: null, told: [], held: {}, kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
    ...changes,
  };
}

describe("what is decided about again", () => {
  it("is told by the newest of its worst events while it is open, and by its newest when it is over", async () => {
    const db = await openStore();
    const open = someCondition({ severity: "CRITICAL" });
    const over = someCondition({ severity: "CRITICAL", closedAt: NOW });
    const about = (conditionId: string, severity: "WARNING" | "CRITICAL", reason: "FIRST" | "RECOVERY" = "FIRST") =>
      someEvent({ conditionId, severity, decision: { verdict: { action: "SEND", because: "MATCHED", until: null }, channels: [], reason } });
    const events = [open, over].map(({ id }) => [about(id, "CRITICAL"), about(id, "CRITICAL"), about(id, "WARNING"), about(id, "CRITICAL", "RECOVERY")]);
    const found = await db.write(async (tx) => {
      await saveConditions(tx, [open, over]);
      await insertEvents(tx, events.flat());
      return findTellingEvents(tx, [open.id, over.id]);
    });
    expect(found.map(({ id }) => id).sort()).toEqual([events[0]?.[1]?.id, events[1]?.[3]?.id].sort());
  });

  it("is found when it is due, the longest due first, and not again when it is let go", async () => {
    const db = await openStore();
    const [second, first, third] = [20, 10, 30].map((seconds) => someCondition({ recheckAt: later(seconds) })) as [OpenCondition, OpenCondition, OpenCondition];
    await db.write(async (tx) => {
      await saveConditions(tx, [second, first, third, someCondition()]);
      const due = async (seconds: number) => (await findDueConditions(tx, later(seconds), 10)).map(({ id }) => id);
      expect(await due(9)).toEqual([]);
      expect(await due(20)).toEqual([first.id, second.id]);
      await saveConditions(tx, [{ ...first, recheckAt: null }]);
      expect(await due(20)).toEqual([second.id]);
    });
  });

  it("is everything that waits when settings have changed, but nothing that is over", async () => {
    const db = await openStore();
    const waiting = [someCondition({ recheckAt: later(100) }), someCondition({ inhibitedBy: "other" })];
    await db.write(async (tx) => {
      await saveConditions(tx, [...waiting, someCondition(), someCondition({ closedAt: NOW, recheckAt: later(100) })]);
      await recheckWaiting(tx, NOW);
      expect((await findDueConditions(tx, NOW, 10)).map(({ id }) => id).sort()).toEqual(waiting.map(({ id }) => id).sort());
    });
  });

  it("comes a while after the end of what inhibited it, or when something else is due before", async () => {
    const db = await openStore();
    const inhibited = [null, later(10), later(100)].map((recheckAt) => someCondition({ inhibitedBy: "host", recheckAt }));
    await db.write(async (tx) => {
      await saveConditions(tx, [...inhibited, someCondition({ inhibitedBy: "another" })]);
      await releaseInhibited(tx, ["host"], later(60));
    });
    const rows = await db.read.condition.findMany({ where: { inhibitedBy: null }, orderBy: { id: "asc" } });
    expect(rows.map(({ recheckAt }) => recheckAt)).toEqual([later(60), later(10), later(60)]);
  });
});

it("a change of settings is not forgotten when the first transaction that looks at it is taken back", async () => {
  const db = await openStore();
  const waiting = someCondition({ recheckAt: later(1000) });
  await db.write((tx) => saveConditions(tx, [waiting]));
  /** As when another's work in the same transaction fails. */
  const writeStatements: Database["writeStatements"] = async (work) => {
    await expect(db.writeStatements(async (tx) => (await work(tx), Promise.reject(new Error("not this one"))))).rejects.toThrow("not this one");
    return db.writeStatements(work);
  };
  const reloaded: (() => void)[] = [];
  const snapshot = { current: { settings: makeSettings() }, onReload: (listener: () => void) => void reloaded.push(listener) };
  const nobody = () => undefined;
  const rechecker = createRechecker({ db: { ...db, writeStatements }, snapshot: snapshot as never, clock: createManualClock(NOW), ids, log: createLog("silent"), dispatch: nobody, held: nobody, escalate: nobody });
  for (const reload of reloaded) reload();
  await rechecker.start();
  await rechecker.close();
  // Of a type that has gone, it waits for nothing more.
  expect(await db.read.condition.findMany({ select: { recheckAt: true } })).toEqual([{ recheckAt: null }]);
});

it("a closed condition is found as long as its flapping matters", async () => {
  const db = await openStore();
  const closed = someCondition({ closedAt: NOW });
  const flapping = someCondition({ closedAt: NOW, flapping: { since: NOW, until: later(600), severity: "WARNING" } });
  await db.write(async (tx) => {
    await saveConditions(tx, [closed, flapping]);
    const found = async (since: Date) => (await findConditions(tx, [closed.fingerprint, flapping.fingerprint], since)).map(({ id }) => id);
    expect(await found(later(-1))).toEqual([closed.id, flapping.id]);
    expect(await found(NOW)).toEqual([flapping.id]);
  });
});
