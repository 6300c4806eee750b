import { isCustomers, ownedBy } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import type { ProviderAccount } from "../accounts/providerAccount.model.ts";
import type { ProviderAccountService } from "../accounts/providerAccount.service.ts";
import type { Clock } from "../clock.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import type { Contact } from "../people/contact.model.ts";
import type { ContactService } from "../people/contact.service.ts";
import type { Provider } from "../providers/provider.ts";
import { PROVIDERS, providerOf } from "../providers/registry.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";
import type { SecretBox } from "../secretBox.ts";
import { checkConfig, chosenConfig, configKey, openConfig, sealConfig } from "./channelConfig.ts";
import type { GivenConfig } from "./channelConfig.ts";
import { fallbackProblem } from "./fallback.ts";
import { channelChange, channelInput, paceOf } from "./channel.model.ts";
import type { Channel, ChannelChange, ChannelInput, StoredPace } from "./channel.model.ts";
import type { ChannelRow, ChannelStore, ChannelWithOverrides } from "./channel.store.ts";

export interface ChannelService {
  /** Every channel with its secrets open, for the settings snapshot. */
  load(): Promise<Channel[]>;
  /** @throws {NotFoundError} */
  get(id: string, by: Owner): Promise<Channel>;
  /**
   * @param input a contact's channel hears only of what rules lead to it, unless `onlyByRules` says otherwise
   * @param by whose it will be: the customer's of a customer's token, else its contact's, else the server's
   */
  create(input: ChannelInput & References & { config: GivenConfig }, by: Owner): Promise<ChannelRow>;
  /** @param input `accountId` null takes the account away; what the config had from it must then be given */
  update(id: string, input: ChannelChange & References & { config?: GivenConfig | null | undefined }, by: Owner): Promise<ChannelRow>;
  /** What deleting it would take along. */
  deletionImpact(id: string, by: Owner): Promise<DeletionImpact>;
  /** @returns what went with it */
  delete(id: string, by: Owner): Promise<DeletionImpact>;
  /** A copy under another name, secrets and overrides included, switched off. */
  duplicate(id: string, name: string, by: Owner): Promise<ChannelRow>;
  /** Switches it off because the provider says that it is gone. */
  disable(id: string, reason: string): Promise<void>;
  /** Saves config fields that the provider has told to change. */
  changeConfig(id: string, fields: Record<string, unknown>): Promise<void>;
  /** Checks a config that is not saved. @param base the saved channel whose secrets stand in for those left out */
  checkUnsaved(config: GivenConfig, base: Channel | null, accountId: string | null, by: Owner): Promise<{ provider: Provider; config: Record<string, unknown> }>;
  /** Makes sure that the channels which use an account could do with this config of it. @throws {ValidationError} */
  checkAccountChange(accountId: string, config: Record<string, unknown>): Promise<void>;
  setOverride(id: string, target: OverrideTarget, enabled: boolean | null, by: Owner): Promise<ChannelRow>;
}

/** What a channel refers to; null takes it away. */
export interface References {
  accountId?: string | null | undefined;
  contactId?: string | null | undefined;
  /** The channel that gets what this one could not deliver. */
  fallbackId?: string | null | undefined;
}

/** One of both: an event type by its canonical name, or a category. */
export type OverrideTarget = { eventType: string } | { category: string };

export interface ChannelServiceDeps {
  store: ChannelStore;
  accounts: Pick<ProviderAccountService, "load" | "get" | "getOf">;
  contacts: Pick<ContactService, "get">;
  box: SecretBox;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that the new settings take effect. */
  changed(): Promise<void>;
}

export function createChannelService({ store, accounts, contacts, box, clock, ids, changed }: ChannelServiceDeps): ChannelService {
  async function find(id: string, by: Owner): Promise<ChannelWithOverrides> {
    const row = await store.find(id, ownedBy(by));
    if (!row) throw new NotFoundError("This channel");
    return row;
  }

  /** @param customer whose channel it is for: only accounts of the same serve it @throws {ValidationError} when there is none, or it is of no use to the kind */
  async function accountFor(provider: Provider, accountId: string | null | undefined, customer: string | null): Promise<Record<string, unknown>> {
    if (accountId === null || accountId === undefined) return {};
    const account = await accounts.getOf(accountId, customer);
    if (!account) throw ValidationError.of("accountId", "must be the id of a provider account", "not_found");
    if (!provider.account) throw ValidationError.of("accountId", `must be left out: channels of the kind ${provider.kind} have their own credentials only`);
    if (provider.account.kind !== account.kind) throw ValidationError.of("accountId", `must be an account of the kind ${provider.account.kind}; this one is of the kind ${account.kind}`);
    return account.config;
  }

  /** @param customer whose channel it is: a person's own belongs to whom the person belongs @throws {ValidationError} when there is none */
  async function contactFor(contactId: string, customer: string | null | undefined): Promise<Contact> {
    const contact = await contacts.get(contactId).catch(() => null);
    if (!contact || (customer !== undefined && contact.customer !== customer)) throw ValidationError.of("contactId", "must be the id of a contact", "not_found");
    return contact;
  }

  /** Whose channel it becomes decides what it hears of, unless that is said. */
  async function movedTo(contactId: string | null, before: ChannelRow, { onlyByRules }: Partial<ChannelRow>): Promise<Partial<ChannelRow>> {
    if (contactId === null || contactId === before.contactId) return {};
    await contactFor(contactId, before.customer);
    return onlyByRules === undefined ? { onlyByRules: true } : {};
  }

  async function update(id: string, changes: Partial<ChannelRow>): Promise<ChannelRow> {
    const row = await store.update(id, { ...changes, updatedAt: clock.now() });
    await changed();
    return row;
  }

  /** @throws {ValidationError} when it would be no good as the fallback of this channel */
  async function checkFallback(channel: ChannelRow): Promise<void> {
    if (channel.fallbackId === null) return;
    const channels = new Map<string, ChannelRow>([...(await store.all()), channel].map((row) => [row.id, row]));
    const problem = fallbackProblem(channel, channels);
    if (problem) throw ValidationError.of("fallbackId", problem, "invalid");
  }

  const ownConfig = (row: ChannelRow) => openConfig(row as never, box, channelRow(row.id));

  async function open(row: ChannelWithOverrides): Promise<Channel> {
    return channelOf(row, ownConfig(row), row.accountId === null ? undefined : await accounts.get(row.accountId, null));
  }

  /** The config as it will be stored when these changes are made; undefined when it stays as it is. */
  async function changedConfig(before: ChannelWithOverrides, given: GivenConfig | null | undefined, accountId: string | null | undefined): Promise<Record<string, unknown> | undefined> {
    const provider = providerOf(before.kind);
    const account = await accountFor(provider, accountId === undefined ? before.accountId : accountId, before.customer);
    if (!given && accountId === undefined) return undefined;
    const own = ownConfig(before);
    // Credentials of its own would go before those of the account that it is to use from now on.
    const movesTo = accountId !== undefined && accountId !== null && accountId !== before.accountId;
    const kept = movesTo ? Object.fromEntries(Object.entries(own).filter(([name]) => !(name in account))) : own;
    return checkConfig(provider, given ? configOfKind(before.kind, given) : kept, { before: kept, account });
  }

  return {
    async load() {
      const byId = new Map((await accounts.load()).map((account) => [account.id, account]));
      return (await store.all()).map((row) => channelOf(row, ownConfig(row), byId.get(row.accountId ?? "")));
    },
    get: async (id, by) => open(await find(id, by)),

    async create({ config: given, accountId = null, contactId = null, fallbackId = null, ...rest }, by) {
      const { onlyByRules, ...input } = parseInput(channelInput, rest);
      const contact = contactId === null ? null : await contactFor(contactId, ownedBy(by).customer);
      const { owner: provider, config } = chosenFor(by, given);
      const id = ids.next();
      const customer = by?.customer ?? contact?.customer ?? null;
      const checked = checkConfig(provider, config, { account: await accountFor(provider, accountId, customer) });
      const now = clock.now();
      const owner = { customer, contactId, onlyByRules: onlyByRules ?? contact !== null };
      const row = { id, kind: provider.kind, ...owner, accountId, fallbackId, failingSince: null, disabledReason: null, createdAt: now, updatedAt: now, deletedAt: null, ...input, ...sealConfig(provider, checked, box, channelRow(id)) } as ChannelRow;
      await checkFallback(row);
      await store.insert(row, []);
      await changed();
      return row;
    },

    async update(id, { config: given, accountId, contactId, fallbackId, pace, quietHours, digest, ...rest }, by) {
      const before = await find(id, by);
      const provider = providerOf(before.kind);
      const changes = parseInput(channelChange, { ...withoutNulls(rest), pace, quietHours, digest }) as Partial<ChannelRow>;
      const config = await changedConfig(before, given, accountId);
      if (config) Object.assign(changes, sealConfig(provider, config, box, channelRow(id), before.secrets));
      if (accountId !== undefined) changes.accountId = accountId;
      if (contactId !== undefined) Object.assign(changes, { contactId, ...(await movedTo(contactId, before, changes)) });
      if (fallbackId !== undefined) changes.fallbackId = fallbackId;
      if (fallbackId !== undefined || contactId !== undefined) await checkFallback({ ...before, ...changes });
      // Whoever switches it off by hand wants nothing of it to go anywhere.
      if (changes.enabled !== undefined) changes.disabledReason = null;
      if (changes.enabled) {
        // It may have lost its account since it was switched off.
        if (!config) checkConfig(provider, ownConfig(before), { account: await accountFor(provider, before.accountId, before.customer) });
      }
      return update(id, changes);
    },

    async deletionImpact(id, by) {
      await find(id, by);
      return store.deletionImpact(id, ownedBy(by));
    },

    async delete(id, by) {
      await find(id, by);
      const impact = await store.delete(id, ownedBy(by), clock.now());
      await changed();
      return impact;
    },

    async duplicate(id, name, by) {
      const { overrides, ...before } = await find(id, by);
      const copyId = ids.next();
      const now = clock.now();
      const copy: ChannelRow = {
        ...before,
        ...parseInput(channelInput.pick({ name: true }), { name }),
        ...(sealConfig(providerOf(before.kind), ownConfig(before), box, channelRow(copyId)) as Pick<ChannelRow, "config" | "secrets" | "secretsSet">),
        id: copyId,
        enabled: false,
        disabledReason: null,
        failingSince: null,
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
      const before = await find(id, null);
      const provider = providerOf(before.kind);
      const config = checkConfig(provider, { ...ownConfig(before), ...fields }, { account: await accountFor(provider, before.accountId, before.customer) });
      await update(id, sealConfig(provider, config, box, channelRow(id), before.secrets) as Partial<ChannelRow>);
    },

    async checkUnsaved(given, base, accountId, by) {
      const { owner: provider, config } = chosenFor(by, given);
      const before = base?.kind === provider.kind ? base.config : {};
      const account = await accountFor(provider, accountId, base?.customer ?? by?.customer ?? null);
      return { provider, config: { ...account, ...checkConfig(provider, config, { before, account }) } };
    },

    async checkAccountChange(accountId, account) {
      for (const row of await store.usingAccount(accountId)) {
        try {
          checkConfig(providerOf(row.kind), ownConfig(row), { account });
        } catch (error) {
          if (!(error instanceof ValidationError)) throw error;
          throw ValidationError.of("config", `would not do for the channel "${row.name}", which uses the account. ${error.message}`);
        }
      }
    },

    async setOverride(id, target, enabled, by) {
      const { overrides: _, ...row } = await find(id, by);
      if (enabled === null) await store.removeOverride(id, target);
      else await store.setOverride({ id: ids.next(), channelId: id, eventType: null, category: null, ...target, enabled });
      await changed();
      return row;
    },
  };
}

/** The kinds that there are for whoever asks: customers have none that uses the server's machine itself. */
export function providersFor(by: Owner): readonly Provider[] {
  return isCustomers(by) ? PROVIDERS.filter(({ forCustomers }) => forCustomers !== false) : PROVIDERS;
}

/** @throws {ValidationError} when the kind is not for the one who asks */
function chosenFor(by: Owner, given: GivenConfig): { owner: Provider; config: Record<string, unknown> } {
  const chosen = chosenConfig(PROVIDERS, given);
  if (providersFor(by).includes(chosen.owner)) return chosen;
  throw ValidationError.of(`config.${configKey(chosen.owner.kind)}`, "must be another kind: this one is not for customers, because it uses the server's machine itself");
}

/** Names the row that a channel's secrets are bound to. */
export function channelRow(id: string): string {
  return `channel:${id}`;
}

/** @throws {ValidationError} when the config is one of another kind */
function configOfKind(kind: string, given: GivenConfig): Record<string, unknown> {
  const { owner, config } = chosenConfig(PROVIDERS, given);
  if (owner.kind === kind) return config;
  throw ValidationError.of(`config.${configKey(owner.kind)}`, `must be "${configKey(kind)}": a channel keeps its kind. Create a new channel for another kind.`);
}

function channelOf(row: ChannelWithOverrides, own: Record<string, unknown>, account: ProviderAccount | undefined): Channel {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    customer: row.customer,
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    fallbackId: row.fallbackId,
    failingSince: row.failingSince,
    contactId: row.contactId,
    onlyByRules: row.onlyByRules,
    accountId: row.accountId,
    config: { ...account?.config, ...own },
    pace: paceOf(providerOf(row.kind).pace, row.pace as StoredPace),
    quietHours: row.quietHours as unknown as QuietHours | null,
    digest: row.digest as unknown as Digest | null,
    rich: row.rich,
    displayName: row.displayName,
    minimumSeverity: row.minimumSeverity,
    customers: row.customers as string[],
    services: row.services as string[],
    sources: row.sources as string[],
    overrides: row.overrides,
  };
}
