import * as z from "zod";
import { ValidationError } from "../errors.ts";
import { parseInput } from "../parseInput.ts";
import type { Principal } from "./principal.ts";
import { ALL_SCOPES, CUSTOMER_ROLES, ROLES, ROLE_SCOPES } from "./scope.ts";
import type { Role, Scope } from "./scope.ts";

const oneLine = /^[^\p{Cc}\p{Surrogate}]*$/u;

const name = z.string().trim().min(1, "must not be empty").max(100, "must be at most 100 characters").regex(oneLine, "must be one line without control characters");
const requestsPerMinute = z.int("must be a whole number").min(1, "must be from 1 to 1000000").max(1_000_000, "must be from 1 to 1000000");

const accessTokenInput = z.object({
  name,
  role: z.enum(ROLES),
  scopes: z.array(z.enum(ALL_SCOPES)).min(1, "must hold at least one scope; left out: all of the role's").nullish().transform((scopes) => (scopes ? [...new Set(scopes)] : null)),
  customer: z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters").regex(oneLine, "must be one line without control characters").nullish().transform((value) => value ?? null),
  contactId: z.string().nullish().transform((value) => value ?? null),
  expiresAt: z.date().nullish().transform((value) => value ?? null),
  requestsPerMinute: requestsPerMinute.nullish().transform((value) => value ?? null),
});

export type AccessTokenInput = z.input<typeof accessTokenInput>;

/** Null takes the end or the limit away; what is left out stays. */
export const accessTokenChange = z.object({ name: name.optional(), expiresAt: z.date().nullish(), requestsPerMinute: requestsPerMinute.nullish() });

export type AccessTokenChange = Omit<z.input<typeof accessTokenChange>, "name"> & { name?: string | null | undefined };

/**
 * A new token's properties, checked. Nobody hands out more than they have.
 * @throws {ValidationError}
 */
export function checkedToken(input: AccessTokenInput, by: Pick<Principal, "scopes">): z.output<typeof accessTokenInput> {
  const token = parseInput(accessTokenInput, input);
  const { role, scopes, customer } = token;
  if (role === "CUSTOMER" && customer === null) throw ValidationError.of("customer", "must be given: a token with the role CUSTOMER belongs to a customer", "required");
  if (customer !== null && !CUSTOMER_ROLES.includes(role)) throw ValidationError.of("role", `must be one of ${CUSTOMER_ROLES.join(", ")} for the token of a customer: ${role} is about the whole server`);
  const beyond = scopes?.findIndex((scope) => !ROLE_SCOPES[role].has(scope)) ?? -1;
  if (beyond >= 0) throw ValidationError.of(`scopes.${beyond}`, `must be one that the role ${role} has: ${[...ROLE_SCOPES[role]].join(", ")}`);
  const notOwn = [...scopesOf(role, scopes)].filter((scope) => !by.scopes.has(scope));
  if (notOwn.length > 0) throw ValidationError.of("scopes", `must be among those of your own token, which lacks ${notOwn.join(", ")}`);
  return token;
}

/** What a token may do: its role's scopes, as far as it is not limited to some of them. */
export function scopesOf(role: Role, limit: readonly Scope[] | null): ReadonlySet<Scope> {
  return limit ? new Set(limit.filter((scope) => ROLE_SCOPES[role].has(scope))) : ROLE_SCOPES[role];
}
