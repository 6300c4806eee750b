// Writes the next migration of each database: what has to change from prisma/migrations to prisma/schema.prisma.
// Usage: npm run migration:new -- name_of_the_change. Read the results before committing them.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";
import { startPostgres } from "../test/postgresql/startPostgres.ts";
import { postgresqlSchema } from "./postgresqlSchema.ts";

const name = process.argv[2];
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error("Give the change a name in lower_snake_case: npm run migration:new -- add_silences");
  process.exit(1);
}

const SCHEMA = join(import.meta.dirname, "schema.prisma");

const wasm = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm").replace("schema_engine.js", "schema_engine_bg.wasm");
// Where the engine leaves what it has failed at.
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) } });
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { "./schema_engine_bg.js": engine as never });
(engine as unknown as { __wbg_set_wasm: (exports: unknown) => void }).__wbg_set_wasm(instance.exports);
(instance.exports as { __wbindgen_start: () => void }).__wbindgen_start();

/** The schema language knows no partial indexes, and the engine fails at describing them. */
function withoutPartialIndexes(sql: string): string {
  return sql.replace(/^CREATE (UNIQUE )?INDEX [^;]* WHERE [^;]*;$/gm, "");
}

/** The engine sends a whole migration as one statement, which SQLite takes as a script only. */
function sqliteFactory(): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaBetterSqlite3({ url: ":memory:" });
  const connect = factory.connectToShadowDb.bind(factory);
  factory.connectToShadowDb = async () => {
    const connection = await connect();
    const executeRaw = connection.executeRaw.bind(connection);
    connection.executeRaw = async (query) => {
      if (query.args.length > 0) return executeRaw(query);
      await connection.executeScript(query.sql);
      return 0;
    };
    return connection;
  };
  return factory;
}

/** What the engine compares. */
type Side = object;

function schemaSide(content: string): Side {
  return { tag: "schemaDatamodel", files: [{ path: SCHEMA, content }] };
}

function migrationsSide(folder: string): Side {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  return {
    tag: "migrations",
    baseDir: folder,
    lockfile: { path: "migration_lock.toml", content: `provider = "sqlite"` },
    shadowDbInitScript: "",
    migrationDirectories: names.map((migration) => ({
      path: migration,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: withoutPartialIndexes(readFileSync(join(folder, migration, "migration.sql"), "utf8")) } },
    })),
  };
}

/** @returns SQL that makes a database as the one side has it one of this schema */
async function difference(from: Side, schema: string, factory: SqlMigrationAwareDriverAdapterFactory): Promise<string> {
  const schemaEngine = await engine.SchemaEngine.new({ datamodels: [[SCHEMA, schema]] } as never, () => undefined, bindMigrationAwareSqlAdapterFactory(factory));
  const result = await schemaEngine.diff({ from, to: schemaSide(schema), script: true, exitCode: null, filters: { externalTables: [], externalEnums: [] } } as never);
  return result.stdout ?? "";
}

/** Texts are in the order of their bytes, as SQLite has them, whatever order the database was created with: ids, names and cursors must compare alike everywhere. */
function inByteOrder(sql: string): string {
  return sql.replace(/^(\s+"\w+" TEXT|.* ADD COLUMN +"\w+" TEXT)\b/gm, '$1 COLLATE "C"');
}

function write(folder: string, sql: string): void {
  if (!/^\s*[A-Z]/m.test(sql.replaceAll(/^--.*$/gm, ""))) return console.log(`Nothing changes for ${folder}`);
  const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const target = join(folder, `${stamp}_${name}`);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "migration.sql"), sql);
  console.log(`Wrote ${join(target, "migration.sql")}`);
}

const folderOf = (dialect: string): string => join(import.meta.dirname, "migrations", dialect);
const sqliteSchema = readFileSync(SCHEMA, "utf8");
write(folderOf("sqlite"), await difference(migrationsSide(folderOf("sqlite")), sqliteSchema, sqliteFactory()));

// The engine cannot read the tables of PostgreSQL 18: their NOT NULLs are constraints that it does not know. So it compares with the
// schema of the last migration, and only asks the server what it is.
const described = join(folderOf("postgresql"), "schema.prisma");
const postgresql = postgresqlSchema();
const server = await startPostgres();
try {
  const sql = await difference(schemaSide(readFileSync(described, "utf8")), postgresql, new PrismaPg({ connectionString: server.url("postgres") }));
  write(folderOf("postgresql"), inByteOrder(sql));
  writeFileSync(described, postgresql);
} finally {
  await server.stop();
}
process.exit(0);
