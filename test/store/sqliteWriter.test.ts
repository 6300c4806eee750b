import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { storageErrorOf } from "../../src/db/databaseErrors.ts";
import { databaseProblemOf } from "../../src/db/databaseProblem.ts";
import { insertRows } from "../../src/db/rows.ts";
import { createSqliteStatements } from "../../src/db/sqliteStatements.js";
import { execute, query, sql } from "../../src/db/sql.ts";
import type { SqlClient } from "../../src/db/sql.ts";
import { openSqliteWriter } from "../../src/db/sqliteWriter.ts";
import type { SqliteWriter, Work } from "../../src/db/sqliteWriter.ts";
import { freshDir, freshFile } from "./openStore.ts";
import { followWritingThreads } from "./writingThreads.ts";

const NUMBER = { name: "Number", columns: { n: "INTEGER", at: "TIME", json: "JSON" } } as const;
const row = (n: number | null) => ({ n, at: new Date(n ?? 0), json: { n } });

async function openWriter(): Promise<{ writer: SqliteWriter; numbers: () => unknown[]; file: string }> {
  const file = freshFile();
  const other = new Sqlite(file);
  other.exec(`CREATE TABLE "Number" ("n" INTEGER NOT NULL UNIQUE, "at" DATETIME, "json" JSON)`);
  const reader = createSqliteStatements(other as unknown as Parameters<typeof createSqliteStatements>[0]);
  const writer = await openSqliteWriter({ file, pragmas: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", reader, log: undefined });
  onTestFinished(async () => {
    other.close();
    await writer.close();
  });
  return { writer, file, numbers: () => (other.prepare(`SELECT "n" FROM "Number" ORDER BY "n"`).all() as { n: number }[]).map(({ n }) => n) };
}

/** Runs works in one transaction. */
function together(writer: SqliteWriter, ...runs: Work["run"][]): Promise<PromiseSettledResult<unknown>[]> {
  const works: Work[] = [];
  const settled = Promise.allSettled(runs.map((run) => new Promise((resolve, reject) => works.push({ run, resolve, reject }))));
  void writer.transact(works);
  return settled;
}

async function transact<Result>(writer: SqliteWriter, run: (tx: SqlClient) => Promise<Result>): Promise<Result> {
  const [result] = await together(writer, run);
  if (result?.status === "rejected") throw result.reason;
  return result?.value as Result;
}

/** A reader of which nothing is asked. */
const NOTHING = { query: () => [] };

describe("the thread that writes to SQLite", () => {
  it("stores and reads as the other connections do: times as Date, JSON as text, changes counted", async () => {
    const { writer, numbers } = await openWriter();
    const seen = await transact(writer, async (tx) => {
      await insertRows(tx, NUMBER, [row(1), row(2)]);
      const changed = await execute(tx, sql`UPDATE "Number" SET "at" = ${new Date(7)} WHERE "n" > ${1}`);
      return { changed, rows: await query(tx, sql`SELECT * FROM "Number" ORDER BY "n"`) };
    });
    expect(seen).toEqual({ changed: 1, rows: [{ n: 1, at: new Date(1), json: `{"n":1}` }, { n: 2, at: new Date(7), json: `{"n":2}` }] });
    expect(numbers()).toEqual([1, 2]);
  });

  it("leaves the event loop to others while a statement takes its time", async () => {
    const { writer } = await openWriter();
    const order: string[] = [];
    const written = transact(writer, (tx) => execute(tx, sql`INSERT INTO "Number" ("n") WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 200000) SELECT x FROM r`)).then(() => order.push("written"));
    await new Promise((resolve) => setImmediate(resolve));
    order.push("turn");
    await written;
    expect(order).toEqual(["turn", "written"]);
  });

  it("reads what the ones before have stored, and what it has written itself", async () => {
    const { writer } = await openWriter();
    const numbersSeen = (tx: SqlClient) => query(tx, sql`SELECT "n" FROM "Number" ORDER BY "n"`);
    const add = (n: number) => async (tx: SqlClient) => {
      const before = await numbersSeen(tx);
      await insertRows(tx, NUMBER, [row(n)]);
      return [before, await numbersSeen(tx)];
    };
    const [none, one, two, three] = [[], [{ n: 1 }], [{ n: 1 }, { n: 2 }], [{ n: 1 }, { n: 2 }, { n: 3 }]];
    expect(await transact(writer, add(1))).toEqual([none, one]);
    expect((await together(writer, numbersSeen, add(2), add(3))).map((result) => (result as PromiseFulfilledResult<unknown>).value)).toEqual([one, [one, two], [two, three]]);
    expect(await transact(writer, numbersSeen)).toEqual(three);
  });

  it("stores nothing of a transaction of which anything failed, whoever waited for it, and goes on with the next", async () => {
    const { writer, numbers } = await openWriter();
    // Nobody waits for the rows: their failure is the commit's.
    const unwaited = transact(writer, (tx) => insertRows(tx, NUMBER, [row(1), row(null), row(2)]));
    await expect(unwaited).rejects.toMatchObject({ name: "SqliteError", code: "SQLITE_CONSTRAINT_NOTNULL" });
    // What was sent beside the failure must not be run outside of the transaction, nor be stored by one that passes over it.
    const passedOver = transact(writer, async (tx) => {
      await Promise.allSettled([execute(tx, sql`INSERT INTO "Number" ("n") VALUES (3)`), execute(tx, sql`INSERT INTO "Nothing" VALUES (1)`), execute(tx, sql`INSERT INTO "Number" ("n") VALUES (4)`)]);
    });
    await expect(passedOver).rejects.toThrow("no such table: Nothing");
    const own = transact(writer, async (tx) => {
      await insertRows(tx, NUMBER, [row(5)]);
      throw new Error("not this one");
    });
    await expect(own).rejects.toThrow("not this one");
    expect(numbers()).toEqual([]);
    await transact(writer, (tx) => insertRows(tx, NUMBER, [row(6)]));
    expect(numbers()).toEqual([6]);
  });

  it("stores several works at once, of which nothing is there for others before all of it is", async () => {
    const { writer, numbers } = await openWriter();
    const seen: unknown[][] = [];
    const add = (n: number) => async (tx: SqlClient) => {
      await insertRows(tx, NUMBER, [row(n)]);
      await query(tx, sql`SELECT 1`);
      seen.push(numbers());
    };
    const results = await together(writer, add(1), add(2), add(3));
    expect(results.map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
    expect(seen).toEqual([[], [], []]);
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it("stores each of several works whole or not at all, whatever becomes of the others", async () => {
    const { writer, numbers } = await openWriter();
    const results = await together(
      writer,
      async (tx) => (await insertRows(tx, NUMBER, [row(1)]), "first"),
      async (tx) => insertRows(tx, NUMBER, [row(2), row(null)]),
      async (tx) => {
        await insertRows(tx, NUMBER, [row(3)]);
        throw new Error("not this one");
      },
      () => Promise.reject(new Error("nor this one")),
      async (tx) => {
        await insertRows(tx, NUMBER, [row(4)]);
        return query(tx, sql`SELECT "n" FROM "Number" ORDER BY "n"`);
      },
      async (tx) => insertRows(tx, NUMBER, [row(1)]),
    );
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as Error).message))).toEqual([
      "first", "NOT NULL constraint failed: Number.n", "not this one", "nor this one", [{ n: 1 }, { n: 4 }], "UNIQUE constraint failed: Number.n",
    ]);
    expect(numbers()).toEqual([1, 4]);
  });

  it("stores what is left of several works when their transaction is gone", async () => {
    const { writer, numbers } = await openWriter();
    const results = await together(
      writer,
      async (tx) => insertRows(tx, NUMBER, [row(1)]),
      // As SQLite does by itself when the disk is full.
      async (tx) => (await execute(tx, sql`ROLLBACK`), Promise.reject(new Error("the disk is full"))),
      async (tx) => insertRows(tx, NUMBER, [row(2)]),
    );
    expect(results.map((result) => (result.status === "rejected" ? (result.reason as Error).message : ""))).toEqual(["", "the disk is full", ""]);
    expect(numbers()).toEqual([1, 2]);
    await transact(writer, (tx) => insertRows(tx, NUMBER, [row(3)]));
    expect(numbers()).toEqual([1, 2, 3]);
  });

  it("says as the other connections do that the file cannot be written", async () => {
    const file = freshFile();
    new Sqlite(file).exec(`CREATE TABLE "Number" ("n" INTEGER)`).close();
    const writer = await openSqliteWriter({ file, pragmas: "PRAGMA query_only = ON;", reader: NOTHING, log: undefined });
    onTestFinished(() => writer.close());
    const error: unknown = await transact(writer, (tx) => execute(tx, sql`INSERT INTO "Number" VALUES (1)`)).catch((reason: unknown) => reason);
    expect(storageErrorOf(error)).toMatchObject({ code: "UNAVAILABLE" });
    await expect(openSqliteWriter({ file: freshDir(), pragmas: "", reader: NOTHING, log: undefined })).rejects.toMatchObject({ code: "SQLITE_CANTOPEN" });
  });

  it("keeps no process from ending that has forgotten it, and one that waits for it from doing so", async () => {
    const script = `const { openSqliteWriter } = await import(${JSON.stringify(new URL("../../src/db/sqliteWriter.ts", import.meta.url).href)});
      const writer = await openSqliteWriter({ file: ${JSON.stringify(freshFile())}, pragmas: "", reader: { query: () => [] } });
      await new Promise((resolve, reject) => writer.transact([{ run: (tx) => tx.$executeRawUnsafe("CREATE TABLE t (n)"), resolve, reject }]));
      console.log("written");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { timeout: 30_000 });
    expect(stdout).toBe("written\n");
  });

  it("refuses what comes after its end", async () => {
    const { writer } = await openWriter();
    await writer.close();
    await expect(transact(writer, (tx) => execute(tx, sql`INSERT INTO "Number" ("n") VALUES (1)`))).rejects.toThrow("has ended");
  });

  it.each(["TERMINATED", "UNCAUGHT_ERROR"] as const)("is started again when it has ended by a fault (%s), whatever it was at: what is told as stored is, the rest is not", async (fault) => {
    const threads = followWritingThreads();
    const { writer, numbers } = await openWriter();
    const stored: number[] = [];
    const refused: unknown[] = [];
    let next = 0;
    let enough = false;
    const load = (async () => {
      while (!enough) {
        const ns = Array.from({ length: 1 + (next % 3) }, () => (next += 1));
        const results = await together(writer, ...ns.map((n) => async (tx: SqlClient) => {
          await insertRows(tx, NUMBER, [row(n)]);
          await query(tx, sql`SELECT COUNT(*) FROM "Number"`);
        }));
        results.forEach((result, at) => (result.status === "fulfilled" ? stored.push(ns[at] as number) : refused.push(result.reason)));
        // What is refused at once must leave the event loop to the next start.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 25; round += 1) {
      const before = stored.length;
      // At another moment each time, commits among them.
      await expect.poll(() => stored.length).toBeGreaterThan(before + (round % 4));
      for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await threads.end(fault);
    }
    const before = stored.length;
    await expect.poll(() => stored.length).toBeGreaterThan(before);
    enough = true;
    await load;
    expect(numbers()).toEqual(stored);
    expect(threads.count).toBeGreaterThan(15);
    expect(refused.map((error) => storageErrorOf(error))).toEqual(refused.map(() => expect.objectContaining({ code: "UNAVAILABLE" })));
  });

  it("is started again when nothing was asked of it, and keeps trying where it cannot be", async () => {
    const threads = followWritingThreads();
    const { writer, numbers, file } = await openWriter();
    await transact(writer, (tx) => insertRows(tx, NUMBER, [row(1)]));
    await threads.end("TERMINATED");
    await transact(writer, (tx) => insertRows(tx, NUMBER, [row(2)]));
    // For a while there is no such file.
    renameSync(file, `${file}.away`);
    mkdirSync(file);
    await threads.end("TERMINATED");
    const error: unknown = await transact(writer, (tx) => insertRows(tx, NUMBER, [row(3)])).catch((reason: unknown) => reason);
    expect(storageErrorOf(error)).toMatchObject({ code: "UNAVAILABLE" });
    expect(databaseProblemOf(error)).toMatch(/cannot be opened/);
    rmdirSync(file);
    renameSync(`${file}.away`, file);
    await expect.poll(() => transact(writer, (tx) => insertRows(tx, NUMBER, [row(4)])).then(() => true, () => false)).toBe(true);
    expect(numbers()).toEqual([1, 2, 4]);
  });
});
