import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

/** True where this run of the tests is about PostgreSQL. */
export const ON_POSTGRESQL = process.env["TEST_DATABASE"] === "postgresql";

/** Migrated databases that a test is done with, empty again: emptying one is quicker than making one. */
const spare: string[] = [];

/** @returns the URL of a migrated, empty database that nobody else uses until it is given back */
export async function takePostgresqlDatabase(): Promise<string> {
  return spare.pop() ?? (await createPostgresqlDatabase({ migrated: true }));
}

export async function giveBackPostgresqlDatabase(url: string): Promise<void> {
  await run(
    url,
    `DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'); END $$`,
  );
  spare.push(url);
}

/** The same for as long as the test runs. */
export async function freshPostgresqlUrl(): Promise<string> {
  const url = await takePostgresqlDatabase();
  onTestFinished(() => giveBackPostgresqlDatabase(url));
  return url;
}

/** @returns the URL of a new database */
export async function createPostgresqlDatabase({ migrated }: { migrated: boolean }): Promise<string> {
  const url = new URL(inject("postgres"));
  url.pathname = `/test_${randomBytes(8).toString("hex")}`;
  await asAdmin(`CREATE DATABASE ${url.pathname.slice(1)}${migrated ? ` TEMPLATE ${inject("template")}` : ""}`);
  return url.href;
}

/** Runs one statement on the server's first database. */
export async function asAdmin(sql: string): Promise<void> {
  await run(inject("postgres"), sql);
}

/** Runs one statement on a connection of its own. */
export async function run<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
