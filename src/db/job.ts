import type { Database } from "./database.ts";
import { execute, sql } from "./sql.ts";

/** Work that comes again and again, and that one of the processes on a database does for all. */
export interface Job {
  /** Whether this process is the one that does it now: whoever began stays with it for as long as it goes on asking. */
  isMine(now: Date): Promise<boolean>;
  /** Leaves it to the others. */
  giveUp(): Promise<void>;
}

/**
 * @param name in the table of settings
 * @param leaseMs after so long without a word, another process does it: more than twice the time between two asks
 */
export function createJob(db: Database, name: string, leaseMs: number): Job {
  const { notifications } = db;
  if (!notifications) return { isMine: () => Promise.resolve(true), giveUp: () => Promise.resolve() };
  const key = `job.${name}`;
  const owner = JSON.stringify(notifications.process);

  return {
    async isMine(now) {
      const [since, until] = [new Date(now.getTime() - leaseMs), new Date(now.getTime() + leaseMs)];
      const taken = await db.writeAlongside((tx) =>
        execute(
          tx,
          sql`INSERT INTO "Setting" AS s ("key", "value", "updatedAt") VALUES (${key}, ${owner}::json, ${now}) ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "updatedAt" = excluded."updatedAt"
              WHERE s."value"::text = excluded."value"::text OR s."updatedAt" NOT BETWEEN ${since} AND ${until}`,
        ),
      );
      return taken > 0;
    },
    async giveUp() {
      await db.writeAlongside((tx) => execute(tx, sql`DELETE FROM "Setting" WHERE "key" = ${key} AND "value"::text = ${owner}`));
    },
  };
}
