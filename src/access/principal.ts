import { CallerError } from "../errors.ts";
import { ROLE_SCOPES } from "./scope.ts";
import type { Role, Scope } from "./scope.ts";

/** Who a request comes from, as its token says. */
export interface Principal {
  tokenId: string;
  name: string;
  role: Role;
  /** Set when the token belongs to a customer: it sees and changes only what is that customer's own. */
  customer: string | null;
  expiresAt: Date | null;
}

export function may(principal: Principal | null, scope: Scope): boolean {
  return principal !== null && ROLE_SCOPES[principal.role].has(scope);
}

/** Why `what` is refused: no valid token, or one whose role lacks the scope for it. */
export function refusal(principal: Principal | null, what: string): CallerError {
  if (principal) return new CallerError("FORBIDDEN", `The token "${principal.name}" has the role ${principal.role}, which may not use ${what}.`);
  return new CallerError("UNAUTHENTICATED", 'A valid token is needed: send the header "Authorization: Bearer <token>", or connectionParams { "authorization": "Bearer <token>" } on a WebSocket.');
}

/** The database filter that keeps a customer's token to what is its own. */
export function ownedBy(principal: Principal | null): { customer?: string } {
  return principal === null || principal.customer === null ? {} : { customer: principal.customer };
}

/** Of whom a list is to be: the asked for customers, or all where null, as far as they are the principal's own. */
export function ownCustomers(principal: Principal | null, asked: readonly string[] | null | undefined): readonly string[] | null {
  const own = ownedBy(principal).customer;
  if (own === undefined) return asked ?? null;
  return !asked || asked.includes(own) ? [own] : [];
}
