import { Worker } from "node:worker_threads";
import { speaks } from "./dialect.ts";
import type { SqlClient } from "./sql.ts";
import type { Answer, Repeated, Request } from "./sqliteThread.js";
import { runsOn } from "./statementsOf.ts";
import type { Statements } from "./statementsOf.ts";

/** A connection to SQLite in a thread of its own: neither statements nor the disk's time for a commit keep the event loop waiting. */
export interface SqliteWriter {
  /**
   * Runs all works, one after the other, in one transaction, and settles each once that is durable: the disk is waited for once.
   * Each is stored whole or not at all, whatever becomes of the others. One call at a time. Never rejects.
   */
  transact(works: readonly Work[]): Promise<void>;
  close(): Promise<void>;
}

export interface Work extends Waiting {
  run(tx: SqlClient): Promise<unknown>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What it is sent lives for one statement: a larger space for new objects would only fill up later. */
const YOUNG_MB = 6;

/**
 * @param reader a connection to the same file in this thread. Until a transaction has written anything, it sees the same: nobody
 *   else writes meanwhile, and another thread takes its time to wake up
 * @throws what keeps the file from being opened
 */
export async function openSqliteWriter(file: string, pragmas: string, reader: Pick<Statements, "query">): Promise<SqliteWriter> {
  // The thread needs none of the loaders and the like that the process was started with.
  const thread = new Worker(new URL("./sqliteThread.js", import.meta.url), { workerData: { file, pragmas }, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, Waiting>();
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  /** Why nothing more can be written. */
  let broken: Error | null = null;
  let lastId = 0;
  /** What nobody waits for goes along with the next that somebody does: a message to another thread costs more than a statement. */
  let before: Repeated[] = [];
  /** True until the transaction has written anything. */
  let isUntouched = false;

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
    // A process that has nothing else to do may end.
    if (waiting.size === 0) thread.unref();
    if ("error" in answer) waits?.reject(sqliteError(answer.error));
    else waits?.resolve(answer.result);
  });
  thread.unref();

  function ask<Result>(wants: Request["wants"], text: string, values: readonly unknown[]): Promise<Result> {
    if (broken) return Promise.reject(broken);
    const request: Request = { id: (lastId += 1), before, last: { text, values }, wants };
    before = [];
    isUntouched = false;
    thread.ref();
    thread.postMessage(request);
    return new Promise<unknown>((resolve, reject) => waiting.set(request.id, { resolve, reject })) as Promise<Result>;
  }

  const statements: Statements = {
    query: (text, values) => (isUntouched ? reader.query(text, values) : ask("ROWS", text, values)),
    execute: (text, values) => ask("CHANGES", text, values),
    executeEach(text, rows) {
      isUntouched = false;
      before.push({ text, rows });
    },
  };
  const client: SqlClient = runsOn(
    speaks({ $queryRawUnsafe: (text, ...values) => ask("ROWS", text, values), $executeRawUnsafe: (text, ...values) => ask("CHANGES", text, values) } as SqlClient, "sqlite"),
    statements,
  );

  /** One of several: what fails of it is undone, and the others go on. @returns what settles it */
  async function runApart(work: Work): Promise<() => void> {
    const [unsent, wasUntouched, asked] = [before.length, isUntouched, lastId];
    before.push({ text: "SAVEPOINT work", rows: [[]] });
    try {
      const result = await work.run(client);
      await ask("CHANGES", "RELEASE work", []);
      return () => work.resolve(result);
    } catch (error) {
      if (asked === lastId) {
        // Nothing of it has been sent.
        before.length = unsent;
        isUntouched = wasUntouched;
        return () => work.reject(error);
      }
      before = [];
      // A disk that is full may have ended the transaction: then all have failed.
      await ask("CHANGES", "ROLLBACK TO work", []).catch(() => Promise.reject(error));
      await ask("CHANGES", "RELEASE work", []);
      return () => work.reject(error);
    }
  }

  async function runAlone(work: Work): Promise<() => void> {
    const result = await work.run(client);
    return () => work.resolve(result);
  }

  return {
    async transact(works) {
      try {
        before = [{ text: "BEGIN IMMEDIATE", rows: [[]] }];
        isUntouched = true;
        const settle: (() => void)[] = [];
        for (const work of works) settle.push(await (works.length === 1 ? runAlone(work) : runApart(work)));
        if (!isUntouched) await ask("CHANGES", "COMMIT", []);
        for (const one of settle) one();
      } catch (error) {
        before = [];
        // It may have ended already, and the thread too.
        await ask("CHANGES", "ROLLBACK", []).catch(() => undefined);
        for (const { reject } of works) reject(error);
      }
    },
    async close() {
      thread.ref();
      if (!broken) thread.postMessage("close");
      await ended;
    },
  };
}

/** As the driver has it: an error loses its code on its way between threads. */
function sqliteError({ name, message, code }: { name: string; message: string; code: string | undefined }): Error {
  return Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
}
