import type { Clock } from "../clock.ts";
import { createRateLimit } from "../dispatch/rateLimit.ts";
import type { RateLimit } from "../dispatch/rateLimit.ts";
import { RateLimitedError } from "../errors.ts";
import type { Principal } from "./principal.ts";

/** How many requests each token may make. Counted in memory: each process of several counts by itself. */
export interface RequestRates {
  /** Counts one request. @throws {RateLimitedError} when that is one too many */
  take(principal: Pick<Principal, "tokenId" | "name" | "requestsPerMinute">): void;
}

export function createRequestRates(clock: Clock): RequestRates {
  /** By token. As many as there are tokens with a limit. */
  const limits = new Map<string, { perMinute: number; limit: RateLimit }>();

  return {
    take({ tokenId, name, requestsPerMinute: perMinute }) {
      if (perMinute === null) return;
      let known = limits.get(tokenId);
      if (known?.perMinute !== perMinute) {
        // A minute's worth may come at once.
        known = { perMinute, limit: createRateLimit(perMinute / 60, perMinute) };
        limits.set(tokenId, known);
      }
      const waitMs = known.limit.take(clock.now().getTime());
      if (waitMs > 0) throw new RateLimitedError(`The token "${name}" may make ${perMinute} ${perMinute === 1 ? "request" : "requests"} a minute, which it has.`, Math.ceil(waitMs / 1000));
    },
  };
}
