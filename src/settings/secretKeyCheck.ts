import type { Clock } from "../clock.ts";
import type { Transaction } from "../db/database.ts";
import { StartError } from "../errors.ts";
import type { SecretBox } from "../secretBox.ts";
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
