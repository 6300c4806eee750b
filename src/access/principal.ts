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

/** @throws {CallerError} UNAUTHENTICATED without a valid token, FORBIDDEN when its role lacks the scope */
export function requireScope(principal: Principal | null, scope: Scope): asserts principal is Principal {
  if (!principal) {
    throw new CallerError("UNAUTHENTICATED", 'A valid token is needed: send the header "Authorization: Bearer <token>", or connectionParams { "authorization": "Bearer <token>" } on a WebSocket.');
  }
  if (!may(principal, scope)) throw new CallerError("FORBIDDEN", `The token "${principal.name}" has the role ${principal.role}, which lacks the scope ${scope}.`);
}

/** The database filter that keeps a customer's token to what is its own. */
export function ownedBy(principal: Principal): { customer?: string } {
  return principal.customer === null ? {} : { customer: principal.customer };
}
