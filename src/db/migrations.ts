import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../errors.ts";
import type { Dialect } from "./dialect.ts";

export interface Migration {
  name: string;
  sql: string;
  /** As Prisma's own tools compute it. */
  checksum: string;
}

/**
 * The migrations that a database lacks, in order.
 * @param where the database, for people
 * @throws {StartError} when it has a migration that this program does not know
 */
export function missingMigrations(dialect: Dialect, applied: readonly string[], where: string): Migration[] {
  const folder = join(import.meta.dirname, "..", "..", "prisma", "migrations", dialect);
  const known = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  const foreign = applied.find((name) => !known.includes(name));
  if (foreign) {
    throw new StartError(`The database ${where} was written by a newer version of Carillon (it has "${foreign}"). Start that version, or restore a backup made before the upgrade.`);
  }
  return known.filter((name) => !applied.includes(name)).map((name) => {
    const sql = readFileSync(join(folder, name, "migration.sql"), "utf8");
    return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
  });
}
