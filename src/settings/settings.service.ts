import type { Clock } from "../clock.ts";
import { parseInput } from "../parseInput.ts";
import { serverSettings, settingsChange } from "./settings.model.ts";
import type { ServerSettings, SettingsChange } from "./settings.model.ts";
import type { SettingStore } from "./settings.store.ts";

const KEY = "server";

export interface SettingsService {
  get(): Promise<ServerSettings>;
  /** Changes what is given and leaves the rest. */
  update(change: SettingsChange): Promise<ServerSettings>;
}

/** @param changed called after every change, so that the new settings take effect */
export function createSettingsService(store: SettingStore, clock: Clock, changed: () => Promise<void>): SettingsService {
  const get = async (): Promise<ServerSettings> => serverSettings.parse((await store.get(KEY)) ?? {});
  return {
    get,
    async update(change) {
      // A partial schema would fill in defaults for what was left out: only what was given may change.
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null && value !== undefined));
      const checked = parseInput(settingsChange, given) as Record<string, unknown>;
      const next = { ...(await get()), ...Object.fromEntries(Object.keys(given).map((key) => [key, checked[key]])) };
      await store.set(KEY, next, clock.now());
      await changed();
      return next;
    },
  };
}
