import { constants, copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StartError } from "../errors.ts";
import { syncToDisk } from "../syncToDisk.ts";
import { settleSqlite } from "./sqliteBackup.ts";

/**
 * Gives a file the name of the database, whose lock the caller holds. What was there gets a second name before, so that
 * there is a database at every moment.
 * @param file in the same folder, without a log of its own
 * @returns the second name; null when there was no database
 * @throws {StartError} when that name is taken; nothing was changed
 */
export async function replaceDatabase(database: string, file: string): Promise<string | null> {
  syncToDisk(file);
  const kept = existsSync(database) ? await keep(database) : null;
  // A log that stays would be taken for the new file's.
  for (const suffix of ["-wal", "-shm", "-journal"]) rmSync(database + suffix, { force: true });
  renameSync(file, database);
  syncToDisk(dirname(database));
  return kept;
}

async function keep(database: string): Promise<string> {
  const kept = `${database}.before-restore`;
  // One that was cut short has come so far.
  const cutShort = existsSync(kept) && isSame(kept, database);
  if (existsSync(kept) && !cutShort) throw new StartError(`${kept} is there from an earlier restore. Move it away, or delete it.`);
  await settleSqlite(database);
  // The file comes last: while it is missing, the others are leftovers; once it is there, they belong to it.
  for (const suffix of ["-wal", "-journal", ""]) {
    if (existsSync(database + suffix) || !cutShort) rmSync(kept + suffix, { force: true });
    if (existsSync(database + suffix)) alsoAs(database + suffix, kept + suffix);
  }
  syncToDisk(dirname(database));
  return kept;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

function alsoAs(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch {
    // Not every file system can give a file two names.
    try {
      copyFileSync(file, name, constants.COPYFILE_FICLONE);
      syncToDisk(name);
    } catch (error) {
      rmSync(name, { force: true });
      throw error;
    }
  }
}
