import type { Database, Transaction } from "../db/database.ts";
import type { SqlClient } from "../db/sql.ts";
import type { Log } from "../log.ts";
import type { LaneRest } from "./lane.ts";
import { addLanes, claimLanes, findBalance, keepLanes, releaseLanes, renewLanes } from "./lease.store.ts";
import type { Balance, ClaimedLane } from "./lease.store.ts";

/**
 * Shares the channels' lanes out among the processes on one database: a lane belongs to one of them at a time, so that
 * order, concurrency and rate of a channel hold across all. Each takes its fair share and gives back what is more when another
 * process comes. A process that dies loses its lanes when their leases end.
 */
export interface Leases {
  /** Tells that something waits for these channels: this process works it off, or whichever has the lane. */
  work(channelIds: Iterable<string>): void;
  /** Tells that another process has stored something for these channels. */
  more(channelIds: readonly string[]): void;
  /** Tells that there are lanes that nobody has. */
  lookForFree(): void;
  /** Whether the lane is this process's, for long enough to begin a try. */
  has(channelId: string): boolean;
  /** Whether the lane was this process's, and may be so again: its lease could not be renewed in time, and nobody else is known to have it. */
  hasLapsed(channelId: string): boolean;
  /** Which of these lanes are still this process's, until the transaction ends. */
  keep(tx: SqlClient, channelIds: Iterable<string>): Promise<Set<string>>;
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
  gained(channelId: string, takenOver: boolean, rest: LaneRest): void;
  /** How a lane of this process is left, or was when it was lost. */
  restOf(channelId: string): LaneRest;
  /** There is more in the database for a lane of this process. */
  more(channelId: string): void;
  /** The lane is another process's, or soon will be: nothing more is begun. Resolves when what was under way is stored. */
  lost(channelId: string): Promise<void>;
  /** Tells the other processes of channels for which something waits. */
  tell(channelIds: readonly string[]): void;
  /** Tells the other processes that there are lanes that nobody has. */
  tellFree(): void;
}

/** A dead process's channels wait for so long. */
const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 3_000;
/** A try may last longer than its lease; what must not be is that it begins when another process may have the lane. */
const MARGIN_MS = 2_000;
/** When the database itself was away, all leases have run out: so long after it is back, each process is left to renew its own. */
const GRACE_MS = 2 * RENEW_EVERY_MS;
/** What nobody takes for so long, whoever's turn it is, is taken by whoever sees it. */
const LONGEST_FREE_MS = 6_000;
/** After that a process keeps more than its share for so long: those who did not take it may hang. */
const GENEROUS_MS = 60_000;

interface Lease {
  token: number;
  /** By `performance.now()`. */
  until: number;
}

export function createLeases({ db, log, gained, restOf, more, lost, tell, tellFree }: LeasesDeps): Leases {
  const owner = db.notifications?.process ?? "";
  const leases = new Map<string, Lease>();
  /** Lanes that are being given up: nothing more is begun in them, and they are kept until what is under way is stored. */
  const leaving = new Set<string>();
  /** Lanes that another process has taken, while what was under way here has not ended: until then they are not taken back. */
  const ending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let claiming: Promise<void> | null = null;
  /** Channels that are to be told of if they cannot be claimed. */
  let wanted = new Set<string>();
  let claimAgain = false;
  /** False while all that is asked for is what another process has told of: they would go on telling each other. */
  let mayTellFree = false;
  /** By `performance.now()`. */
  let graceUntil = 0;
  let freeSince: number | null = null;
  let generousUntil = 0;
  let closed = false;

  function has(channelId: string): boolean {
    return !leaving.has(channelId) && (leases.get(channelId)?.until ?? 0) - MARGIN_MS > performance.now();
  }

  async function claim(): Promise<void> {
    claimAgain = false;
    const [asked, tellsFree] = [wanted, mayTellFree];
    wanted = new Set();
    mayTellFree = false;
    const now = performance.now();
    const { balance, claimed } = await db.writeAlongside((tx) => claimShare(tx, now));
    for (const { channelId, token, takenOver, pausedMs, fullInMs } of claimed) {
      leases.set(channelId, { token: Number(token), until: now + LEASE_MS });
      // How far a process has come that did not give it back, nobody knows: a channel's rate holds across all.
      gained(channelId, takenOver, { pausedMs, fullInMs: takenOver ? Infinity : fullInMs });
      asked.delete(channelId);
    }
    const others = [...asked].filter((id) => !has(id));
    if (others.length > 0) tell(others);
    const isLeft = balance.free > claimed.length;
    if (isLeft && tellsFree) tellFree();
    freeSince = isLeft ? (freeSince ?? now) : null;
    giveUpSurplus(balance.mine + claimed.length - shareOf(balance));
  }

  async function claimShare(tx: Transaction, now: number): Promise<{ balance: Balance; claimed: ClaimedLane[] }> {
    await addLanes(tx);
    const wish = { owner, own: [...leases.keys(), ...ending], takeOver: now > graceUntil };
    const balance = await findBalance(tx, wish);
    if (freeSince !== null && now - freeSince > LONGEST_FREE_MS) generousUntil = now + GENEROUS_MS;
    const most = now < generousUntil ? balance.free : Math.min(balance.free, shareOf(balance) - balance.mine);
    return { balance, claimed: most > 0 ? await claimLanes(tx, wish, LEASE_MS, most) : [] };
  }

  /** Claims that come together are one. */
  function claimSoon(): void {
    if (closed) return;
    claimAgain = true;
    claiming ??= Promise.resolve()
      .then(claim)
      .catch((error: unknown) => {
        graceUntil = performance.now() + GRACE_MS;
        log.error({ err: error }, "lanes could not be claimed; trying again");
      })
      .finally(() => {
        claiming = null;
        if (claimAgain || wanted.size > 0) claimSoon();
      });
  }

  /** The newest go: those before have their queues in memory for longer. */
  function giveUpSurplus(surplus: number): void {
    if (surplus <= leaving.size || performance.now() < generousUntil) return;
    const staying = [...leases.keys()].filter((id) => !leaving.has(id));
    for (const id of staying.slice(staying.length - (surplus - leaving.size))) {
      void giveUp(id).catch((error: unknown) => log.error({ err: error }, "a lane could not be given to another process; it takes it when the lease ends"));
    }
  }

  async function giveUp(channelId: string): Promise<void> {
    leaving.add(channelId);
    try {
      await lost(channelId);
      await release([channelId]);
    } finally {
      leases.delete(channelId);
      leaving.delete(channelId);
    }
    tellFree();
  }

  async function release(channelIds: readonly string[]): Promise<void> {
    const lanes = channelIds.map((channelId) => ({ channelId, ...restOf(channelId) }));
    await db.writeAlongside((tx) => releaseLanes(tx, owner, lanes));
  }

  async function renew(): Promise<void> {
    const now = performance.now();
    try {
      await renewAll(now);
    } catch (error) {
      graceUntil = performance.now() + GRACE_MS;
      log.error({ err: error }, "lanes could not be kept; trying again");
    }
    mayTellFree = true;
    claimSoon();
    renewLater();
  }

  async function renewAll(now: number): Promise<void> {
    const asked = [...leases.keys()];
    if (asked.length === 0) return;
    const kept = new Set(await db.writeAlongside((tx) => renewLanes(tx, owner, asked, LEASE_MS)));
    for (const channelId of asked) {
      const lease = leases.get(channelId);
      if (!lease) continue;
      if (kept.has(channelId)) {
        const lapsed = !has(channelId);
        lease.until = Math.max(lease.until, now + LEASE_MS);
        if (lapsed && has(channelId)) more(channelId);
      } else if (!leaving.has(channelId)) {
        leases.delete(channelId);
        ending.add(channelId);
        void lost(channelId).finally(() => ending.delete(channelId));
      }
    }
  }

  function renewLater(): void {
    if (!closed) timer = setTimeout(() => void renew(), RENEW_EVERY_MS).unref();
  }

  return {
    has,
    hasLapsed: (channelId) => leases.has(channelId) && !leaving.has(channelId),
    work(channelIds) {
      for (const id of channelIds) {
        if (has(id)) more(id);
        else wanted.add(id);
      }
      if (wanted.size === 0) return;
      mayTellFree = true;
      claimSoon();
    },
    more(channelIds) {
      for (const id of channelIds) if (has(id)) more(id);
    },
    lookForFree: claimSoon,
    keep: (tx, channelIds) => keepLanes(tx, owner, new Map([...channelIds].flatMap((id) => (leases.has(id) ? [[id, (leases.get(id) as Lease).token] as const] : [])))),
    async release(channelIds) {
      for (const id of channelIds) leases.delete(id);
      await release(channelIds);
    },
    async start() {
      await db.notifications?.join();
      await claim();
      renewLater();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await claiming;
      const mine = [...leases.keys()];
      leases.clear();
      try {
        await db.notifications?.leave();
        await release(mine);
        tellFree();
      } catch (error) {
        log.error({ err: error }, "lanes could not be given back; others take them when the leases end");
      }
    },
  };
}

/** How many lanes a process is to have at the most. */
function shareOf({ free, taken, processes }: Balance): number {
  return Math.ceil((free + taken) / processes);
}
