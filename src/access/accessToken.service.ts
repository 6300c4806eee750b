import { hash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { NotFoundError, ValidationError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput } from "../parseInput.ts";
import type { AccessToken, AccessTokenStore } from "./accessToken.store.ts";
import type { Principal } from "./principal.ts";
import { ROLES } from "./scope.ts";

/** The token given by ADMIN_TOKEN or made at first start keeps this id, so that changing it replaces the old one. */
const FIRST_ADMIN_ID = "00000000-0000-7000-8000-000000000001";

/** How often the times of last use are written. */
const TOUCH_EVERY_MS = 60_000;

const createInput = z.object({
  name: z.string().trim().min(1, "must not be empty").max(100, "must be at most 100 characters").regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters"),
  role: z.enum(ROLES),
  expiresAt: z.date().nullish().transform((value) => value ?? null),
});

export interface AccessTokenService {
  /** Who this token stands for; null when it is unknown, expired or revoked. */
  authenticate(token: string): Principal | null;
  /** Whether a token that was let in may still be used: long-lived subscriptions ask before each message. */
  isValid(tokenId: string): boolean;
  /** @returns the token itself, which is never shown again */
  create(input: z.input<typeof createInput>): Promise<{ token: string; accessToken: AccessToken }>;
  revoke(id: string): Promise<AccessToken>;
  /** Makes `token` the first administrator's. */
  setFirstAdmin(token: string): Promise<void>;
  /** Calls back whenever a token is revoked, so that its open connections end. */
  onRevoked(listener: (tokenId: string) => void): () => void;
  load(): Promise<void>;
  close(): Promise<void>;
}

/** A token of 256 random bits; so much chance needs no slow hash. */
export function newToken(): string {
  return `car_${randomBytes(32).toString("base64url")}`;
}

/** @param changed called after every change, for other processes on the same database */
export function createAccessTokenService(store: AccessTokenStore, clock: Clock, ids: Ids, changed: () => void): AccessTokenService {
  let byHash = new Map<string, AccessToken>();
  let byId = new Map<string, AccessToken>();
  let uses = new Map<string, Date>();
  let cancelTouch: (() => void) | null = null;
  const revokedListeners = new Set<(tokenId: string) => void>();

  async function load(): Promise<void> {
    const tokens = await store.all();
    const revoked = tokens.filter(({ id, revokedAt }) => revokedAt !== null && byId.get(id)?.revokedAt === null);
    byHash = new Map(tokens.map((token) => [token.hash, token]));
    byId = new Map(tokens.map((token) => [token.id, token]));
    for (const { id } of revoked) for (const listener of revokedListeners) listener(id);
  }

  async function writeUses(): Promise<void> {
    cancelTouch?.();
    cancelTouch = null;
    const written = uses;
    uses = new Map();
    if (written.size > 0) await store.touch(written);
  }

  function isValid({ revokedAt, expiresAt }: AccessToken): boolean {
    return revokedAt === null && !(expiresAt && expiresAt <= clock.now());
  }

  function noteUse(id: string): void {
    uses.set(id, clock.now());
    cancelTouch ??= clock.after(TOUCH_EVERY_MS, () => void writeUses().catch(() => undefined));
  }

  return {
    load,
    authenticate(text) {
      const token = byHash.get(hashOf(text));
      if (!token || !isValid(token)) return null;
      noteUse(token.id);
      return { tokenId: token.id, name: token.name, role: token.role, customer: token.customer, expiresAt: token.expiresAt };
    },
    isValid(tokenId) {
      const token = byId.get(tokenId);
      return token !== undefined && isValid(token);
    },
    async create(input) {
      const { name, role, expiresAt } = parseInput(createInput, input);
      if (expiresAt && expiresAt <= clock.now()) throw ValidationError.of("expiresAt", "must be in the future");
      const token = newToken();
      const accessToken = tokenRow({ id: ids.next(), name, role, hash: hashOf(token), createdAt: clock.now(), expiresAt });
      await store.insert(accessToken);
      await load();
      changed();
      return { token, accessToken };
    },
    async revoke(id) {
      const token = await store.revoke(id, clock.now());
      if (!token) throw new NotFoundError("This access token");
      await load();
      changed();
      return token;
    },
    async setFirstAdmin(token) {
      await load();
      // As it was: it keeps its last use, and stays revoked when it was revoked.
      if (byHash.get(hashOf(token))?.id === FIRST_ADMIN_ID) return;
      await store.upsert(tokenRow({ id: FIRST_ADMIN_ID, name: "first administrator", role: "ADMIN", hash: hashOf(token), createdAt: clock.now(), expiresAt: null }));
      await load();
    },
    onRevoked(listener) {
      revokedListeners.add(listener);
      return () => revokedListeners.delete(listener);
    },
    close: writeUses,
  };
}

function tokenRow(given: Pick<AccessToken, "id" | "name" | "role" | "hash" | "createdAt" | "expiresAt">): AccessToken {
  return { ...given, scopes: null, customer: null, contactId: null, requestsPerMinute: null, lastUsedAt: null, revokedAt: null };
}

function hashOf(token: string): string {
  return hash("sha256", token, "hex");
}
