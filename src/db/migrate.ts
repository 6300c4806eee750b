import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import type { SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { StartError } from "../errors.ts";
import { missingMigrations } from "./migrations.ts";
import type { Migration } from "./migrations.ts";

/** Prisma's own table, so that Prisma's tools agree on what has been applied. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`;

/** Larger files are not checked at every start: it would take seconds. SQLite still finds damage when it meets it. */
const LARGEST_CHECKED_BYTES = 100 * 1024 * 1024;

/**
 * Applies the migrations that are missing, all in one transaction.
 * @throws {StartError} when the file has a migration that this program does not know
 */
export async function migrate(file: string, now: () => Date): Promise<void> {
  const db = await new PrismaBetterSqlite3({ url: `file:${file}` }).connect();
  try {
    await refuseDamaged(db, file);
    const missing = missingMigrations("sqlite", await appliedMigrations(db), file);
    if (missing.length > 0) await apply(db, missing, now);
  } finally {
    await db.dispose();
  }
}

async function refuseDamaged(db: SqlDriverAdapter, file: string): Promise<void> {
  if (statSync(file).size > LARGEST_CHECKED_BYTES) return;
  const [first] = await texts(db, "PRAGMA quick_check(1)");
  if (first !== "ok") throw new StartError(`The database ${file} is damaged (${first?.replaceAll(/[*\s]+/g, " ").trim() ?? "unreadable"}). Restore it from a backup; it was left as it is.`);
}

/** @throws {StartError} when the file has tables, but they are not Carillon's */
export async function appliedMigrations(db: SqlDriverAdapter): Promise<string[]> {
  const tables = await texts(db, `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table'`);
  if (!tables.includes("_prisma_migrations")) {
    if (tables.length > 0) throw new StartError("The database file belongs to another program: it has tables, but none of Carillon's migrations.");
    return [];
  }
  return texts(db, `SELECT "migration_name" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL ORDER BY "migration_name"`);
}

/** The first column of what a query gives. */
export async function texts(db: SqlDriverAdapter, sql: string): Promise<string[]> {
  const result = await db.queryRaw({ sql, args: [], argTypes: [] });
  return result.rows.map((row) => String(row[0]));
}

async function apply(db: SqlDriverAdapter, missing: Migration[], now: () => Date): Promise<void> {
  const scripts = missing.map(
    ({ name, sql, checksum }) => `${sql};
      INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
      VALUES ('${randomUUID()}', '${checksum}', '${name}', ${now().getTime()}, ${now().getTime()}, 1);`,
  );
  try {
    // A table that is made anew is dropped first: with foreign keys on, all that refers to it would go with it.
    await db.executeScript(`PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; ${MIGRATIONS_TABLE}; ${scripts.join("\n")} COMMIT;`);
  } catch (error) {
    await db.executeScript("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
