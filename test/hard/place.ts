import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { freshPostgresqlUrl, ON_POSTGRESQL, run } from "../postgresql/freshDatabase.ts";

/** Where the servers of one test keep what they know: a folder, and on PostgreSQL a database. It outlives any of them. */
export interface Place {
  dataDir: string;
  /** Leads a server there. */
  env: Record<string, string>;
  /** Reads the database past the server. */
  rows<Row extends object>(sql: string): Promise<Row[]>;
  /** What a damaged file would say; on PostgreSQL, whose files are its own, always the good answer. */
  integrity(): unknown;
}

export const WHOLE = ["ok", []];

export async function makePlace(): Promise<Place> {
  const dataDir = mkdtempSync(join(tmpdir(), "carillon-hard-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  if (!ON_POSTGRESQL) return { dataDir, env: {}, rows: async (sql) => readFrom(join(dataDir, "carillon.db"), sql), integrity: () => integrityOf(dataDir) };
  const url = await freshPostgresqlUrl();
  return { dataDir, env: { DATABASE_URL: url }, rows: (sql) => run(url, sql), integrity: () => WHOLE };
}

function readFrom<Row>(file: string, sql: string): Row[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all() as Row[];
  } finally {
    db.close();
  }
}

function integrityOf(dataDir: string): unknown {
  // On a copy: looking must not repair what the next start is to repair.
  const copy = mkdtempSync(join(tmpdir(), "carillon-check-"));
  try {
    for (const suffix of ["", "-wal"]) {
      const file = join(dataDir, `carillon.db${suffix}`);
      if (existsSync(file)) copyFileSync(file, join(copy, `carillon.db${suffix}`));
    }
    const db = new Database(join(copy, "carillon.db"));
    const result = [db.pragma("integrity_check", { simple: true }), db.pragma("foreign_key_check")];
    db.close();
    return result;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
