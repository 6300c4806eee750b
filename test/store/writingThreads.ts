import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

/** How the thread that writes to SQLite can end without having been asked to. */
export type Fault = "TERMINATED" | "UNCAUGHT_ERROR";

export interface WritingThreads {
  /** Ends the thread that was asked last, whatever it is at. Resolves when it has ended. */
  end(fault: Fault): Promise<void>;
  /** How many have been at work. */
  readonly count: number;
}

/** Follows, until the test ends, the threads that this process has writing to SQLite. */
export function followWritingThreads(): WritingThreads {
  const threads = new Set<Worker>();
  let last: Worker | null = null;
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, message: unknown) {
    threads.add((last = this));
    postMessage.call(this, message);
  };
  onTestFinished(() => {
    Worker.prototype.postMessage = postMessage;
  });
  return {
    async end(fault) {
      const thread = last;
      if (!thread) return;
      const ended = new Promise((resolve) => thread.once("exit", resolve));
      if (thread.threadId === -1) return;
      if (fault === "TERMINATED") void thread.terminate();
      // It takes messages apart.
      else postMessage.call(thread, undefined);
      await ended;
    },
    get count() {
      return threads.size;
    },
  };
}
