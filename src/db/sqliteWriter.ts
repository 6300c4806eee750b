import { Worker } from "node:worker_threads";
import { speaks } from "./dialect.ts";
import type { SqlClient } from "./sql.ts";
import type { Answer, Repeated, Request } from "./sqliteThread.js";
import { runsOn } from "./statementsOf.ts";
import type { Statements } from "./statementsOf.ts";

/** A connection to SQLite in a thread of its own: neither statements nor the disk's time for a commit keep the event loop waiting. */
export interface SqliteWriter {
  /** Runs `work` in a transaction, durable when the promise resolves. One at a time. */
  transact<T>(work: (tx: SqlClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What it is sent lives for one statement: a larger space for new objects would only fill up later. */
const YOUNG_MB = 6;

/** @throws what keeps the file from being opened */
export async function openSqliteWriter(file: string, pragmas: string): Promise<SqliteWriter> {
  const thread = new Worker(new URL("./sqliteThread.js", import.meta.url), { workerData: { file, pragmas }, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, Waiting>();
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  /** Why nothing more can be written. */
  let broken: Error | null = null;
  let lastId = 0;
  /** What nobody waits for goes along with the next that somebody does: a message to another thread costs more than a statement. */
  let before: Repeated[] = [];

  function giveUp(error: Error): void {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  }

  await new Promise((resolve, reject) => thread.once("message", resolve).once("error", reject));
  thread.on("error", giveUp);
  thread.on("exit", () => giveUp(new Error("the thread that writes to the database has ended")));
  thread.on("message", (answer: Answer) => {
    const waits = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) waits?.reject(sqliteError(answer.error));
    else waits?.resolve(answer.result);
  });

  function ask<Result>(wants: Request["wants"], text: string, values: readonly unknown[]): Promise<Result> {
    if (broken) return Promise.reject(broken);
    const request: Request = { id: (lastId += 1), before, last: { text, values }, wants };
    before = [];
    thread.postMessage(request);
    return new Promise<unknown>((resolve, reject) => waiting.set(request.id, { resolve, reject })) as Promise<Result>;
  }

  const statements: Statements = {
    query: (text, values) => ask("ROWS", text, values),
    execute: (text, values) => ask("CHANGES", text, values),
    executeEach: (text, rows) => void before.push({ text, rows }),
  };
  const client: SqlClient = runsOn(
    speaks({ $queryRawUnsafe: (text, ...values) => ask("ROWS", text, values), $executeRawUnsafe: (text, ...values) => ask("CHANGES", text, values) } as SqlClient, "sqlite"),
    statements,
  );

  return {
    async transact(work) {
      before = [{ text: "BEGIN IMMEDIATE", rows: [[]] }];
      try {
        const result = await work(client);
        await ask("CHANGES", "COMMIT", []);
        return result;
      } catch (error) {
        before = [];
        // A disk that is full may have ended it already, and the thread too.
        await ask("CHANGES", "ROLLBACK", []).catch(() => undefined);
        throw error;
      }
    },
    async close() {
      if (!broken) thread.postMessage("close");
      await ended;
    },
  };
}

/** As the driver has it: an error loses its code on its way between threads. */
function sqliteError({ name, message, code }: { name: string; message: string; code: string | undefined }): Error {
  return Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
}
