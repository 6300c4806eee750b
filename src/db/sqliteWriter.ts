import type { Log } from "../log.ts";
import { speaks } from "./dialect.ts";
import type { SqlClient } from "./sql.ts";
import type { Repeated, Request } from "./sqliteThread.js";
import { runsOn } from "./statementsOf.ts";
import type { Statements } from "./statementsOf.ts";
import { startWritingThread, ThreadEndedError } from "./writingThread.ts";
import type { WritingThread } from "./writingThread.ts";

/**
 * A connection to SQLite in a thread of its own: neither statements nor the disk's time for a commit keep the event loop waiting.
 * A thread that ends by a fault is started again.
 */
export interface SqliteWriter {
  /**
   * Runs all works, one after the other, in one transaction, and settles each once that is durable: the disk is waited for once.
   * When that fails by the fault of one, each runs again in a transaction of its own. One that is rejected is not stored, even
   * where the thread has ended. One call at a time. Never rejects.
   */
  transact(works: readonly Work[]): Promise<void>;
  close(): Promise<void>;
}

export interface Work {
  /** May run twice: of the first time nothing is stored then. */
  run(tx: SqlClient): Promise<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface SqliteWriterDeps {
  file: string;
  pragmas: string;
  /**
   * A connection to the same file in this thread, never in a transaction. Until a transaction of the writer has written anything, it
   * sees the same: nobody else writes meanwhile, and another thread takes its time to wake up.
   */
  reader: Pick<Statements, "query">;
  log: Pick<Log, "error" | "warn"> | undefined;
}

/** How long, in milliseconds, a thread waits for its start after those before it could write nothing: the first does not, then twice as long each time. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** @throws what keeps the file from being opened */
export async function openSqliteWriter({ file, pragmas, reader, log }: SqliteWriterDeps): Promise<SqliteWriter> {
  let thread = await startWritingThread(file, pragmas);
  watch(thread);
  /** The transaction's; another one knows nothing of it. */
  let inUse = thread;
  /** Why nothing can be written until the next start. */
  let fault: ThreadEndedError | null = null;
  /** Resolves when a start has succeeded or failed. */
  let starting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  /** Threads that have ended, or could not be started, since anything was stored. */
  let failures = 0;
  let closed = false;
  /** Each transaction changes it: by this it is found out, when the thread has ended in a commit, whether that was done. */
  let version = storedVersion();
  /** What nobody waits for goes along with the next that somebody does: a message to another thread costs more than a statement. */
  let before: Repeated[] = [];
  /** True until the transaction has written anything. */
  let isUntouched = false;

  function storedVersion(): number {
    const [row] = reader.query("PRAGMA user_version", []) as { user_version: number }[];
    return row?.user_version ?? 0;
  }

  function watch(started: WritingThread): void {
    void started.ended.then((error) => {
      if (!closed) startLater(error, "the thread that writes to the database has ended by a fault; starting it again");
    });
  }

  function startLater(error: ThreadEndedError, what: string): void {
    fault = error;
    const waitMs = failures === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
    failures += 1;
    log?.error({ err: error.cause ?? error, waitMs }, what);
    if (waitMs === 0) starting = start();
    else timer = setTimeout(() => (starting = start()), waitMs).unref();
  }

  async function start(): Promise<void> {
    try {
      thread = await startWritingThread(file, pragmas);
      fault = null;
      watch(thread);
      log?.warn("the thread that writes to the database was started again");
    } catch (error) {
      if (!closed) startLater(new ThreadEndedError(error), "the thread that writes to the database could not be started again; trying again");
    }
  }

  /** @throws {ThreadEndedError} when there is none, and one that is being started does not come */
  async function writable(): Promise<WritingThread> {
    if (fault) await starting;
    if (fault) throw fault;
    return thread;
  }

  function ask<Result>(wants: Request["wants"], text: string, values: readonly unknown[]): Promise<Result> {
    const request = { before, last: { text, values }, wants };
    before = [];
    isUntouched = false;
    return inUse.ask(request) as Promise<Result>;
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

  async function commit(): Promise<void> {
    const next = version === 1 ? 2 : 1;
    before.push({ text: `PRAGMA user_version = ${next}`, rows: [[]] });
    try {
      await ask("CHANGES", "COMMIT", []);
    } catch (error) {
      // What is there for others after the end of the connection is on the disk.
      if (!(error instanceof ThreadEndedError) || storedVersion() !== next) throw error;
    }
    version = next;
    failures = 0;
  }

  /** One transaction for all. @throws what kept it from being stored: then nothing of it is */
  async function store(works: readonly Work[]): Promise<void> {
    try {
      inUse = await writable();
      before = [{ text: "BEGIN IMMEDIATE", rows: [[]] }];
      isUntouched = true;
      const results: unknown[] = [];
      for (const work of works) results.push(await work.run(client));
      if (!isUntouched) await commit();
      works.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      before = [];
      // It may have ended already, and the thread too.
      await ask("CHANGES", "ROLLBACK", []).catch(() => undefined);
      throw error;
    }
  }

  return {
    async transact(works) {
      try {
        await store(works);
      } catch (error) {
        const isAnybodys = works.length > 1 && !(error instanceof ThreadEndedError);
        for (const work of works) await (isAnybodys ? store([work]).catch(work.reject) : work.reject(error));
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await starting;
      await thread.close();
    },
  };
}
