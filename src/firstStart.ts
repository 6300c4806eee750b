import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newToken } from "./access/accessToken.service.ts";
import type { Config } from "./config.ts";
import { StartError } from "./errors.ts";

/** As for ADMIN_TOKEN. */
const SHORTEST_TOKEN = 24;

/** What the server needs to keep to itself, and where. */
export interface Keys {
  /** 32 bytes. */
  secretKey: Buffer;
  /** Set when the token comes from the environment or was made just now: the database must learn it. */
  adminToken: { value: string; file: string | null; isNew: boolean };
}

/**
 * Reads the secret key and the admin token from the data folder, making both at first start, readable by the owner only.
 * @throws {StartError} when the folder cannot be written or the key file is damaged
 */
export function readKeys(config: Config): Keys {
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    return { secretKey: config.secretKey ?? readSecretKey(config), adminToken: readAdminToken(config) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The data folder ${config.dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Where the secret key is, unless it comes from the environment. */
export function secretKeyFile(dataDir: string): string {
  return join(dataDir, "secret.key");
}

function readSecretKey({ dataDir, database }: Config): Buffer {
  const file = secretKeyFile(dataDir);
  if (!existsSync(file)) {
    // Of PostgreSQL, whose database is no file, it is found out once it is open.
    if (existsSync(database)) {
      throw new StartError(`The secret key ${file} is missing, but there is a database that was encrypted with it. Put the key back, or give it as SECRET_KEY.`);
    }
    writeNew(file, randomBytes(32).toString("base64"));
  }
  return secretKeyIn(file);
}

/** @throws {StartError} when the file holds no key */
export function secretKeyIn(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (key.length !== 32) throw new StartError(`The secret key ${file} is damaged: it must hold 32 bytes in base64. Restore it from a backup.`);
  return key;
}

function readAdminToken({ dataDir, adminToken }: Config): Keys["adminToken"] {
  if (adminToken) return { value: adminToken, file: null, isNew: false };
  const file = join(dataDir, "admin.token");
  if (!existsSync(file)) {
    const value = newToken();
    writeNew(file, value);
    return { value, file, isNew: true };
  }
  const value = readFileSync(file, "utf8").trim();
  if (value.length < SHORTEST_TOKEN) throw new StartError(`The admin token ${file} is damaged: it must hold at least ${SHORTEST_TOKEN} characters. Restore it, or delete it to get a new one.`);
  return { value, file, isNew: false };
}

export function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    // A full disk leaves an empty file, which would be taken for a damaged one ever after.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") rmSync(file, { force: true });
    throw error;
  }
}
