import { hash, randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { CallerError, ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import { accessTokenChange, checkedToken, scopesOf } from "./accessToken.model.ts";
import type { AccessTokenChange, AccessTokenInput } from "./accessToken.model.ts";
import type { AccessToken, AccessTokenStore } from "./accessToken.store.ts";
import type { Principal } from "./principal.ts";
import { createRequestRates } from "./requestRates.ts";
import type { RequestRates } from "./requestRates.ts";
import type { Scope } from "./scope.ts";

/** The token given by ADMIN_TOKEN or made at first start keeps this id, so that changing it replaces the old one. */
const FIRST_ADMIN_ID = "00000000-0000-7000-8000-000000000001";

/** How often the times of last use are written. */
const TOUCH_EVERY_MS = 60_000;

const PORTAL_IS_OFF = "The customer portal is switched off";

/** Why a token that was let in opens nothing any more. */
export type TokenEnd = "The token was revoked" | "The token has expired" | typeof PORTAL_IS_OFF;

export interface AccessTokenService {
  /**
   * Who this token stands for; null when it is unknown, expired or revoked.
   * @throws {CallerError} PORTAL_OFF for a customer's token while the portal is off
   */
  authenticate(token: string): Principal | null;
  /** Counts a request towards the token's rate. @throws {RateLimitedError} */
  countRequest: RequestRates["take"];
  /** Whether a token that was let in may still be used: long-lived subscriptions ask before each message. */
  isValid(tokenId: string): boolean;
  /** @returns the token itself, which is never shown again @throws {ValidationError} also when it would be allowed more than `by` */
  create(input: AccessTokenInput, by: Pick<Principal, "scopes">): Promise<{ token: string; accessToken: AccessToken }>;
  /** @throws {ConflictError} when it was revoked */
  update(id: string, input: AccessTokenChange): Promise<AccessToken>;
  revoke(id: string): Promise<AccessToken>;
  /** Makes `token` the first administrator's. */
  setFirstAdmin(token: string): Promise<void>;
  /** Calls back once when a token opens nothing any more, so that what it has open ends. @returns what stops that */
  onEnd(tokenId: string, listener: (why: TokenEnd) => void): () => void;
  /** Ends what is open with tokens that open nothing any more: called when the portal may have been switched off. */
  endWhatIsOver(): void;
  load(): Promise<void>;
  close(): Promise<void>;
}

/** A token of 256 random bits; so much chance needs no slow hash. */
export function newToken(): string {
  return `car_${randomBytes(32).toString("base64url")}`;
}

export interface AccessTokenServiceDeps {
  store: AccessTokenStore;
  clock: Clock;
  ids: Ids;
  /** Whether customers are let in. */
  portalIsOn(): boolean;
}

export function createAccessTokenService({ store, clock, ids, portalIsOn }: AccessTokenServiceDeps): AccessTokenService {
  let byHash = new Map<string, AccessToken>();
  let byId = new Map<string, AccessToken>();
  let uses = new Map<string, Date>();
  let cancelTouch: (() => void) | null = null;
  let cancelExpiry: (() => void) | null = null;
  /** By token: who is to hear of its end. */
  const open = new Map<string, Set<(why: TokenEnd) => void>>();
  const rates = createRequestRates(clock);

  async function load(): Promise<void> {
    const tokens = await store.all();
    byHash = new Map(tokens.map((token) => [token.hash, token]));
    byId = new Map(tokens.map((token) => [token.id, token]));
    endWhatIsOver();
  }

  async function writeUses(): Promise<void> {
    cancelTouch?.();
    cancelTouch = null;
    const written = uses;
    uses = new Map();
    if (written.size > 0) await store.touch(written);
  }

  /** Null while it may be used. */
  function endOf(token: AccessToken | undefined): TokenEnd | null {
    if (!token || token.revokedAt !== null) return "The token was revoked";
    if (token.expiresAt && token.expiresAt <= clock.now()) return "The token has expired";
    return token.customer !== null && !portalIsOn() ? PORTAL_IS_OFF : null;
  }

  function endWhatIsOver(): void {
    cancelExpiry?.();
    cancelExpiry = null;
    let next = Infinity;
    for (const [id, listeners] of open) {
      const token = byId.get(id);
      const why = endOf(token);
      if (why === null) {
        next = Math.min(next, token?.expiresAt?.getTime() ?? Infinity);
        continue;
      }
      open.delete(id);
      for (const listener of listeners) listener(why);
    }
    if (next < Infinity) cancelExpiry = clock.after(next - clock.now().getTime(), endWhatIsOver);
  }

  function noteUse(id: string): void {
    uses.set(id, clock.now());
    cancelTouch ??= clock.after(TOUCH_EVERY_MS, () => void writeUses().catch(() => undefined));
  }

  return {
    load,
    authenticate(text) {
      const token = byHash.get(hashOf(text));
      const why = token ? endOf(token) : null;
      if (why === PORTAL_IS_OFF) throw new CallerError("PORTAL_OFF", "This token belongs to a customer, and the customer portal is switched off. Its administrators can switch it on.");
      if (!token || why !== null) return null;
      noteUse(token.id);
      return principalOf(token);
    },
    countRequest: rates.take,
    isValid: (tokenId) => endOf(byId.get(tokenId)) === null,
    async create(input, by) {
      const checked = checkedToken(input, by);
      if (checked.expiresAt && checked.expiresAt <= clock.now()) throw ValidationError.of("expiresAt", "must be in the future");
      if (checked.contactId !== null && !(await store.hasContact(checked.contactId, checked.customer))) {
        throw ValidationError.of("contactId", checked.customer === null ? "must be the id of a contact that belongs to no customer" : "must be the id of a contact of the token's customer", "not_found");
      }
      const token = newToken();
      const accessToken: AccessToken = { ...checked, id: ids.next(), hash: hashOf(token), createdAt: clock.now(), lastUsedAt: null, revokedAt: null };
      await store.insert(accessToken);
      await load();
      return { token, accessToken };
    },
    async update(id, input) {
      const { name, ...rest } = parseInput(accessTokenChange, { ...input, name: input.name ?? undefined });
      if (rest.expiresAt && rest.expiresAt <= clock.now()) throw ValidationError.of("expiresAt", "must be in the future; revokeAccessToken ends it now");
      const given = Object.fromEntries(Object.entries({ name, ...rest }).filter(([, value]) => value !== undefined));
      const token = await store.update(id, given);
      if (!token) throw new NotFoundError("This access token");
      if (token.revokedAt) throw new ConflictError("The access token was revoked, and is kept as it was. Create a new one.");
      await load();
      return token;
    },
    async revoke(id) {
      const token = await store.revoke(id, clock.now());
      if (!token) throw new NotFoundError("This access token");
      await load();
      return token;
    },
    async setFirstAdmin(token) {
      await load();
      // As it was: it keeps its last use, and stays revoked when it was revoked.
      if (byHash.get(hashOf(token))?.id === FIRST_ADMIN_ID) return;
      await store.upsert(firstAdmin(hashOf(token), clock.now()));
      await load();
    },
    onEnd(tokenId, listener) {
      const listeners = open.get(tokenId) ?? new Set();
      listeners.add(listener);
      open.set(tokenId, listeners);
      // Its time may be the next, or over already.
      if (listeners.size === 1) endWhatIsOver();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && open.get(tokenId) === listeners) open.delete(tokenId);
      };
    },
    endWhatIsOver,
    async close() {
      cancelExpiry?.();
      await writeUses();
    },
  };
}

function principalOf({ id, name, role, scopes, customer, contactId, expiresAt, requestsPerMinute }: AccessToken): Principal {
  return { tokenId: id, name, role, scopes: scopesOf(role, scopes as Scope[] | null), customer, contactId, expiresAt, requestsPerMinute };
}

function firstAdmin(hashed: string, createdAt: Date): AccessToken {
  return {
    id: FIRST_ADMIN_ID, name: "first administrator", role: "ADMIN", scopes: null, hash: hashed, customer: null, contactId: null, requestsPerMinute: null,
    createdAt, expiresAt: null, lastUsedAt: null, revokedAt: null,
  };
}

function hashOf(token: string): string {
  return hash("sha256", token, "hex");
}
