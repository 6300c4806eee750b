import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { StartError } from "../errors.ts";
import { isBusy } from "./databaseErrors.ts";

/**
 * Keeps a second server off the same database file, which it would deliver from twice. The lock is an open SQLite
 * transaction on a file beside it: the operating system lets go of it however the process ends.
 * @returns what gives the lock back
 * @throws {StartError} when another process has it
 */
export async function lockDatabase(file: string): Promise<() => Promise<void>> {
  const lock = await new PrismaBetterSqlite3({ url: `file:${file}.lock`, timeout: 0 }).connect();
  try {
    await lock.executeScript("BEGIN EXCLUSIVE");
  } catch (error) {
    await lock.dispose();
    // A full or read-only disk is no other server.
    if (!isBusy(error)) throw error;
    throw new StartError(`The database ${file} is in use by another Carillon process. Only one server may use it.`);
  }
  return () => lock.dispose();
}
