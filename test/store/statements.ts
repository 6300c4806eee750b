import { Worker } from "node:worker_threads";
import Sqlite from "better-sqlite3";
import pg from "pg";
import { onTestFinished } from "vitest";
import type { Request } from "../../src/db/sqliteThread.js";
import { ON_POSTGRESQL } from "../postgresql/freshDatabase.ts";

/** Notes each different statement that this process runs on either database until the test ends. Parameters are those of the first time. */
export function recordStatements(): Map<string, unknown[]> {
  const statements = new Map<string, unknown[]>();
  const sqlite = Sqlite.prototype as { prepare(sql: string): unknown };
  const { prepare } = sqlite;
  sqlite.prepare = function (sql) {
    if (!statements.has(sql)) statements.set(sql, []);
    return prepare.call(this, sql);
  };
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message: unknown) {
    for (const text of textsOf(message)) if (!statements.has(text)) statements.set(text, []);
    postMessage.call(this, message);
  };
  const postgresql = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = postgresql;
  postgresql.query = function (...args) {
    const [config, values] = args as [string | { text: string; values?: unknown[] }, unknown];
    const [text, given] = typeof config === "string" ? [config, values] : [config.text, config.values ?? values];
    if (!statements.has(text)) statements.set(text, Array.isArray(given) ? given : []);
    return query.apply(this, args);
  };
  onTestFinished(() => {
    sqlite.prepare = prepare;
    Worker.prototype.postMessage = postMessage;
    postgresql.query = query;
  });
  return statements;
}

/** Notes what this process asks of either database until the test ends. @returns what runs a piece of work, and gives every statement that it has read by */
export function watchReading(): (work: () => Promise<unknown>) => Promise<string[]> {
  let run: string[] = [];
  const sqlite = Object.getPrototypeOf(new Sqlite(":memory:").prepare("SELECT 1")) as { all(...args: unknown[]): unknown; source: string };
  const { all } = sqlite;
  sqlite.all = function (...args) {
    run.push(this.source);
    return all.apply(this, args);
  };
  const postgresql = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = postgresql;
  postgresql.query = function (...args) {
    const [config] = args as [string | { text: string }];
    run.push(typeof config === "string" ? config : config.text);
    return query.apply(this, args);
  };
  onTestFinished(() => {
    sqlite.all = all;
    postgresql.query = query;
  });
  return async (work) => {
    run = [];
    await work();
    return run;
  };
}

/** The statements that the thread which writes to SQLite is asked to run. */
function textsOf(message: unknown): string[] {
  if (typeof message !== "object" || message === null || !("last" in message)) return [];
  const { before, last } = message as Request;
  return [...before.map(({ text }) => text), last.text];
}

/** What one step of a plan does to which table. */
export interface PlanStep {
  /** SCAN: every row or every entry of an index is read. SORT: rows are put in order by themselves. */
  does: "SEARCH" | "SCAN" | "SORT";
  table: string | null;
  /** As the database says it. */
  text: string;
  /** True where rows are found one by one by the whole of a unique key. */
  byKey: boolean;
}

/** Says how a database would go about a statement; on PostgreSQL as if the tables were very long. */
export interface Planner extends AsyncDisposable {
  plan(sql: string, values: unknown[]): Promise<PlanStep[]>;
}

/** @param database a SQLite file's path or a PostgreSQL database's URL */
export async function openPlanner(database: string): Promise<Planner> {
  return ON_POSTGRESQL ? openPostgresqlPlanner(database) : openSqlitePlanner(database);
}

function openSqlitePlanner(file: string): Planner {
  const db = new Sqlite(file, { readonly: true });
  return {
    async plan(sql) {
      const tables = new Map([...sql.matchAll(/["`](\w+)["`] AS ["`]?(\w+)/g)].map(([, table, alias]) => [alias, table]));
      const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array.from(sql.matchAll(/\?/g), () => null)) as { detail: string }[];
      return rows.flatMap(({ detail: text }): PlanStep[] => {
        const [, does, name = ""] = /^(SEARCH|SCAN|USE TEMP B-TREE) (\S+)/.exec(text) ?? [];
        // A list or a JSON array in place of a table.
        if (does === undefined || / VIRTUAL TABLE |^SCAN (CONSTANT ROW|\d)/.test(text)) return [];
        if (does === "USE TEMP B-TREE") return [{ does: "SORT", table: null, text, byKey: false }];
        return [{ does: does as "SEARCH" | "SCAN", table: tables.get(name) ?? name, text, byKey: /sqlite_autoindex_\w+ \((id|fingerprint)=\?\)|\((rowid|scope=\? AND key)=\?\)/.test(text) }];
      });
    },
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}

interface PostgresqlNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Filter?: string;
  Plans?: PostgresqlNode[];
}

async function openPostgresqlPlanner(url: string): Promise<Planner> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Of empty tables it would read the whole: where it still does, it knows no other way.
  await client.query("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off");
  const stepsOf = (node: PostgresqlNode, parent = ""): PlanStep[] => {
    const { "Node Type": type, "Relation Name": table = null, "Index Name": index, "Index Cond": condition } = node;
    const text = [type, index ?? table, condition].filter(Boolean).join(" ");
    const below = (node.Plans ?? []).flatMap((plan) => stepsOf(plan, type));
    if (type === "Seq Scan") return [{ does: "SCAN", table, text, byKey: false }, ...below];
    // Right below a limit it is the first few of an index: the least, the greatest.
    if (type === "Index Scan" || type === "Index Only Scan") return [{ does: condition === undefined && (parent !== "Limit" || node.Filter !== undefined) ? "SCAN" : "SEARCH", table, text, byKey: /_pkey$/.test(index ?? "") && /\((id|fingerprint|key) = /.test(condition ?? "") }, ...below];
    if (type === "Sort" || type === "Incremental Sort") return [{ does: "SORT", table: null, text, byKey: false }, ...below];
    return below;
  };
  return {
    async plan(sql, values) {
      const steps = async (sorts: "on" | "off"): Promise<PlanStep[]> => {
        await client.query(`SET enable_sort = ${sorts}`);
        const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: PostgresqlNode }] }>(`EXPLAIN (FORMAT JSON) ${sql}`, values);
        return stepsOf(rows[0]?.["QUERY PLAN"][0].Plan ?? { "Node Type": "none" });
      };
      // Of empty tables it would sort where it need not; told not to, it would walk along any index that has the order.
      return [...(await steps("on")).filter(({ does }) => does !== "SORT"), ...(await steps("off")).filter(({ does }) => does === "SORT")];
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
