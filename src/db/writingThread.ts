import { Worker } from "node:worker_threads";
import type { Answer, Request } from "./sqliteThread.js";

/** A thread with a connection to SQLite of its own, from its start to its end. */
export interface WritingThread {
  /** Runs statements, see sqliteThread.js, and gives what the last of them answers. @throws {ThreadEndedError} when the thread ends before it has answered */
  ask(request: Omit<Request, "id">): Promise<unknown>;
  /** Why it has ended, once its connection is closed: what it had not committed by then is taken back. */
  readonly ended: Promise<ThreadEndedError>;
  /** Ends it; what was asked before is answered. */
  close(): Promise<void>;
}

/** Whether the statements that were under way have been run is not known. */
export class ThreadEndedError extends Error {
  override readonly name = "ThreadEndedError";

  constructor(cause?: unknown) {
    super("the thread that writes to the database has ended", { cause });
  }
}

/** What it is sent lives for one statement: a larger space for new objects would only fill up later. */
const YOUNG_MB = 6;

/** Keeps no process from ending that waits for nothing of it. @throws what keeps the file from being opened */
export async function startWritingThread(file: string, pragmas: string): Promise<WritingThread> {
  // The thread needs none of the loaders and the like that the process was started with.
  const thread = new Worker(new URL("./sqliteThread.js", import.meta.url), { workerData: { file, pragmas }, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>();
  let lastId = 0;
  let why: ThreadEndedError | null = null;

  const ended = new Promise<ThreadEndedError>((resolve) => {
    let cause: unknown;
    thread.on("error", (error) => (cause = error));
    thread.on("exit", () => {
      why = new ThreadEndedError(cause);
      for (const { reject } of waiting.values()) reject(why);
      waiting.clear();
      resolve(why);
    });
  });
  const opened = new Promise((resolve) => thread.once("message", resolve));
  const failed = await Promise.race([opened.then(() => null), ended]);
  if (failed) throw failed.cause ?? failed;

  thread.on("message", (answer: Answer) => {
    const waits = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) thread.unref();
    if ("error" in answer) waits?.reject(sqliteError(answer.error));
    else waits?.resolve(answer.result);
  });
  thread.unref();

  return {
    ended,
    ask(request) {
      if (why) return Promise.reject(why);
      const id = (lastId += 1);
      thread.ref();
      thread.postMessage({ ...request, id } satisfies Request);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    async close() {
      thread.ref();
      if (!why) thread.postMessage("close");
      await ended;
    },
  };
}

/** As the driver has it: an error loses its code on its way between threads. */
function sqliteError({ name, message, code }: { name: string; message: string; code: string | undefined }): Error {
  return Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) });
}
