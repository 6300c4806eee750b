import type { Owner } from "../access/principal.ts";
import type { ProviderAccountService } from "../accounts/providerAccount.service.ts";
import type { Clock } from "../clock.ts";
import type { OutsideWorld } from "../dispatch/outside.ts";
import { tryOut } from "../dispatch/sendMessage.ts";
import type { TryResult } from "../dispatch/sendMessage.ts";
import { ValidationError } from "../errors.ts";
import type { Log } from "../log.ts";
import { listAppriseServices } from "../providers/apprise.ts";
import type { AppriseService } from "../providers/apprise.ts";

/** Which services an Apprise can send to. */
export interface AppriseServices {
  /** @param accountId a provider account with an API server; null asks the program on this machine, which customers cannot use. @throws {NotFoundError} @throws {ValidationError} */
  list(accountId: string | null, by: Owner): Promise<TryResult<AppriseService[]>>;
}

/** The program loads every service that it knows, which takes seconds. */
const TIMEOUT_MS = 30_000;

export function createAppriseServices(accounts: Pick<ProviderAccountService, "get">, outside: OutsideWorld, clock: Clock, log: Log): AppriseServices {
  return {
    async list(accountId, by) {
      const account = accountId === null ? null : await accounts.get(accountId, by);
      if (account && account.kind !== "APPRISE") throw ValidationError.of("accountId", "must be an account of the kind APPRISE");
      const serverUrl = account?.config["serverUrl"] as string | undefined;
      const ways = outside.of(account?.customer ?? by?.customer ?? null);
      return tryOut("APPRISE", TIMEOUT_MS, clock, log, (signal) => listAppriseServices({ ...ways, signal, now: clock.now() }, serverUrl));
    },
  };
}
