import type { Clock } from "../clock.ts";
import type { Database, Transaction } from "../db/database.ts";
import { withinTransaction } from "../db/withinTransaction.ts";
import { CallerError, StartError } from "../errors.ts";
import type { SecretBox } from "../secretBox.ts";
import { createSettingStore } from "./settings.store.ts";
import type { SettingStore } from "./settings.store.ts";

const KEY = "secretKeyCheck";

/** True when this is the key that the database was encrypted with. */
export async function isKeyOf(store: Pick<SettingStore, "get">, box: SecretBox): Promise<boolean> {
  const sealed = await store.get(KEY);
  if (typeof sealed !== "string") return false;
  try {
    box.open(sealed, KEY);
    return true;
  } catch {
    return false;
  }
}

/** Makes this key the one that the database is checked against. */
export async function setSecretKeyCheck(tx: Transaction, box: SecretBox, now: Date): Promise<void> {
  const value = box.seal("carillon", KEY);
  await tx.setting.upsert({ where: { key: KEY }, create: { key: KEY, value, updatedAt: now }, update: { value, updatedAt: now } });
}

/**
 * Finds a wrong secret key at start rather than at the first delivery.
 * @throws {StartError} when the database was encrypted with another key
 */
export async function checkSecretKey(store: SettingStore, box: SecretBox, clock: Clock): Promise<void> {
  if ((await store.get(KEY)) === undefined) await store.note(KEY, box.seal("carillon", KEY), clock.now());
  else if (!(await isKeyOf(store, box))) {
    throw new StartError("The secret key is not the one that this database was encrypted with. Put back secret.key, or set SECRET_KEY to the right one.");
  }
}

/**
 * The database as a process with this key may change it: settings, secrets among them, are written only while it is the key that the
 * database is encrypted with. Whoever was cut off while the key was changed would write what nobody else can read.
 * @param refused called when it is another one
 */
export function keyGuardedDatabase(db: Database, box: SecretBox, refused: () => void): Database {
  // A file has one server, and the key is changed while that is stopped.
  if (!db.shared) return db;
  return {
    ...db,
    get writing() {
      return db.writing;
    },
    write: (work, locks) =>
      db.write(async (tx) => {
        // The key is changed by such a transaction too: one after the other.
        if (await isKeyOf(createSettingStore(withinTransaction(db, tx)), box)) return work(tx);
        refused();
        throw new CallerError("UNAVAILABLE", "The secret key of the server's database was changed, and this process still has the old one: it ends. Nothing was stored.");
      }, locks),
  };
}
