import { ownedBy } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";
import { checkConfig, chosenConfig, configKey, openConfig, sealConfig } from "../channels/channelConfig.ts";
import type { GivenConfig } from "../channels/channelConfig.ts";
import type { Clock } from "../clock.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import type { Account } from "../providers/provider.ts";
import { ACCOUNTS, accountOf } from "../providers/registry.ts";
import type { SecretBox } from "../secretBox.ts";
import { providerAccountChange, providerAccountInput } from "./providerAccount.model.ts";
import type { ProviderAccount } from "./providerAccount.model.ts";
import type { ProviderAccountRow, ProviderAccountStore } from "./providerAccount.store.ts";

export interface ProviderAccountService {
  /** Every account with its secrets open. */
  load(): Promise<ProviderAccount[]>;
  /** @throws {NotFoundError} */
  get(id: string, by: Owner): Promise<ProviderAccount>;
  /** The same, if it is of exactly this customer; null when there is none. */
  getOf(id: string, customer: string | null): Promise<ProviderAccount | null>;
  /** @param by whose it will be: the customer's of a customer's token, else the server's */
  create(input: { name: string; config: GivenConfig }, by: Owner): Promise<ProviderAccountRow>;
  /** Takes effect in every channel that uses it. @throws {ValidationError} also when one of those would then lack something */
  update(id: string, input: { name?: string | null | undefined; config?: GivenConfig | null | undefined }, by: Owner): Promise<ProviderAccountRow>;
  /** @param evenIfUsed switches the channels that use it off, in place of refusing with a ConflictError */
  delete(id: string, evenIfUsed: boolean, by: Owner): Promise<void>;
  /** Checks a config that is not saved. @param base the saved account whose secrets stand in for those left out */
  checkUnsaved(config: GivenConfig, base: ProviderAccount | null): { account: Account; config: Record<string, unknown> };
}

export interface ProviderAccountServiceDeps {
  store: ProviderAccountStore;
  box: SecretBox;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that the new credentials take effect. */
  changed(): Promise<void>;
  /** Makes sure that the channels which use the account can do with this config. @throws {ValidationError} */
  checkChannels(accountId: string, config: Record<string, unknown>): Promise<void>;
}

export function createProviderAccountService({ store, box, clock, ids, changed, checkChannels }: ProviderAccountServiceDeps): ProviderAccountService {
  const open = (row: ProviderAccountRow): ProviderAccount => ({ id: row.id, name: row.name, kind: row.kind, customer: row.customer, config: openConfig(row as never, box, accountRow(row.id)) });

  async function find(id: string, by: Owner): Promise<ProviderAccountRow> {
    const row = await store.find(id, ownedBy(by));
    if (!row) throw new NotFoundError("This provider account");
    return row;
  }

  return {
    load: async () => (await store.all()).map(open),
    get: async (id, by) => open(await find(id, by)),
    async getOf(id, customer) {
      const row = await store.find(id, { customer });
      return row && open(row);
    },

    async create({ config: given, ...rest }, by) {
      const { owner, config } = chosenConfig(ACCOUNTS, given);
      const id = ids.next();
      const now = clock.now();
      const stored = sealConfig(owner, checkConfig(owner, config), box, accountRow(id));
      const row = { id, kind: owner.kind, customer: by?.customer ?? null, createdAt: now, updatedAt: now, ...parseInput(providerAccountInput, rest), ...stored } as ProviderAccountRow;
      await store.insert(row);
      await changed();
      return row;
    },

    async update(id, { config: given, name }, by) {
      const stored = await find(id, by);
      const before = open(stored);
      const changes = parseInput(providerAccountChange, { name: name ?? undefined }) as Partial<ProviderAccountRow>;
      if (given) {
        const { owner, config } = chosenConfig(ACCOUNTS, given);
        if (owner.kind !== before.kind) throw ValidationError.of(`config.${configKey(owner.kind)}`, `must be "${configKey(before.kind)}": an account keeps its kind. Create a new one for another kind.`);
        const checked = checkConfig(owner, config, { before: before.config });
        await checkChannels(id, checked);
        Object.assign(changes, sealConfig(owner, checked, box, accountRow(id), stored.secrets));
      }
      const row = await store.update(id, { ...changes, updatedAt: clock.now() });
      await changed();
      return row;
    },

    async delete(id, evenIfUsed, by) {
      const { name } = await find(id, by);
      const users = await store.usedBy(id);
      if (users.length > 0 && !evenIfUsed) {
        throw new ConflictError(`The provider account is used by ${named(users)}. Give them other credentials first, or say evenIfUsed, which switches them off.`);
      }
      await store.delete(id, `Its provider account "${name}" was deleted.`, clock.now());
      await changed();
    },

    checkUnsaved(given, base) {
      const { owner, config } = chosenConfig(ACCOUNTS, given);
      return { account: owner, config: checkConfig(accountOf(owner.kind), config, { before: base?.kind === owner.kind ? base.config : {} }) };
    },
  };
}

/** Names the row that an account's secrets are bound to. */
export function accountRow(id: string): string {
  return `account:${id}`;
}

const MOST_NAMED = 5;

function named(channels: string[]): string {
  const shown = channels.slice(0, MOST_NAMED).map((name) => `"${name}"`).join(", ");
  const rest = channels.length - MOST_NAMED;
  return `${channels.length === 1 ? "the channel" : "the channels"} ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
}
