import { resolve } from "node:path";
import { readConfig } from "./config.ts";
import { StartError } from "./errors.ts";
import { restore } from "./restore.ts";

// Whatever it writes is for its owner only.
process.umask(0o077);

try {
  const [file, ...more] = process.argv.slice(2);
  if (!file || file.startsWith("-") || more.length > 0) throw new StartError("Usage: npm run restore -- FILE");
  const config = readConfig(process.env);
  const backup = resolve(file);
  const kept = await restore(config, backup);
  process.stdout.write(`The database ${config.database} is that of the backup ${backup} now.\n`);
  if (kept) process.stdout.write(`The one before is kept in ${kept}; delete it when you need it no longer.\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`Nothing was restored.\n${error.message}\n`);
  process.exit(1);
}
