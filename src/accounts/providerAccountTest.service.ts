import type { Owner } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { GivenConfig } from "../channels/channelConfig.ts";
import type { OutsideWorld } from "../dispatch/outside.ts";
import { tryOut } from "../dispatch/sendMessage.ts";
import type { TryResult } from "../dispatch/sendMessage.ts";
import type { Log } from "../log.ts";
import type { Account } from "../providers/provider.ts";
import { accountOf } from "../providers/registry.ts";
import type { ProviderAccountService } from "./providerAccount.service.ts";

export interface ProviderAccountTester {
  /** Asks the provider whether it takes a saved account's credentials. @throws {NotFoundError} */
  testSaved(id: string, by: Owner): Promise<TryResult>;
  /** The same for credentials that are not saved. @throws {ValidationError} */
  testUnsaved(given: GivenConfig, baseId: string | null, by: Owner): Promise<TryResult>;
}

/** The time of one check in milliseconds. */
const TIMEOUT_MS = 15_000;

export function createProviderAccountTester(accounts: ProviderAccountService, outside: OutsideWorld, clock: Clock, log: Log): ProviderAccountTester {
  const check = (account: Account, customer: string | null, config: Record<string, unknown>) =>
    tryOut(account.kind, TIMEOUT_MS, clock, log, (signal) => account.check({ ...outside.of(customer), config, signal, now: clock.now() }));

  return {
    async testSaved(id, by) {
      const { kind, customer, config } = await accounts.get(id, by);
      return check(accountOf(kind), customer, config);
    },
    async testUnsaved(given, baseId, by) {
      const base = baseId === null ? null : await accounts.get(baseId, by);
      const { account, config } = accounts.checkUnsaved(given, base);
      return check(account, base?.customer ?? by?.customer ?? null, config);
    },
  };
}
