import type { Principal } from "../access/principal.ts";
import type { Services } from "../services.ts";

/** What every resolver gets, whichever way the operation came: HTTP, WebSocket or SSE. */
export interface Context {
  /** Null without a valid token: only what needs no scope is open then. */
  principal: Principal | null;
  /** Where the request comes from; null when that is not known. */
  address: string | null;
  services: Services;
  /** True when the operation is known to be within the limits. */
  costIsKnown?: boolean;
}
