import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import type { SqlDriverAdapter } from "@prisma/driver-adapter-utils";
import { StartError } from "../errors.ts";
import { isDamaged, startErrorOf } from "./databaseErrors.ts";
import { appliedMigrations, texts } from "./migrate.ts";
import { missingMigrations } from "./migrations.ts";

/**
 * How many bytes a backup of the file takes at most.
 * @throws {StartError} when the database cannot be read
 */
export async function sizeOfBackup(file: string): Promise<number> {
  const used = `SELECT (p."page_count" - f."freelist_count") * s."page_size" FROM pragma_page_count AS p, pragma_freelist_count AS f, pragma_page_size AS s`;
  try {
    return await withConnection(file, async (connection) => Number((await texts(connection, used))[0]));
  } catch (error) {
    throw startErrorOf(error, file);
  }
}

/**
 * Writes what a database holds at this moment to a new file, and checks that file. A server may go on writing meanwhile.
 * @param target must not exist; when this fails, part of it may
 * @throws {StartError} when the database is damaged or the new file cannot be written
 */
export async function copySqlite(file: string, target: string): Promise<void> {
  try {
    // It reads in one transaction, as of its beginning, which in WAL mode keeps nobody from writing.
    await withConnection(file, (connection) => connection.executeScript(`VACUUM INTO '${target.replaceAll("'", "''")}'`));
    await withConnection(target, async (connection) => {
      const fault = await faultOf(connection);
      if (fault) throw new StartError(`The database ${file} is damaged (${fault}).`);
      await refuseStrange(connection, file);
    });
  } catch (error) {
    throw isDamaged(error) ? startErrorOf(error, file) : startErrorOf(error, target, "backup");
  }
}

/**
 * Finds out whether a server could start on a file, in which it ends what a crash may have left.
 * @param backup what people know the file as
 * @returns the row by which the secret key is checked, as it is stored, or null when there is none
 * @throws {StartError} when it is damaged, another program's or a newer version's
 */
export async function checkSqliteBackup(file: string, backup: string): Promise<string | null> {
  try {
    return await withConnection(file, async (connection) => {
      const fault = await faultOf(connection);
      if (fault) throw new StartError(`The backup ${backup} is damaged (${fault}).`);
      missingMigrations("sqlite", await refuseStrange(connection, backup), backup);
      const [stored] = await texts(connection, `SELECT "value" FROM "Setting" WHERE "key" = 'secretKeyCheck'`);
      return stored ?? null;
    });
  } catch (error) {
    throw isDamaged(error) ? new StartError(`The backup ${backup} is damaged, or no SQLite database.`) : startErrorOf(error, file);
  }
}

/** Moves what is in the log into the database file itself. A damaged database is left as it is, with its log. */
export async function settleSqlite(file: string): Promise<void> {
  try {
    // Whoever may write changes the file by merely closing it.
    if (await withConnection(file, faultOf, true)) return;
    await withConnection(file, (connection) => connection.executeScript("PRAGMA wal_checkpoint(TRUNCATE)"));
  } catch {
    // Whoever replaces the file keeps the log beside it.
  }
}

/** @returns its migrations */
async function refuseStrange(connection: SqlDriverAdapter, file: string): Promise<string[]> {
  const applied = await appliedMigrations(connection);
  if (applied.length === 0) throw new StartError(`The file ${file} holds no database of Carillon.`);
  return applied;
}

async function withConnection<Result>(file: string, work: (connection: SqlDriverAdapter) => Promise<Result>, readonly = false): Promise<Result> {
  const connection = await new PrismaBetterSqlite3({ url: `file:${file}`, readonly }).connect();
  try {
    return await work(connection);
  } finally {
    await connection.dispose();
  }
}

/** The first thing that is wrong in the whole file; null when it is sound. */
async function faultOf(connection: SqlDriverAdapter): Promise<string | null> {
  const [first] = await texts(connection, "PRAGMA integrity_check(1)");
  return first === "ok" ? null : (first?.replaceAll(/[*\s]+/g, " ").trim() ?? "unreadable");
}
