import type { Database, Transaction } from "../db/database.ts";
import type { Log } from "../log.ts";
import { claimLanes, keepLanes, releaseLanes, renewLanes } from "./lease.store.ts";

/**
 * Shares the channels' lanes out among the processes on one database: a lane belongs to one of them at a time, so that
 * order, concurrency and rate of a channel hold across all. A process that dies loses its lanes when their leases end.
 */
export interface Leases {
  /** Tells that something waits for these channels: this process works it off, or whichever has the lane. */
  work(channelIds: Iterable<string>): void;
  /** Tells that another process has stored something for these channels. */
  more(channelIds: readonly string[]): void;
  /** Whether the lane is this process's, for long enough to begin a try. */
  has(channelId: string): boolean;
  /** Which of these lanes are still this process's, until the transaction ends. */
  keep(tx: Transaction, channelIds: Iterable<string>): Promise<Set<string>>;
  /** Gives a lane back in which nothing waits any more. */
  release(channelIds: string[]): Promise<void>;
  start(): Promise<void>;
  /** Gives everything back. */
  close(): Promise<void>;
}

export interface LeasesDeps {
  db: Database;
  log: Log;
  /** The lane is this process's. @param takenOver from a process that did not give it back */
  gained(channelId: string, takenOver: boolean): void;
  /** There is more in the database for a lane of this process. */
  more(channelId: string): void;
  /** The lane is another process's, or soon will be. */
  lost(channelId: string): void;
  /** Tells the other processes of channels for which something waits. */
  tell(channelIds: readonly string[]): void;
}

/** A dead process's channels wait for so long. */
const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 3_000;
/** A try may last longer than its lease; what must not be is that it begins when another process may have the lane. */
const MARGIN_MS = 2_000;

interface Lease {
  token: number;
  /** By `performance.now()`. */
  until: number;
}

export function createLeases({ db, log, gained, more, lost, tell }: LeasesDeps): Leases {
  const owner = db.notifications?.process ?? "";
  const leases = new Map<string, Lease>();
  let timer: NodeJS.Timeout | undefined;
  let claiming: Promise<void> | null = null;
  /** Channels that are to be told of if they cannot be claimed. */
  let wanted = new Set<string>();
  let closed = false;

  function has(channelId: string): boolean {
    return (leases.get(channelId)?.until ?? 0) - MARGIN_MS > performance.now();
  }

  async function claim(): Promise<void> {
    const asked = wanted;
    wanted = new Set();
    const until = performance.now() + LEASE_MS;
    const claimed = await db.writeAlongside((tx) => claimLanes(tx, owner, LEASE_MS));
    for (const { channelId, token, takenOver } of claimed) {
      leases.set(channelId, { token: Number(token), until });
      gained(channelId, takenOver);
      asked.delete(channelId);
    }
    const others = [...asked].filter((id) => !has(id));
    if (others.length > 0) tell(others);
  }

  /** Claims that come together are one. */
  function claimSoon(): void {
    if (closed) return;
    claiming ??= Promise.resolve()
      .then(claim)
      .catch((error: unknown) => log.error({ err: error }, "lanes could not be claimed; trying again"))
      .finally(() => {
        claiming = null;
        if (wanted.size > 0) claimSoon();
      });
  }

  async function renew(): Promise<void> {
    const until = performance.now() + LEASE_MS;
    try {
      const kept = new Set(leases.size > 0 ? await db.writeAlongside((tx) => renewLanes(tx, owner, LEASE_MS)) : []);
      for (const [channelId, lease] of leases) {
        if (kept.has(channelId)) lease.until = Math.max(lease.until, until);
        else letGo(channelId);
      }
    } catch (error) {
      log.error({ err: error }, "lanes could not be kept; trying again");
      for (const [channelId, { until: end }] of leases) if (end < performance.now()) letGo(channelId);
    }
    claimSoon();
    if (!closed) timer = setTimeout(() => void renew(), RENEW_EVERY_MS).unref();
  }

  function letGo(channelId: string): void {
    leases.delete(channelId);
    lost(channelId);
  }

  return {
    has,
    work(channelIds) {
      for (const id of channelIds) {
        if (has(id)) more(id);
        else wanted.add(id);
      }
      if (wanted.size > 0) claimSoon();
    },
    more(channelIds) {
      for (const id of channelIds) if (has(id)) more(id);
    },
    keep: (tx, channelIds) => keepLanes(tx, owner, new Map([...channelIds].flatMap((id) => (leases.has(id) ? [[id, (leases.get(id) as Lease).token] as const] : [])))),
    async release(channelIds) {
      for (const id of channelIds) leases.delete(id);
      await db.writeAlongside((tx) => releaseLanes(tx, owner, channelIds));
    },
    async start() {
      await claim();
      timer = setTimeout(() => void renew(), RENEW_EVERY_MS).unref();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await claiming;
      const mine = [...leases.keys()];
      leases.clear();
      await db.writeAlongside((tx) => releaseLanes(tx, owner, mine)).catch((error: unknown) => log.error({ err: error }, "lanes could not be given back; others take them when the leases end"));
    },
  };
}
