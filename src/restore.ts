import { chmodSync, chownSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "./config.ts";
import { startErrorOf } from "./db/databaseErrors.ts";
import { isPostgresqlUrl } from "./db/dialect.ts";
import { lockDatabase } from "./db/lock.ts";
import { replaceDatabase } from "./db/replaceDatabase.ts";
import { checkSqliteBackup } from "./db/sqliteBackup.ts";
import { refuseFullDisk } from "./diskSpace.ts";
import { StartError } from "./errors.ts";
import { secretKeyFile, secretKeyIn } from "./firstStart.ts";
import { createSecretBox } from "./secretBox.ts";
import { isKeyOf } from "./settings/secretKeyCheck.ts";

/** What every SQLite file begins with. */
const HEADER = "SQLite format 3\0";

/**
 * Puts a backup in the place of the SQLite database. The server must be stopped; at every moment there is a whole database.
 * @param backup an absolute path
 * @returns where the database is kept that was there before; null when there was none
 * @throws {StartError} with one clear line, having changed nothing
 */
export async function restore(config: Config, backup: string): Promise<string | null> {
  const { database } = config;
  if (isPostgresqlUrl(database)) throw new StartError("DATABASE_URL is a PostgreSQL database: restore it with pg_restore, or psql.");
  refuseNoDatabase(backup);
  refuseSame(backup, database);
  const key = readKey(config);
  try {
    mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
    const unlock = await lockDatabase(database);
    const copy = `${database}.restoring`;
    try {
      // Killed before, it left its copy behind.
      removeCopy(copy);
      refuseFullDisk(dirname(database), statSync(backup).size);
      for (const suffix of ["", "-wal"]) if (existsSync(backup + suffix)) copyFileSync(backup + suffix, copy + suffix);
      ownAs(copy, database);
      await refuseOtherKey(await checkSqliteBackup(copy, backup), key, backup);
      return await replaceDatabase(database, copy);
    } finally {
      removeCopy(copy);
      await unlock();
    }
  } catch (error) {
    throw startErrorOf(error, database);
  }
}

/** @throws {StartError} when the file is missing, cannot be read or is no SQLite file */
function refuseNoDatabase(backup: string): void {
  if (!existsSync(backup)) throw new StartError(`There is no file ${backup}.`);
  const start = Buffer.alloc(HEADER.length);
  try {
    const file = openSync(backup, "r");
    try {
      readSync(file, start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new StartError(`The file ${backup} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (start.toString("latin1") !== HEADER) throw new StartError(`The file ${backup} is not a SQLite database.`);
}

function refuseSame(backup: string, database: string): void {
  if (!existsSync(database)) return;
  const [from, to] = [statSync(backup), statSync(database)];
  if (from.dev === to.dev && from.ino === to.ino) throw new StartError(`${backup} is the database itself.`);
}

/** @throws {StartError} when there is none: a new one would open nothing */
function readKey({ dataDir, secretKey }: Config): Buffer {
  if (secretKey) return secretKey;
  const file = secretKeyFile(dataDir);
  if (!existsSync(file)) throw new StartError(`The secret key ${file} is missing. Put there the one that the backup was encrypted with, or give it as SECRET_KEY.`);
  return secretKeyIn(file);
}

async function refuseOtherKey(stored: string | null, key: Buffer, backup: string): Promise<void> {
  if (stored === null) return;
  const sealed: unknown = JSON.parse(stored);
  if (await isKeyOf({ get: async () => sealed }, createSecretBox(key))) return;
  const keyId = String(sealed).split(".")[1] ?? "";
  throw new StartError(`The secret key is not the one that the backup ${backup} was encrypted with, which is ${keyId}. Put that one back as secret.key (when the key is changed, the old one is kept as secret.key.${keyId}.old), or set SECRET_KEY to it.`);
}

/** A server runs as whom the database belonged to, whoever restores it. */
function ownAs(copy: string, database: string): void {
  chmodSync(copy, 0o600);
  if (process.getuid?.() !== 0 || !existsSync(database)) return;
  const { uid, gid } = statSync(database);
  chownSync(copy, uid, gid);
}

function removeCopy(copy: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(copy + suffix, { force: true });
}
