import type { Clock } from "../clock.ts";
import { StartError } from "../errors.ts";
import type { SecretBox } from "../secretBox.ts";
import type { SettingStore } from "./settings.store.ts";

const KEY = "secretKeyCheck";

/**
 * Finds a wrong secret key at start rather than at the first delivery.
 * @throws {StartError} when the database was encrypted with another key
 */
export async function checkSecretKey(store: SettingStore, box: SecretBox, clock: Clock): Promise<void> {
  const sealed = await store.get(KEY);
  if (typeof sealed !== "string") {
    await store.set(KEY, box.seal("carillon", KEY), clock.now());
    return;
  }
  try {
    box.open(sealed, KEY);
  } catch {
    throw new StartError("The secret key is not the one that this database was encrypted with. Put back secret.key, or set SECRET_KEY to the right one.");
  }
}
