import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { backUp } from "./backup.ts";
import { readConfig } from "./config.ts";
import { megabytes } from "./diskSpace.ts";
import { StartError } from "./errors.ts";

// Whatever it writes is for its owner only.
process.umask(0o077);

try {
  const { file, force } = readArguments();
  const bytes = await backUp(readConfig(process.env), file, force);
  process.stdout.write(`The database is backed up in ${file} (${megabytes(bytes)}).\n`);
  process.stdout.write("It holds the database only: keep the secret key (secret.key, or SECRET_KEY) as well, apart from it. Without the key its secrets cannot be opened.\n");
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`Nothing was backed up.\n${error.message}\n`);
  process.exit(1);
}

/** @throws {StartError} when they are not one file and perhaps --force */
function readArguments(): { file: string; force: boolean } {
  const usage = new StartError("Usage: npm run backup -- FILE [--force]");
  try {
    const { values, positionals } = parseArgs({ options: { force: { type: "boolean", default: false } }, allowPositionals: true });
    if (positionals.length === 1 && positionals[0]) return { file: resolve(positionals[0]), force: values.force };
  } catch {
    throw usage;
  }
  throw usage;
}
