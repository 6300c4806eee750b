import { readFileSync, readdirSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { createBatch } from "../../src/db/batch.ts";
import { openDatabase } from "../../src/db/database.ts";
import { lockDatabase } from "../../src/db/lock.ts";
import { migrate } from "../../src/db/migrate.ts";
import { query, sql } from "../../src/db/sql.ts";
import { saveConditions } from "../../src/conditions/condition.store.ts";
import type { OpenCondition } from "../../src/decide/state.ts";
import { insertEvents } from "../../src/events/event.store.ts";
import { NOW, addChannel, freshFile, ids, openStore, someEvent } from "./openStore.ts";

describe("migrations", () => {
  it("are applied once, however often it starts, and recorded as Prisma does", async () => {
    const file = freshFile();
    await migrate(file, () => NOW);
    const read = () => {
      const db = new Sqlite(file, { readonly: true });
      const rows = [db.prepare(`SELECT * FROM "_prisma_migrations"`).all(), db.prepare(`SELECT "name", "sql" FROM "sqlite_master" ORDER BY "name"`).all()];
      db.close();
      return rows;
    };
    const before = read();
    expect(before[0]?.[0]).toMatchObject({ migration_name: expect.stringMatching(/^\d+_/) as string, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string, applied_steps_count: 1, rolled_back_at: null });
    await migrate(file, () => new Date());
    await migrate(file, () => new Date());
    expect(read()).toEqual(before);
  });

  it("leave what is stored as it is", async () => {
    const file = freshFile();
    const event = someEvent();
    const first = await openDatabase(file, () => NOW);
    await first.write((tx) => insertEvents(tx, [event]));
    await first.close();
    const second = await openStore(file);
    expect(await second.read.event.findMany()).toEqual([event]);
  });
});

describe("an upgrade", () => {
  const folder = new URL("../../prisma/migrations/sqlite/", import.meta.url);
  const [foundation = "", ...later] = readdirSync(folder).filter((name) => /^\d/.test(name)).sort();

  it("keeps what the first version stored", async () => {
    const file = freshFile();
    const first = await openDatabase(file, () => NOW);
    await first.close();
    const old = new Sqlite(file);
    old.pragma("foreign_keys = OFF");
    for (const { name, type } of old.prepare(`SELECT "name", "type" FROM "sqlite_master" WHERE "name" NOT LIKE 'sqlite_%' AND "name" <> '_prisma_migrations' AND "type" = 'table'`).all() as { name: string; type: string }[]) old.exec(`DROP ${type} "${name}"`);
    old.exec(readFileSync(new URL(`${foundation}/migration.sql`, folder), "utf8"));
    for (const name of later) old.prepare(`DELETE FROM "_prisma_migrations" WHERE "migration_name" = ?`).run(name);
    old.exec(`INSERT INTO "Channel" ("id", "name", "kind", "enabled", "config", "secretsSet", "rich", "minimumSeverity", "customers", "services", "sources", "createdAt", "updatedAt") VALUES ('c', 'Old', 'LOG', 1, '{}', '[]', 1, 'INFO', '[]', '[]', '[]', 1, 1);
      INSERT INTO "ChannelOverride" ("id", "channelId", "eventType", "enabled") VALUES ('o', 'c', 'deploy.success', 0)`);
    old.close();

    const db = await openStore(file);
    expect(await db.read.channel.findMany({ include: { overrides: true } })).toMatchObject([{ name: "Old", accountId: null, pace: null, overrides: [{ eventType: "deploy.success" }] }]);
  });
});

describe("the lock", () => {
  it("keeps a second one off until it is given back", async () => {
    const file = freshFile();
    const unlock = await lockDatabase(file);
    await expect(lockDatabase(file)).rejects.toThrow(/in use by another Carillon process/);
    await expect(openDatabase(file, () => NOW)).rejects.toThrow(/in use by another Carillon process/);
    await unlock();
    await (await lockDatabase(file))();
  });

  it("of one file is not that of another", async () => {
    const unlock = await lockDatabase(freshFile());
    await (await lockDatabase(freshFile()))();
    await unlock();
  });

  it("is given back when opening fails after it", async () => {
    const file = freshFile();
    new Sqlite(file).exec("CREATE TABLE x (a)").close();
    await expect(openDatabase(file, () => NOW)).rejects.toThrow(/another program/);
    await (await lockDatabase(file))();
  });
});

describe("the database", () => {
  it("has one open condition for a fingerprint at most, and any number of closed ones", async () => {
    const db = await openStore();
    const condition = (): OpenCondition => ({
      id: ids.next(), fingerprint: "f", type: "t", category: "c", severity: "INFO", title: "t", source: null, service: null, customer: null, openedAt: NOW, lastSeenAt: NOW, count: 1, lastNotifiedAt: null, step: null, told: [], held: {}, closedAt: null, kept: [], recheckAt: null, inhibitedBy: null, covers: 0, openings: [], flapping: null, acknowledgedAt: null, acknowledgedBy: null, acknowledgementNote: null, acknowledgedFor: null,
    });
    await db.write((tx) => saveConditions(tx, [{ ...condition(), closedAt: NOW }, { ...condition(), closedAt: NOW }, { ...condition(), closedAt: null }]));
    await expect(db.write((tx) => saveConditions(tx, [{ ...condition(), closedAt: null }]))).rejects.toThrow(/unique/i);
    await db.write((tx) => saveConditions(tx, [{ ...condition(), fingerprint: "g", closedAt: null }, { ...condition(), closedAt: NOW }]));
    expect(await db.read.condition.count()).toBe(5);
  });

  it("writes one at a time, in the order of the calls, each whole or not at all", async () => {
    const db = await openStore();
    const order: number[] = [];
    const writes = Array.from({ length: 20 }, (_, at) =>
      db.write(async (tx) => {
        await insertEvents(tx, [someEvent({ title: `${at}` })]);
        order.push(at);
        if (at % 3 === 0) throw new Error(`no ${at}`);
        return at;
      }),
    );
    const results = await Promise.allSettled(writes);
    expect(order).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(results.map(({ status }) => status)).toEqual(order.map((at) => (at % 3 === 0 ? "rejected" : "fulfilled")));
    const titles = (await db.read.event.findMany({ orderBy: { id: "asc" } })).map(({ title }) => Number(title));
    expect(titles).toEqual(order.filter((at) => at % 3 !== 0));
  });

  it("stores what comes at once whole or not at all, whichever way it is written, and none of it after the end", async () => {
    const file = freshFile();
    const db = await openStore(file);
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, at) =>
        (at % 5 === 0 ? db.write : db.writeStatements)(async (tx) => {
          await insertEvents(tx, [someEvent({ title: `${at}` }), someEvent({ title: `${at}` })]);
          if (at % 3 === 0) throw new Error(`no ${at}`);
          return at;
        }),
      ),
    );
    const stored = Array.from({ length: 40 }, (_, at) => at).filter((at) => at % 3 !== 0);
    expect(results.flatMap((result) => (result.status === "fulfilled" ? result.value : []))).toEqual(stored);
    expect((await db.read.event.findMany()).map(({ title }) => Number(title)).sort((a, b) => a - b)).toEqual(stored.flatMap((at) => [at, at]));
    const [last, , late] = await Promise.allSettled([db.writeStatements((tx) => insertEvents(tx, [someEvent()])), db.close(), db.writeStatements((tx) => insertEvents(tx, [someEvent()]))]);
    expect([last.status, late.status]).toEqual(["fulfilled", "rejected"]);
    const other = new Sqlite(file, { readonly: true });
    expect(other.prepare(`SELECT COUNT(*) AS "count" FROM "Event"`).get()).toEqual({ count: stored.length * 2 + 1 });
    other.close();
  });

  it("reads what is committed while a write is under way, and refuses to write on the reading side", async () => {
    const db = await openStore();
    await db.write((tx) => insertEvents(tx, [someEvent()]));
    await db.write(async (tx) => {
      await insertEvents(tx, [someEvent()]);
      expect(await db.read.event.count()).toBe(1);
      expect(await tx.event.count()).toBe(2);
    });
    expect(await db.read.event.count()).toBe(2);
    await expect(db.read.event.deleteMany()).rejects.toThrow(/readonly/i);
  });

  it("reads several at once, and what was committed a moment ago whatever is being read", async () => {
    const db = await openStore();
    const [first, second] = [someEvent(), someEvent()];
    const all = () => query<{ id: string }>(db.read, sql`SELECT "id" FROM "Event" ORDER BY "id"`);
    await db.write((tx) => insertEvents(tx, [first]));
    // Prisma asks for these in one transaction of its own.
    expect(await Promise.all([first, second].flatMap(({ id }) => [db.read.event.findFirst({ where: { id } }), db.read.event.findUnique({ where: { id } }), db.read.event.findUnique({ where: { id, customer: null } })]))).toMatchObject([first, first, first, null, null, null].map((event) => event && { id: event.id }));
    await db.read.$transaction(async (tx) => {
      expect(await tx.event.count()).toBe(1);
      await db.writeStatements((writing) => insertEvents(writing, [second]));
      expect(await all()).toEqual([{ id: first.id }, { id: second.id }]);
      expect(await db.writeStatements((writing) => query(writing, sql`SELECT "id" FROM "Event" ORDER BY "id"`))).toEqual([{ id: first.id }, { id: second.id }]);
    });
  });

  it("refuses a write on the reading side too for which Prisma begins a transaction by itself", async () => {
    const db = await openStore();
    const channelId = await addChannel(db);
    const withOverride = { overrides: { create: { id: "o", eventType: "custom", enabled: false } } };
    await expect(db.read.channel.update({ where: { id: channelId }, data: withOverride })).rejects.toThrow(/readonly|read-only/i);
    await expect(db.read.$transaction([db.read.channel.deleteMany()])).rejects.toThrow(/readonly|read-only/i);
    expect(await db.read.channel.findMany({ include: { overrides: true } })).toMatchObject([{ id: channelId, overrides: [] }]);
    await db.write((tx) => tx.channel.update({ where: { id: channelId }, data: withOverride }));
    expect(await db.read.channelOverride.count()).toBe(1);
  });

  it("is durable with every commit, and holds to its references", async () => {
    const file = freshFile();
    const db = await openStore(file);
    const pragma = (name: string) => db.write(async (tx) => Object.values((await tx.$queryRawUnsafe<object[]>(`PRAGMA ${name}`))[0] ?? {})[0]);
    expect(String(await pragma("journal_mode"))).toBe("wal");
    expect(Number(await pragma("synchronous"))).toBe(2);
    expect(Number(await pragma("foreign_keys"))).toBe(1);
    await db.write((tx) => insertEvents(tx, [someEvent()]));
    // What another process sees now is what a power cut would leave.
    const other = new Sqlite(file, { readonly: true });
    expect(other.prepare(`SELECT COUNT(*) AS "count" FROM "Event"`).get()).toEqual({ count: 1 });
    other.close();
  });
});

describe("a batch", () => {
  it("carries what came in the same turn together, in order, and answers each at its place", async () => {
    const batches: number[][] = [];
    const batch = createBatch(async (items: number[]) => {
      batches.push(items);
      return items.map((item) => item * 10);
    }, 100);
    expect(await Promise.all([1, 2, 3].map((item) => batch.add(item)))).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it("gathers what comes while the last is under way, up to the limit", async () => {
    const batches: number[][] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const batch = createBatch(async (items: number[]) => {
      batches.push(items);
      await gate;
      return items;
    }, 4);
    const first = batch.add(0);
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const rest = Array.from({ length: 10 }, (_, at) => batch.add(at + 1));
    expect(batch.size).toBe(10);
    open();
    expect(await Promise.all([first, ...rest])).toEqual(Array.from({ length: 11 }, (_, at) => at));
    expect(batches.map(({ length }) => length)).toEqual([1, 4, 4, 2]);
  });

  it("that fails fails its own items, and the next goes on", async () => {
    let count = 0;
    const batch = createBatch(async (items: string[]) => {
      count += 1;
      if (items.includes("bad")) throw new Error("no");
      return items;
    }, 2);
    const results = await Promise.allSettled(["a", "bad", "c", "d", "e"].map((item) => batch.add(item)));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
    expect(count).toBe(3);
    expect(await batch.add("f")).toBe("f");
  });

  it("is idle when nothing waits and nothing is under way", async () => {
    let done = 0;
    const batch = createBatch(async (items: number[]) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done += items.length;
      return items;
    }, 1);
    await batch.idle();
    const added = [batch.add(1), batch.add(2)];
    // What comes while it is waited for is waited for too.
    setTimeout(() => void batch.add(3), 7);
    await batch.idle();
    expect(done).toBe(3);
    await Promise.all(added);
  });
});
