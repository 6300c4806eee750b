import { createHash } from "node:crypto";
import { dialectOf } from "./dialect.ts";
import { LOCK_SPACE } from "./lockSpace.ts";
import { execute, sql } from "./sql.ts";
import type { SqlClient } from "./sql.ts";

/** What has a lock of its own; everything else shares some, see `lockItems`. */
const LOCKS = { SETTINGS: 1, ATTEMPTS: 2, HELD: 3, CONDITIONS: 4 };

export type LockName = keyof typeof LOCKS;

const FIRST_ITEM_LOCK = 1000;
/** PostgreSQL has room for some thousand locks in all: more items than this share, and wait for each other now and then. */
const ITEM_LOCKS = 256;

export interface WantedLocks {
  /** Held by one transaction at a time. */
  alone?: readonly LockName[];
  /** Held by many at once, but never while one has it alone. */
  shared?: readonly LockName[];
  /** Gives the names of things of which only one transaction at a time may decide, e.g. "fingerprint x". */
  items?: () => Iterable<string>;
}

/**
 * Waits until no other transaction, of this process or another one, has any of these locks, and keeps them until this one
 * ends. Must be a transaction's first statement and its only one of this kind: all take them in one order, so none waits for ever.
 * On SQLite there is nothing to do: it writes one transaction at a time.
 */
export async function takeLocks(tx: SqlClient, { alone = [], shared = [], items }: WantedLocks): Promise<void> {
  if (dialectOf(tx) === "sqlite") return;
  const wanted = new Map(shared.map((name) => [LOCKS[name], true]));
  for (const name of alone) wanted.set(LOCKS[name], false);
  for (const item of items?.() ?? []) wanted.set(itemLock(item), false);
  const sorted = [...wanted].sort(([a], [b]) => a - b).map(([key, isShared]) => ({ key, isShared }));
  await execute(
    tx,
    sql`SELECT CASE WHEN l."isShared" THEN pg_advisory_xact_lock_shared(${LOCK_SPACE}::int, l."key") ELSE pg_advisory_xact_lock(${LOCK_SPACE}::int, l."key") END
        FROM json_to_recordset(${JSON.stringify(sorted)}::json) AS l ("key" int, "isShared" boolean)`,
  );
}

function itemLock(item: string): number {
  return FIRST_ITEM_LOCK + ((createHash("sha256").update(item).digest()[0] ?? 0) % ITEM_LOCKS);
}
