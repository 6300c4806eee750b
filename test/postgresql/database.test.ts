import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import type { Database } from "../../src/db/database.ts";
import { query, sql } from "../../src/db/sql.ts";
import { takeLocks } from "../../src/db/transactionLocks.ts";
import { createRecorder } from "../../src/dispatch/recorder.ts";
import type { Outcome } from "../../src/dispatch/recorder.ts";
import { StartError } from "../../src/errors.ts";
import { findEvents, insertEvents } from "../../src/events/event.store.ts";
import { createIds } from "../../src/ids.ts";
import { NOW, openStore, someEvent } from "../store/openStore.ts";
import { asAdmin, createPostgresqlDatabase, freshPostgresqlUrl, run } from "./freshDatabase.ts";

const open = async (url: string): Promise<Database> => {
  const db = await openDatabase(url, () => NOW);
  onTestFinished(() => db.close());
  return db;
};

describe("migrations", () => {
  it("are applied once by servers that start together, and recorded as Prisma does", async () => {
    const url = await createPostgresqlDatabase({ migrated: false });
    const all = await Promise.all(Array.from({ length: 4 }, () => openDatabase(url, () => NOW)));
    await Promise.all(all.map((db) => db.close()));
    const rows = await run(url, `SELECT * FROM "_prisma_migrations" ORDER BY "migration_name"`);
    expect(rows[0]).toMatchObject({ migration_name: expect.stringMatching(/^\d+_/) as string, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string, applied_steps_count: 1, rolled_back_at: null });
    expect(new Set(rows.map(({ migration_name }) => migration_name)).size).toBe(rows.length);
  });

  it("keep texts in the order of their bytes", async () => {
    const url = await freshPostgresqlUrl();
    const rows = await run(url, `SELECT "table_name", "column_name" FROM "information_schema"."columns" WHERE "table_schema" = 'public' AND "data_type" = 'text' AND "collation_name" IS DISTINCT FROM 'C' AND "table_name" <> '_prisma_migrations'`);
    expect(rows).toEqual([]);
  });

  it.each([
    ["is newer", `CREATE TABLE "_prisma_migrations" ("migration_name" TEXT, "finished_at" TIMESTAMPTZ); INSERT INTO "_prisma_migrations" VALUES ('99990101000000_later', now())`, /was written by a newer version of Carillon \(it has "99990101000000_later"\)/],
    ["belongs to another program", `CREATE TABLE "theirs" ("id" INT)`, /belongs to another program/],
  ])("refuse a database that %s", async (_, script, right) => {
    const url = await createPostgresqlDatabase({ migrated: false });
    await run(url, script);
    await expectRefusal(url, right);
    expect(await run(url, `SELECT 1 FROM "information_schema"."tables" WHERE "table_schema" = 'public'`)).toHaveLength(1);
  });
});

/** One line that names the database and not its password. */
async function expectRefusal(url: string, right: RegExp): Promise<void> {
  const error = await openDatabase(url, () => NOW).then(
    (db) => db.close(),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartError);
  const { message } = error as StartError;
  expect(message).toMatch(right);
  expect(message).not.toContain("\n");
  expect(message).not.toContain(new URL(url).password);
}

describe("a start is refused with one clear line", () => {
  const changed = async (change: (url: URL) => void): Promise<string> => {
    const url = new URL(await freshPostgresqlUrl());
    change(url);
    return url.href;
  };
  it("when nothing listens there", async () => expectRefusal(await changed((url) => (url.port = "1")), /cannot be reached: nothing listens there/));
  it("when there is no such host", async () => expectRefusal(await changed((url) => (url.hostname = "no.such.host.invalid")), /cannot be reached: (there is no host|it does not answer)/));
  it("when the password is wrong", async () => expectRefusal(await changed((url) => (url.password = "quite-wrong")), /refuses the user or the password/));
  it("when there is no such database", async () => expectRefusal(await changed((url) => (url.pathname = "/missing")), /does not exist/));
  it("when the encoding cannot hold every text", async () => {
    await asAdmin(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`);
    await expectRefusal(await changed((url) => (url.pathname = "/latin")), /encoding LATIN1/);
  });
});

describe("the database", () => {
  it("refuses to write on the reading side", async () => {
    const db = await openStore();
    await expect(db.read.event.deleteMany()).rejects.toThrow(/read-only/);
  });

  it("has no place for NUL and half characters, and keeps the rest of the text", async () => {
    const db = await openStore();
    const event = someEvent({ title: "a\0b\ud800c \\u0000", details: { "k\0": "v\0\udfff", same: "\\u0000 \\\\u0000" } });
    await db.write((tx) => insertEvents(tx, [event]));
    expect(await findEvents(db.read, [event.id])).toMatchObject([{ title: "a\ufffdb\ufffdc \\u0000", details: { "k\ufffd": "v\ufffd\ufffd", same: "\\u0000 \\\\u0000" } }]);
    expect(await db.read.event.count({ where: { title: "a\0" } })).toBe(0);
    await db.write((tx) => tx.setting.create({ data: { key: "n\0", value: { text: "\0" }, updatedAt: NOW } }));
    expect(await db.read.setting.findUnique({ where: { key: "n\0" } })).toMatchObject({ key: "n\ufffd" });
  });

  it("keeps the order of an object's keys", async () => {
    const db = await openStore();
    const event = someEvent({ details: { zebra: 1, a: 2, "10": 3, mm: { z: 1, a: 2 } } });
    await db.write((tx) => insertEvents(tx, [event]));
    expect(JSON.stringify((await findEvents(db.read, [event.id]))[0]?.details)).toBe(JSON.stringify(event.details));
  });

  it("writes one at a time, in the order of the calls, also between processes", async () => {
    const url = await freshPostgresqlUrl();
    const [one, two] = [await open(url), await open(url)];
    let running = 0;
    const order: number[] = [];
    const work = (db: Database, at: number) =>
      db.write(async (tx) => {
        running += 1;
        expect(running).toBe(1);
        await tx.event.count();
        if (db === one) order.push(at);
        running -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, (_, at) => work(at % 2 === 0 ? one : two, at)));
    expect(order).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });

  it("writes alongside what its locks do not touch", async () => {
    const db = await openStore();
    let free: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (free = resolve));
    const held = (items: string[]) => db.writeAlongside(async (tx) => {
      await takeLocks(tx, { shared: ["CONDITIONS"], items: () => items });
      await gate;
      return "held";
    });
    const first = held(["fingerprint a"]);
    // Of these two, which share no lock, neither waits for the first.
    await db.write(async (tx) => tx.setting.count());
    await db.writeAlongside((tx) => takeLocks(tx, { shared: ["CONDITIONS"], items: () => ["fingerprint b"], alone: ["ATTEMPTS"] }));
    const waiting = [{ alone: ["CONDITIONS" as const] }, { items: () => ["fingerprint a"] }].map((locks) => db.writeAlongside((tx) => takeLocks(tx, locks)));
    const early = await Promise.race([...waiting, new Promise((resolve) => setTimeout(() => resolve("still waiting"), 100))]);
    expect(early).toBe("still waiting");
    free();
    expect(await first).toBe("held");
    await Promise.all(waiting);
  });

  it("never deadlocks, in whatever order locks are named", async () => {
    const db = await openStore();
    const names = Array.from({ length: 30 }, (_, at) => `fingerprint ${at}`);
    const runs = Array.from({ length: 60 }, (_, at) =>
      db.writeAlongside((tx) => takeLocks(tx, { [at % 5 === 0 ? "alone" : "shared"]: ["CONDITIONS", "HELD"], items: () => [...names.slice(at % 30), ...names.slice(0, at % 30)].reverse() })),
    );
    await Promise.all(runs);
  });

  it("gives attempts ids that rise with the commits, whichever process writes and whatever its clock says", async () => {
    const url = await freshPostgresqlUrl();
    const stored: string[] = [];
    const processes = await Promise.all([0, -60_000, 3_600_000].map(async (skew) => createRecorder({ db: await open(url), ids: createIds(() => NOW.getTime() + skew), published: (attempts) => void stored.push(...attempts.map(({ id }) => id)), dispatch: () => undefined, healthChanged: () => Promise.resolve() })));
    const outcome = (): Outcome => ({
      delivery: null,
      attempt: {
        at: NOW, deliveryId: null, eventId: null, channelId: "c", channelName: "c", kind: "LOG", type: "t", category: "c", severity: "INFO", customer: null, channelCustomer: null, reason: "TEST", title: "t", body: "b\0",
        outcome: "DELIVERED", status: null, error: null, hint: null, durationMs: 1, tryNumber: 1, nextTryAt: null,
      },
    });
    const watcher = await open(url);
    let last = "";
    let seen = 0;
    let done = false;
    // A reader that follows a cursor misses none.
    const following = (async () => {
      while (!done || (await watcher.read.attempt.count({ where: { id: { gt: last } } })) > 0) {
        for (const { id } of await watcher.read.attempt.findMany({ where: { id: { gt: last } }, orderBy: { id: "asc" }, take: 7, select: { id: true } })) [last, seen] = [id, seen + 1];
      }
    })();
    for (let round = 0; round < 20; round += 1) await Promise.all(processes.map((recorder) => Promise.all([recorder.record(outcome()), recorder.record(outcome())])));
    done = true;
    await following;
    expect(seen).toBe(120);
    expect(new Set(stored).size).toBe(120);
  });

  it("sees what was stored while it waited for its locks, however the database is set up", async () => {
    const url = await createPostgresqlDatabase({ migrated: true });
    await asAdmin(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_isolation = 'repeatable read'`);
    const db = await open(url);
    let free: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (free = resolve));
    let isLocked = false;
    const first = db.writeAlongside(async (tx) => {
      await takeLocks(tx, { alone: ["CONDITIONS"] });
      isLocked = true;
      await gate;
      await insertEvents(tx, [someEvent()]);
    });
    await expect.poll(() => isLocked).toBe(true);
    const second = db.writeAlongside(async (tx) => {
      await takeLocks(tx, { alone: ["CONDITIONS"] });
      return tx.event.count();
    });
    await expect.poll(() => run(url, `SELECT 1 FROM "pg_locks" WHERE "locktype" = 'advisory' AND NOT "granted"`)).toHaveLength(1);
    free();
    await first;
    expect(await second).toBe(1);
  });

  it("is none the worse for connections that break", async () => {
    const url = await freshPostgresqlUrl();
    const db = await open(url);
    const cut = () => asAdmin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}'`);
    await expect(db.write(async (tx) => {
      await insertEvents(tx, [someEvent()]);
      await cut();
    })).rejects.toThrow();
    await cut();
    expect(await db.read.event.count()).toBe(0);
    await db.write((tx) => insertEvents(tx, [someEvent()]));
    expect(await query(db.read, sql`SELECT 1 FROM "Event"`)).toHaveLength(1);
  });
});
