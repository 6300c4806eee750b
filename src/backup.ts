import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Config } from "./config.ts";
import { startErrorOf } from "./db/databaseErrors.ts";
import { isPostgresqlUrl } from "./db/dialect.ts";
import { copySqlite, sizeOfBackup } from "./db/sqliteBackup.ts";
import { refuseFullDisk } from "./diskSpace.ts";
import { StartError } from "./errors.ts";
import { syncToDisk } from "./syncToDisk.ts";

/** Nothing writes for so long, in milliseconds, and is still at it. */
const CUT_SHORT_AFTER = 24 * 60 * 60 * 1000;

/**
 * Writes the whole SQLite database to one file, also while a server runs on it. The file has its name only once it is whole.
 * @param target an absolute path
 * @param force whether a file of that name is replaced
 * @returns its size in bytes
 * @throws {StartError} with one clear line; a file of that name is as it was
 */
export async function backUp(config: Config, target: string, force: boolean): Promise<number> {
  const { database } = config;
  if (isPostgresqlUrl(database)) throw new StartError("DATABASE_URL is a PostgreSQL database: back it up with pg_dump.");
  if (!existsSync(database)) throw new StartError(`There is no database ${database} that could be backed up.`);
  const folder = dirname(target);
  const part = `${target}.${randomBytes(4).toString("hex")}.part`;
  try {
    if (!existsSync(folder)) throw new StartError(`There is no folder ${folder}.`);
    if (!statSync(folder).isDirectory()) throw new StartError(`${folder} is not a folder.`);
    refuseTarget(config, target, force);
    removeCutShort(target);
    refuseFullDisk(folder, await sizeOfBackup(database));
    await copySqlite(database, part);
    syncToDisk(part);
    // It took a while: another backup may have been quicker.
    refuseTarget(config, target, force);
    renameSync(part, target);
    syncToDisk(folder);
    return statSync(target).size;
  } catch (error) {
    throw startErrorOf(error, target, "backup");
  } finally {
    removePart(part);
  }
}

/** @throws {StartError} when the name is taken, and by what may not be replaced even by force */
function refuseTarget({ database }: Config, target: string, force: boolean): void {
  if (["", "-wal", "-shm", "-journal", ".lock"].some((suffix) => target === database + suffix)) throw new StartError(`${target} belongs to the database itself. Choose another file.`);
  if (!existsSync(target)) return;
  const [there, source] = [statSync(target), statSync(database)];
  if (there.dev === source.dev && there.ino === source.ino) throw new StartError(`${target} is the database itself. Choose another file.`);
  if (!there.isFile()) throw new StartError(`${target} is not a file. Choose another name.`);
  if (!force) throw new StartError(`${target} exists already. Choose another name, or replace it with --force.`);
}

/** Removes what backups to this file left that were killed. */
function removeCutShort(target: string): void {
  const [folder, name] = [dirname(target), basename(target)];
  for (const found of readdirSync(folder)) {
    if (!found.startsWith(`${name}.`) || !/^\.[0-9a-f]{8}\.part$/.test(found.slice(name.length))) continue;
    if (Date.now() - statSync(join(folder, found)).mtimeMs > CUT_SHORT_AFTER) removePart(join(folder, found));
  }
}

function removePart(part: string): void {
  try {
    for (const suffix of ["", "-journal"]) rmSync(part + suffix, { force: true });
  } catch {
    // Why the backup failed says more.
  }
}
