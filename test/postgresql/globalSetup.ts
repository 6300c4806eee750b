import { randomBytes } from "node:crypto";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openPostgresql } from "../../src/db/postgresql.ts";
import { startPostgres } from "./startPostgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The URL of the server's first database; empty where tests run on SQLite. */
    postgres: string;
    /** A migrated database, to be copied. */
    template: string;
  }
}

/** One PostgreSQL for the test run, with one migrated database that every test's own is a copy of. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  const template = `template_${randomBytes(4).toString("hex")}`;
  const first = postgres.url("postgres");
  const client = new pg.Client({ connectionString: first });
  await client.connect();
  await client.query(`CREATE DATABASE "${template}"`);
  await client.end();
  const db = await openPostgresql(postgres.url(template), () => new Date());
  await db.close();
  provide("postgres", first);
  provide("template", template);
  return () => postgres.stop();
}
