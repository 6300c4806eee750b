// Writes the next SQLite migration: what has to change from prisma/migrations to prisma/schema.prisma.
// Usage: npm run migration:new -- name_of_the_change. Read the result before committing it.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";

const name = process.argv[2];
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error("Give the change a name in lower_snake_case: npm run migration:new -- add_silences");
  process.exit(1);
}

const schemaPath = join(import.meta.dirname, "schema.prisma");
const folder = join(import.meta.dirname, "migrations", "sqlite");
const schema = { files: [{ path: schemaPath, content: readFileSync(schemaPath, "utf8") }] };
const migrations = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

const wasm = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm").replace("schema_engine.js", "schema_engine_bg.wasm");
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { "./schema_engine_bg.js": engine as never });
(engine as unknown as { __wbg_set_wasm: (exports: unknown) => void }).__wbg_set_wasm(instance.exports);
(instance.exports as { __wbindgen_start: () => void }).__wbindgen_start();

/** The schema language knows no partial indexes, and the engine fails at describing them. */
function withoutPartialIndexes(sql: string): string {
  return sql.replace(/^CREATE (UNIQUE )?INDEX [^;]* WHERE [^;]*;$/gm, "");
}

/** The engine sends a whole migration as one statement, which this database takes as a script only. */
class ScriptTakingAdapter extends PrismaBetterSqlite3 {
  override async connectToShadowDb() {
    const connection = await super.connectToShadowDb();
    const executeRaw = connection.executeRaw.bind(connection);
    connection.executeRaw = async (query) => {
      if (query.args.length > 0) return executeRaw(query);
      await connection.executeScript(query.sql);
      return 0;
    };
    return connection;
  }
}

const schemaEngine = await engine.SchemaEngine.new(
  { datamodels: schema.files.map((file) => [file.path, file.content]) } as never,
  () => undefined,
  bindMigrationAwareSqlAdapterFactory(new ScriptTakingAdapter({ url: ":memory:" })),
);
const result = await schemaEngine.diff({
  from: {
    tag: "migrations",
    baseDir: folder,
    lockfile: { path: "migration_lock.toml", content: 'provider = "sqlite"' },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map((migration) => ({
      path: migration,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: withoutPartialIndexes(readFileSync(join(folder, migration, "migration.sql"), "utf8")) },
      },
    })),
  },
  to: { tag: "schemaDatamodel", ...schema },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
} as never);

const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
const target = join(folder, `${stamp}_${name}`);
mkdirSync(target);
writeFileSync(join(target, "migration.sql"), result.stdout ?? "");
console.log(`Wrote ${join(target, "migration.sql")}`);
