import { systemClock } from "./clock.ts";
import { readConfig } from "./config.ts";
import { StartError } from "./errors.ts";
import { rotateKey } from "./rotateKey.ts";

// Whatever it writes is for its owner only.
process.umask(0o077);

try {
  const { rows, oldKeyId, newKeyId, oldKeyFile } = await rotateKey(readConfig(process.env), systemClock);
  process.stdout.write(`The secrets of ${rows} ${rows === 1 ? "row" : "rows"} are encrypted with the new key ${newKeyId}; the old one was ${oldKeyId}.\n`);
  if (oldKeyFile) process.stdout.write(`Backups made before need the old key, kept in ${oldKeyFile}. Delete it when you need them no longer.\n`);
  else process.stdout.write("Give the new key as SECRET_KEY from now on. Backups made before need the old one.\n");
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`The key was not changed.\n${error.message}\n`);
  process.exit(1);
}
