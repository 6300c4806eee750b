import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { accountRow } from "./accounts/providerAccount.service.ts";
import { resealProviderAccounts } from "./accounts/providerAccount.store.ts";
import { channelRow } from "./channels/channel.service.ts";
import { resealChannels } from "./channels/channel.store.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { compactDatabase, openDatabase, otherProcesses } from "./db/database.ts";
import type { Database } from "./db/database.ts";
import { isPostgresqlUrl } from "./db/dialect.ts";
import { StartError } from "./errors.ts";
import { readKeys, secretKeyFile, writeNew } from "./firstStart.ts";
import { createSecretBox } from "./secretBox.ts";
import { checkSecretKey, isKeyOf, setSecretKeyCheck } from "./settings/secretKeyCheck.ts";
import { createSettingStore } from "./settings/settings.store.ts";
import type { SettingStore } from "./settings/settings.store.ts";

export interface Rotation {
  /** Rows whose secrets were encrypted anew. */
  rows: number;
  oldKeyId: string;
  newKeyId: string;
  /** Where the old key is kept, for backups made with it; null when keys come from the environment. */
  oldKeyFile: string | null;
}

/**
 * Encrypts every secret in the database with a new key. The server must be stopped; a rotation that is cut short is
 * ended or undone by the next start, see `keyInForce`.
 * @throws {StartError} with one clear line, having changed nothing
 */
export async function rotateKey(config: Config, clock: Clock): Promise<Rotation> {
  await refuseRunning(config.database);
  if (config.secretKey && !config.newSecretKey) throw new StartError("SECRET_KEY is set, so NEW_SECRET_KEY must give the new key (openssl rand -base64 32).");
  if (config.newSecretKey && !config.secretKey) throw new StartError(`NEW_SECRET_KEY is for servers whose key is SECRET_KEY. This one's is in ${secretKeyFile(config.dataDir)}, where the new one is made as well.`);

  const keys = readKeys(config);
  const db = await openToChange(config.database, clock);
  try {
    const settings = createSettingStore(db);
    const oldKey = await keyInForce(config, keys.secretKey, settings);
    const newKey = config.newSecretKey ?? randomBytes(32);
    const [oldBox, newBox] = [createSecretBox(oldKey), createSecretBox(newKey)];
    await checkSecretKey(settings, oldBox, clock);
    if (oldBox.keyId === newBox.keyId) throw new StartError("NEW_SECRET_KEY is the key that is in use already.");
    if (!config.newSecretKey) writeNew(pendingKeyFile(config), newKey.toString("base64"));

    const reseal = (sealed: string, row: string) => newBox.seal(oldBox.open(sealed, row), row);
    const rows = await db.write(async (tx) => {
      const channels = await resealChannels(tx, (sealed, id) => reseal(sealed, channelRow(id)));
      const accounts = await resealProviderAccounts(tx, (sealed, id) => reseal(sealed, accountRow(id)));
      await setSecretKeyCheck(tx, newBox, clock.now());
      return channels + accounts;
    });
    const oldKeyFile = config.newSecretKey ? null : takeNewKey(config, oldBox.keyId);
    return { rows, oldKeyId: oldBox.keyId, newKeyId: newBox.keyId, oldKeyFile };
  } finally {
    await db.close();
    await compactDatabase(config.database);
  }
}

const RUNNING = "A server is running on this database: stop it first, for it would go on with the old key.";

/** A SQLite file is kept by the lock of the server that has it; to PostgreSQL, servers are connections like any other. */
async function refuseRunning(database: string): Promise<void> {
  if (isPostgresqlUrl(database)) {
    if ((await otherProcesses(database)) > 0) throw new StartError(RUNNING);
  } else if (!existsSync(database)) {
    throw new StartError(`There is no database ${database} whose key could be changed.`);
  }
}

/** From now on a server that starts is refused. @throws {StartError} when one has started since */
async function openToChange(database: string, clock: Clock): Promise<Database> {
  const db = await openDatabase(database, () => clock.now());
  if ((await db.notifications?.holdKey("CHANGE")) !== false) return db;
  await db.close();
  throw new StartError(RUNNING);
}

/**
 * The key that the database is encrypted with. A rotation writes the new key down before it commits and moves it into place
 * afterwards, so when it was cut short, one of both fits.
 * @param key as read at start
 */
export async function keyInForce(config: Config, key: Buffer, settings: SettingStore): Promise<Buffer> {
  const pending = pendingKeyFile(config);
  if (config.secretKey || !existsSync(pending)) return key;
  const newKey = Buffer.from(readFileSync(pending, "utf8").trim(), "base64");
  if (newKey.length === 32 && (await isKeyOf(settings, createSecretBox(newKey)))) {
    takeNewKey(config, createSecretBox(key).keyId);
    return newKey;
  }
  rmSync(pending);
  return key;
}

function pendingKeyFile({ dataDir }: Config): string {
  return `${secretKeyFile(dataDir)}.new`;
}

/** @returns where the old key is kept */
function takeNewKey(config: Config, oldKeyId: string): string {
  const file = secretKeyFile(config.dataDir);
  const kept = `${file}.${oldKeyId}.old`;
  renameSync(file, kept);
  renameSync(pendingKeyFile(config), file);
  return kept;
}
