import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "./clock.ts";
import { readConfig } from "./config.ts";
import { isPostgresqlUrl } from "./db/dialect.ts";
import { moveToPostgresql } from "./db/moveToPostgresql.ts";
import { StartError } from "./errors.ts";

// Usage: DATABASE_URL=postgresql://… npm run migrate:to-postgres [-- path/to/carillon.db]

process.umask(0o077);

try {
  const config = readConfig(process.env);
  if (!isPostgresqlUrl(config.database)) throw new StartError("DATABASE_URL must be the PostgreSQL database to move to, as postgresql://user:password@host:5432/name.");
  const file = resolve(process.argv[2] ?? `${config.dataDir}/carillon.db`);
  if (!existsSync(file)) throw new StartError(`There is no database ${file} that could be moved.`);
  const rows = await moveToPostgresql(file, config.database, () => systemClock.now());
  process.stdout.write(`${rows} rows are in PostgreSQL now. Start the server with this DATABASE_URL and the same DATA_DIR: the secret key in it opens the secrets.\n`);
  process.stdout.write(`${file} is as it was; delete it when you need it no longer.\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`Nothing was moved.\n${error.message}\n`);
  process.exit(1);
}
