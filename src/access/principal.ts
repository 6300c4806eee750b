import { CATEGORIES } from "../catalogue/category.ts";
import { concernsServices } from "../catalogue/offered.ts";
import { CallerError } from "../errors.ts";
import { ROLE_SCOPES } from "./scope.ts";
import type { Role, Scope } from "./scope.ts";

/** Who a request comes from, as its token says. */
export interface Principal {
  tokenId: string;
  name: string;
  role: Role;
  /** What it may do: what its role may, or less where the token is limited. */
  scopes: ReadonlySet<Scope>;
  /** Set when the token belongs to a customer: it sees and changes only what is that customer's own. */
  customer: string | null;
  /** The person who uses the token, where that is known. */
  contactId: string | null;
  expiresAt: Date | null;
  requestsPerMinute: number | null;
}

/** On whose behalf something is done; null: the server's own. */
export type Owner = Pick<Principal, "customer"> | null;

export function may(principal: Principal | null, scope: Scope): boolean {
  return principal !== null && principal.scopes.has(scope);
}

/** The same, for what concerns the whole server: a customer's token may not, whatever its scopes. */
export function mayOnServer(principal: Principal | null, scope: Scope): boolean {
  return may(principal, scope) && !isCustomers(principal);
}

/** Whether the token belongs to a customer. */
export function isCustomers(owner: Owner): owner is { customer: string } {
  return owner !== null && owner.customer !== null;
}

/** Why `what` is refused: no valid token, or one that lacks the scope for it. */
export function refusal(principal: Principal | null, what: string): CallerError {
  if (!principal) return new CallerError("UNAUTHENTICATED", 'A valid token is needed: send the header "Authorization: Bearer <token>", or connectionParams { "authorization": "Bearer <token>" } on a WebSocket.');
  const { name, role, scopes } = principal;
  if (isCustomers(principal)) return new CallerError("FORBIDDEN", `The token "${name}" with the role ${role} belongs to a customer and may not use ${what}.`);
  if (scopes.size < ROLE_SCOPES[role].size) return new CallerError("FORBIDDEN", `The token "${name}" is limited to some scopes of its role ${role}, and may not use ${what}.`);
  return new CallerError("FORBIDDEN", `The token "${name}" has the role ${role}, which may not use ${what}.`);
}

/** The database filter that keeps a customer's token to what is its own. */
export function ownedBy(owner: Owner): { customer?: string } {
  return isCustomers(owner) ? { customer: owner.customer } : {};
}

/** The same for rows that belong to whom their channel belongs: those of deleted ones are nobody's. */
export function ownChannels(owner: Owner): { channel: { customer?: string; deletedAt: null } } {
  return { channel: { ...ownedBy(owner), deletedAt: null } };
}

/** The same for lists that are searched: the ids of the customer's channels; null: of all. */
export function ownChannelIds(owner: Owner, channels: ReadonlyMap<string, { id: string; customer: string | null }>): string[] | null {
  return isCustomers(owner) ? [...channels.values()].flatMap(({ id, customer }) => (customer === owner.customer ? [id] : [])) : null;
}

/** The database filter for what concerns the whole server: a customer's token finds nothing. */
export function serversOwn(owner: Owner): { AND?: { id: { in: string[] } } } {
  return isCustomers(owner) ? { AND: { id: { in: [] } } } : {};
}

const OFFERED_CATEGORIES = CATEGORIES.map(({ name }) => name).filter(concernsServices);

/** The database filter for events and conditions: a customer's own, as far as they concern services. */
export function ownEvents(owner: Owner): { customer?: string; category?: { in: string[] } } {
  return isCustomers(owner) ? { customer: owner.customer, category: { in: OFFERED_CATEGORIES } } : {};
}

/** Whether an event or condition is one that the owner may see. */
export function isOwnEvent(owner: Owner, { customer, category }: { customer: string | null; category: string }): boolean {
  return !isCustomers(owner) || (customer === owner.customer && concernsServices(category));
}

/** Of whom a list is to be: the asked for customers, or all where null, as far as they are the principal's own. */
export function ownCustomers(principal: Owner, asked: readonly string[] | null | undefined): readonly string[] | null {
  if (!isCustomers(principal)) return asked ?? null;
  return !asked || asked.includes(principal.customer) ? [principal.customer] : [];
}

/** Of which categories a list of events is to be: the asked for, or all where null, as far as they are offered. */
export function ownCategories(owner: Owner, asked: readonly string[] | null | undefined): readonly string[] | null {
  if (!isCustomers(owner)) return asked ?? null;
  return asked ? asked.filter(concernsServices) : OFFERED_CATEGORIES;
}
