import { type Context, createContext, Script } from "node:vm";

const call = new Script("work()");
let room: Context | undefined;

/** Work that kept the process busy for too long was ended. */
export class TimeUp extends Error {
  override readonly name = "TimeUp";
}

/**
 * Runs synchronous work that may not end by itself, e.g. a template that someone wrote. It may run twice.
 * @param ms milliseconds after which it is ended, wherever it stands
 * @throws {TimeUp} and whatever the work throws
 */
export function withinTime<Result>(ms: number, work: () => Result): Result {
  const before = process.cpuUsage();
  try {
    return interrupting(ms, work);
  } catch (error) {
    const { user, system } = process.cpuUsage(before);
    // On a busy machine the time may have passed without the process running: then it was not the work's fault.
    if (error instanceof TimeUp && (user + system) / 1000 < ms / 2) return interrupting(ms, work);
    throw error;
  }
}

/** @param ms by the clock on the wall */
function interrupting<Result>(ms: number, work: () => Result): Result {
  // Only code that is run this way can be interrupted; an empty context gives it nothing but the work.
  room ??= createContext(Object.create(null) as object);
  room["work"] = work;
  try {
    return call.runInContext(room, { timeout: ms }) as Result;
  } catch (error) {
    throw (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? new TimeUp() : error;
  } finally {
    room["work"] = undefined;
  }
}
