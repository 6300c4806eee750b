// Writes prisma/postgresql.prisma, which PostgreSQL's client is generated from: Prisma knows one database a schema, and there is to be one schema.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The schema of prisma/schema.prisma for PostgreSQL. The API's types are made from the original alone. */
export function postgresqlSchema(): string {
  return readFileSync(join(import.meta.dirname, "schema.prisma"), "utf8")
    .replace('provider = "sqlite"', 'provider = "postgresql"')
    .replace('"../src/db/generated"', '"../src/db/generatedPostgresql"')
    .replace(/^generator pothos \{[^}]*\}\n+/m, "")
    // JSONB forgets the order of keys, in which messages show what an event carries.
    .replace(/^( +\w+ +Json\??)(?=\s|$)/gm, "$1 @db.Json");
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(import.meta.dirname, "postgresql.prisma"), postgresqlSchema());
