import type { Provider } from "../providers/provider.ts";
import type { Delivery } from "./delivery.model.ts";
import type { SummaryEnd } from "./held.store.ts";
import { nextTry } from "./retry.ts";
import type { SendResult } from "./sendMessage.ts";

/** The delivery as it stands after a try. */
export function afterTry(delivery: Delivery, result: SendResult, idempotent: boolean, now: Date, random: number): Delivery {
  const tries = delivery.tries + 1;
  if (result.outcome === "DELIVERED") return { ...delivery, tries, finishedAt: now, state: "SENT", reference: result.receipt.reference ?? null };
  // A repeat that the provider cannot tell from the first could be a second message: better unknown than twice.
  if (result.outcome === "UNKNOWN" && !idempotent) return { ...delivery, tries, finishedAt: now, state: "UNKNOWN" };
  const retryAt = nextTry(result.outcome, tries, result.retryAfterMs, delivery.createdAt, now, random);
  return retryAt ? { ...delivery, tries, state: "RETRY", dueAt: retryAt } : { ...delivery, tries, finishedAt: now, state: "FAILED" };
}

/**
 * Whether the fallback gets it now: what is given up, and of a channel that fails whatever did not arrive, so that nobody
 * waits for a day of tries. An incident that only its own provider can close is tried on until it is given up.
 */
export function mayHandOver({ reason, state }: Delivery, { outcome }: SendResult, isFailing: boolean, { recovery }: Provider): boolean {
  if (state === "FAILED") return true;
  if (!isFailing || outcome === "RATE_LIMITED" || (reason === "RECOVERY" && recovery === "RESOLVES")) return false;
  return state === "RETRY" || (state === "UNKNOWN" && reason !== "SUMMARY");
}

/** A summary that was refused for good keeps nothing from being told: the next one takes it up after so long. */
const NEXT_SUMMARY_MS = 3_600_000;

/** What the end of a summary means for the deliveries in it; nothing for other deliveries and while it is tried again. */
export function carriedBy({ reason, state }: Delivery, now: Date): SummaryEnd | undefined {
  if (reason !== "SUMMARY" || state === "RETRY") return undefined;
  if (state === "SENT" || state === "UNKNOWN" || state === "DROPPED") return { state, at: now };
  return { retryAt: new Date(now.getTime() + NEXT_SUMMARY_MS) };
}
