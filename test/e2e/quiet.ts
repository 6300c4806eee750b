import { subscribe } from "node:diagnostics_channel";
import { Worker } from "node:worker_threads";
import pg from "pg";
import type { Answer, Request } from "../../src/db/sqliteThread.js";

/*
 * What the servers of this process have under way, seen from where they meet the outside: connections to PostgreSQL, the thread
 * that writes to SQLite, and requests to channels. A test that turns the clock under any of that cuts it off.
 */

const pools = new Set<pg.Pool>();
const connect = pg.Pool.prototype.connect as (this: pg.Pool, ...args: unknown[]) => unknown;
pg.Pool.prototype.connect = function (this: pg.Pool, ...args: unknown[]) {
  pools.add(this);
  return connect.apply(this, args);
} as typeof pg.Pool.prototype.connect;

const asked = new Map<Worker, Set<number>>();
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (this: Worker, message: Request | "close") {
  if (typeof message === "object" && "wants" in message) askedOf(this).add(message.id);
  postMessage.call(this, message);
};

function askedOf(thread: Worker): Set<number> {
  const known = asked.get(thread);
  if (known) return known;
  const ids = new Set<number>();
  asked.set(thread, ids);
  thread.on("message", ({ id }: Answer) => ids.delete(id));
  thread.on("exit", () => asked.delete(thread));
  return ids;
}

/** Requests under way, with where they go. */
const requests = new Map<object, string>();
subscribe("undici:request:create", (message) => {
  const { request } = message as { request: { origin: string | URL } };
  requests.set(request, String(request.origin).replace(/\/$/, ""));
});
const ended = (message: unknown): void => void requests.delete((message as { request: object }).request);
subscribe("undici:request:trailers", ended);
subscribe("undici:request:error", ended);

/** URLs of the servers themselves: what tests ask them does not count, for feeds stay open. */
export const ownUrls = new Set<string>();

/** Between two pieces of work of which one follows from the other, the event loop turns only so often. */
const QUIET_TURNS = 10;
/** A request that takes longer is meant to hang, until the test turns the clock. */
const LONGEST_REQUEST_MS = 1_000;

/** Resolves once the servers of this process have had nothing under way for a while. */
export async function quiet(): Promise<void> {
  const startedAt = performance.now();
  for (let turns = 0; turns < QUIET_TURNS; ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const sends = performance.now() - startedAt < LONGEST_REQUEST_MS && [...requests.values()].some((origin) => !ownUrls.has(origin));
    const stores = [...pools].some(({ totalCount, idleCount, waitingCount }) => totalCount > idleCount || waitingCount > 0) || [...asked.values()].some((ids) => ids.size > 0);
    turns = sends || stores ? 0 : turns + 1;
    for (const pool of pools) if (pool.ended) pools.delete(pool);
  }
}
