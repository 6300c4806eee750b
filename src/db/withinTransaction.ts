import type { Database, Transaction } from "./database.ts";
import type { PrismaClient } from "./generated/client.ts";

/** The database as a transaction of it sees it: what is read and written by it is part of that transaction, which must last as long. */
export function withinTransaction(db: Database, tx: Transaction): Database {
  return {
    ...db,
    read: tx as PrismaClient,
    write: (work) => work(tx),
    writeAlongside: (work) => work(tx),
    writeStatements: (work) => work(tx),
    notifications: null,
    writing: 0,
    close: () => Promise.reject(new Error("a transaction closes no database")),
  };
}
