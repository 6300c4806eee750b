import type { Clock } from "../clock.ts";
import { NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import type { Provider } from "../providers/provider.ts";
import { PROVIDERS, providerOf } from "../providers/registry.ts";
import type { SecretBox } from "../secretBox.ts";
import { checkConfig, chosenConfig, configKey, openConfig, sealConfig } from "./channelConfig.ts";
import { channelChange, channelInput } from "./channel.model.ts";
import type { Channel, ChannelChange, ChannelInput } from "./channel.model.ts";
import type { ChannelRow, ChannelStore, ChannelWithOverrides } from "./channel.store.ts";

/** A config as the API takes it: one member set, named after the kind. */
export type GivenConfig = Record<string, unknown>;

export interface ChannelService {
  /** Every channel with its secrets open, for the settings snapshot. */
  load(): Promise<Channel[]>;
  /** @throws {NotFoundError} */
  get(id: string): Promise<Channel>;
  create(input: ChannelInput & { config: GivenConfig }): Promise<ChannelRow>;
  update(id: string, input: ChannelChange & { config?: GivenConfig | null | undefined }): Promise<ChannelRow>;
  delete(id: string): Promise<void>;
  /** A copy under another name, secrets and overrides included, switched off. */
  duplicate(id: string, name: string): Promise<ChannelRow>;
  /** Switches it off because the provider says that it is gone. */
  disable(id: string, reason: string): Promise<void>;
  /** Saves config fields that the provider has told to change. */
  changeConfig(id: string, fields: Record<string, unknown>): Promise<void>;
  /** Checks a config that is not saved. @param base the saved channel whose secrets stand in for those left out */
  checkUnsaved(config: GivenConfig, base: Channel | null): { provider: Provider; config: Record<string, unknown> };
  setOverride(id: string, target: OverrideTarget, enabled: boolean | null): Promise<void>;
}

/** One of both: an event type by its canonical name, or a category. */
export type OverrideTarget = { eventType: string } | { category: string };

/** @param changed called after every change, so that the new settings take effect */
export function createChannelService(store: ChannelStore, box: SecretBox, clock: Clock, ids: Ids, changed: () => Promise<void>): ChannelService {
  async function find(id: string): Promise<ChannelWithOverrides> {
    const row = await store.find(id);
    if (!row) throw new NotFoundError("This channel");
    return row;
  }

  async function update(id: string, changes: Partial<ChannelRow>): Promise<ChannelRow> {
    const row = await store.update(id, { ...changes, updatedAt: clock.now() });
    await changed();
    return row;
  }

  const open = (row: ChannelWithOverrides): Channel => channelOf(row, box);

  return {
    load: async () => (await store.all()).map(open),
    get: async (id) => open(await find(id)),

    async create({ config: given, ...rest }) {
      const input = parseInput(channelInput, rest);
      const { provider, config } = chosenConfig(PROVIDERS, given);
      const id = ids.next();
      const stored = sealConfig(provider, checkConfig(provider, config), box, id);
      const now = clock.now();
      const row = { id, kind: provider.kind, customer: null, disabledReason: null, createdAt: now, updatedAt: now, ...input, ...stored } as ChannelRow;
      await store.insert(row, []);
      await changed();
      return row;
    },

    async update(id, { config: given, ...rest }) {
      const before = await find(id);
      const changes = parseInput(channelChange, withoutNulls(rest)) as Partial<ChannelRow>;
      if (changes.enabled) changes.disabledReason = null;
      if (given) Object.assign(changes, changedConfig(before, given, box));
      return update(id, changes);
    },

    async delete(id) {
      await find(id);
      await store.delete(id);
      await changed();
    },

    async duplicate(id, name) {
      const before = await find(id);
      const copyId = ids.next();
      const now = clock.now();
      const { overrides, ...row } = before;
      const provider = providerOf(row.kind);
      const copy: ChannelRow = {
        ...row,
        ...parseInput(channelInput.pick({ name: true }), { name }),
        ...(sealConfig(provider, open(before).config, box, copyId) as Pick<ChannelRow, "config" | "secrets" | "secretsSet">),
        id: copyId,
        enabled: false,
        disabledReason: null,
        createdAt: now,
        updatedAt: now,
      };
      await store.insert(copy, overrides.map((override) => ({ ...override, id: ids.next(), channelId: copyId })));
      await changed();
      return copy;
    },

    async disable(id, reason) {
      await update(id, { enabled: false, disabledReason: reason });
    },

    async changeConfig(id, fields) {
      const before = open(await find(id));
      const provider = providerOf(before.kind);
      const config = checkConfig(provider, { ...before.config, ...fields });
      await update(id, sealConfig(provider, config, box, id) as Partial<ChannelRow>);
    },

    checkUnsaved(given, base) {
      const { provider, config } = chosenConfig(PROVIDERS, given);
      return { provider, config: checkConfig(provider, config, base?.kind === provider.kind ? base.config : {}) };
    },

    async setOverride(id, target, enabled) {
      await find(id);
      if (enabled === null) await store.removeOverride(id, target);
      else await store.setOverride({ id: ids.next(), channelId: id, eventType: null, category: null, ...target, enabled });
      await changed();
    },
  };
}

function changedConfig(before: ChannelRow, given: GivenConfig, box: SecretBox): Partial<ChannelRow> {
  const { provider, config } = chosenConfig(PROVIDERS, given);
  if (provider.kind !== before.kind) {
    throw ValidationError.of(`config.${configKey(provider.kind)}`, `must be "${configKey(before.kind)}": a channel keeps its kind. Create a new channel for another kind.`);
  }
  const checked = checkConfig(provider, config, openConfig(before as never, box, before.id));
  return sealConfig(provider, checked, box, before.id) as Partial<ChannelRow>;
}

function channelOf(row: ChannelWithOverrides, box: SecretBox): Channel {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    customer: row.customer,
    enabled: row.enabled,
    config: openConfig(row as never, box, row.id),
    rich: row.rich,
    displayName: row.displayName,
    minimumSeverity: row.minimumSeverity,
    customers: row.customers as string[],
    services: row.services as string[],
    sources: row.sources as string[],
    overrides: row.overrides,
  };
}

function withoutNulls(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
}
