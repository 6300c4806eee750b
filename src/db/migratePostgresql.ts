import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { StartError } from "../errors.ts";
import { missingMigrations } from "./migrations.ts";
import { LOCK_SPACE, MIGRATION_LOCK } from "./lockSpace.ts";

/** Prisma's own table, so that Prisma's tools agree on what has been applied. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ, "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT, "rolled_back_at" TIMESTAMPTZ, "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`;

/**
 * Applies the migrations that are missing, all in one transaction; of several servers that start at once one does it, and
 * the others wait.
 * @param where the database, for people
 * @throws {StartError} when the database is not Carillon's, is newer than this program, or cannot hold every text
 */
export async function migratePostgresql(client: Client, where: string, now: () => Date): Promise<void> {
  const [encoding] = await texts(client, `SELECT current_setting('server_encoding')`);
  if (encoding !== "UTF8") throw new StartError(`The database ${where} has the encoding ${encoding}, which cannot hold every text. Create it with ENCODING 'UTF8'.`);
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1, $2)", [LOCK_SPACE, MIGRATION_LOCK]);
    const missing = missingMigrations("postgresql", await appliedMigrations(client, where), where);
    if (missing.length > 0) await client.query(MIGRATIONS_TABLE);
    for (const { name, sql, checksum } of missing) {
      await client.query(sql);
      await client.query(
        `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count") VALUES ($1, $2, $3, $4, $4, 1)`,
        [randomUUID(), checksum, name, now()],
      );
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function appliedMigrations(client: Client, where: string): Promise<string[]> {
  const tables = await texts(client, `SELECT "table_name" FROM "information_schema"."tables" WHERE "table_schema" = 'public' AND "table_type" = 'BASE TABLE'`);
  if (tables.includes("_prisma_migrations")) return texts(client, `SELECT "migration_name" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL ORDER BY "migration_name"`);
  if (tables.length > 0) throw new StartError(`The database ${where} belongs to another program: it has tables, but none of Carillon's migrations. Create one for Carillon alone.`);
  return [];
}

async function texts(client: Client, sql: string): Promise<string[]> {
  const { rows } = await client.query<string[]>({ text: sql, rowMode: "array" });
  return rows.map(([value]) => String(value));
}
