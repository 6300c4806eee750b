import type { AccessTokenService } from "../access/accessToken.service.ts";
import type { Principal } from "../access/principal.ts";

const LONGEST_TOKEN = 200;

/**
 * Who an Authorization header stands for: the same check for HTTP, SSE and WebSocket. Null without a valid token.
 * @throws {CallerError} PORTAL_OFF
 */
export function principalOf(header: unknown, accessTokens: Pick<AccessTokenService, "authenticate">): Principal | null {
  if (typeof header !== "string") return null;
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  return token && token.length <= LONGEST_TOKEN ? accessTokens.authenticate(token) : null;
}

/** The same for one request, which counts towards its token's rate. @throws {RateLimitedError} @throws {CallerError} PORTAL_OFF */
export function admit(header: unknown, accessTokens: Pick<AccessTokenService, "authenticate" | "countRequest">): Principal | null {
  const principal = principalOf(header, accessTokens);
  if (principal) accessTokens.countRequest(principal);
  return principal;
}
