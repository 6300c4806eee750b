import { CallerError, ConflictError, StartError } from "../errors.ts";
import { Prisma } from "./generated/client.ts";

/** SQLite's words for what can go wrong with the file, and what to do about it. */
export const SQLITE_CAUSES: { match: RegExp; advice: string }[] = [
  { match: /SQLITE_NOTADB|file is not a database/, advice: "is not a SQLite database. Restore it from a backup or move it away to start anew." },
  { match: /SQLITE_CORRUPT|malformed/, advice: "is damaged. Restore it from a backup; it was left as it is." },
  { match: /SQLITE_FULL|disk is full|ENOSPC|EDQUOT/, advice: "cannot be written: the disk is full." },
  { match: /SQLITE_BUSY|database is locked/, advice: "is in use by another process. Only one server may use it." },
  { match: /SQLITE_READONLY|EROFS|EACCES|EPERM|attempt to write a readonly/, advice: "cannot be written: check who owns it and its permissions." },
  { match: /SQLITE_CANTOPEN|unable to open|ENOTDIR|EISDIR|ENOENT/, advice: "cannot be opened: check that its folder exists and may be written." },
  { match: /SQLITE_IOERR|disk I\/O error|\bEIO\b/, advice: "cannot be read or written: the disk reports an error or is full." },
  { match: /the thread that writes to the database has ended/, advice: "cannot be written for a moment: the thread that writes to it has ended by a fault, and is started again." },
];

/** Everything an error says of its cause, for finding out what it is. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join(" ");
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  const cause = error.cause === undefined ? "" : JSON.stringify(error.cause);
  return `${code} ${error.message} ${cause}`;
}

/** True when another process holds the file. */
export function isBusy(error: unknown): boolean {
  return /SQLITE_BUSY|database is locked/.test(textOf(error));
}

/** True when the file is damaged, or no database at all. */
export function isDamaged(error: unknown): boolean {
  return /SQLITE_NOTADB|file is not a database|SQLITE_CORRUPT|malformed/.test(textOf(error));
}

/** What opening the database at start failed from, as one clear line. */
export function startErrorOf(error: unknown, file: string, what = "database"): unknown {
  if (error instanceof StartError) return error;
  const text = textOf(error);
  const cause = SQLITE_CAUSES.find(({ match }) => match.test(text));
  return cause ? new StartError(`The ${what} ${file} ${cause.advice}`) : error;
}

const CANNOT_WRITE = /SQLITE_FULL|SQLITE_IOERR|SQLITE_READONLY|disk is full|disk I\/O error|readonly database/;

/** PostgreSQL is away, stopping, full, read-only or too busy: by its own codes, as the adapter's errors quote them. */
const CANNOT_REACH_STATES = /(Code: `|"originalCode":")(08...|53...|57P0.|57014|25006|55P03)/;
/** The same, by Prisma's codes and by what Prisma and the driver say. */
const CANNOT_REACH_CODES = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2034", "P2037"]);
const CANNOT_REACH_TEXTS = /Can't reach database server|^Client has encountered a connection error|^Connection terminated|^timeout exceeded when trying to connect|^Query read timeout/m;

function cannotReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (CANNOT_REACH_TEXTS.test(error.message)) return true;
  if (error.name === "ThreadEndedError") return true;
  if (error.name === "SqliteError") return isBusy(error);
  // Other errors may quote what a caller has sent.
  if (!/^(PrismaClient|DriverAdapterError)/.test(error.name)) return false;
  return CANNOT_REACH_STATES.test(textOf(error)) || ("code" in error && CANNOT_REACH_CODES.has(String(error.code)));
}

/** Turns a database that cannot be used for a while, met while running, into an error that callers may see; other errors pass as they are. */
export function storageErrorOf(error: unknown): unknown {
  if (error instanceof CallerError) return error;
  if (CANNOT_WRITE.test(textOf(error))) return new CallerError("UNAVAILABLE", "The server cannot write to its disk at present; nothing was stored. Try again later.");
  if (cannotReach(error)) return new CallerError("UNAVAILABLE", "The server cannot use its database at present. Try again later; with the same idempotencyKey an event is stored once.");
  return error;
}

/** @throws {ConflictError} with this message when the row's unique name is taken */
export async function whenNameIsFree<Result>(message: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
    throw taken ? new ConflictError(message) : error;
  }
}
