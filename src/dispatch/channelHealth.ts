import type { Channel } from "../channels/channel.model.ts";
import type { Delivery } from "./delivery.model.ts";
import type { TryResult } from "./sendMessage.ts";

/** Tells from tries when a channel begins to fail, and when it works again. */
export interface ChannelHealth {
  /**
   * @param delivery as it stands after the try
   * @returns what `failingSince` becomes; undefined when it stays as it is
   */
  after(channel: Pick<Channel, "id" | "failingSince">, result: Pick<TryResult, "outcome">, delivery: Pick<Delivery, "state">, now: Date): Date | null | undefined;
  /** Forgets what was counted, because another process sends for the channel now. */
  forget(channelId: string): void;
}

/** A channel fails when a delivery had to be given up, or when so many tries in a row have failed over so long. */
const FAILURES = 5;
const FAILING_AFTER_MS = 60_000;

/** Counts the failures in a row of the channels that this process sends for. A provider that asks to wait is well. */
export function createChannelHealth(): ChannelHealth {
  const runs = new Map<string, { since: Date; tries: number }>();
  return {
    after({ id, failingSince }, { outcome }, { state }, now) {
      if (outcome === "DELIVERED") {
        runs.delete(id);
        return failingSince ? null : undefined;
      }
      if (outcome === "RATE_LIMITED" && state !== "FAILED") return undefined;
      const run = runs.get(id) ?? { since: now, tries: 0 };
      run.tries += 1;
      runs.set(id, run);
      const lasting = run.tries >= FAILURES && now.getTime() - run.since.getTime() >= FAILING_AFTER_MS;
      return failingSince === null && (state === "FAILED" || lasting) ? run.since : undefined;
    },
    forget: (channelId) => void runs.delete(channelId),
  };
}
