import type { HoldReason } from "../decide/verdict.ts";
import type { MessageReason } from "../render/message.ts";

/** HELD waits for a summary, PENDING and RETRY for a try; the others are final. */
export type DeliveryState = "HELD" | "PENDING" | "RETRY" | "SENT" | "FAILED" | "UNKNOWN" | "DROPPED";

/** One notification for one channel: these rows are the queue. */
export interface Delivery {
  id: string;
  eventId: string;
  channelId: string;
  conditionId: string | null;
  customer: string | null;
  state: DeliveryState;
  reason: MessageReason;
  context: DeliveryContext;
  tries: number;
  dueAt: Date;
  createdAt: Date;
  finishedAt: Date | null;
  reference: string | null;
  /** What holds it back, when something does. */
  heldFor: HoldReason | null;
  /** The delivery whose message carries it, once it is due. */
  summaryId: string | null;
  /** The delivery that could not be made and that this one stands in for. */
  insteadOf: string | null;
}

/** What a message says beside its event, fixed when it was decided. Times are ISO 8601. */
export interface DeliveryContext {
  openedAt?: string;
  count?: number;
  /** How many other conditions and occurrences were not sent because of this one. */
  covers?: number;
  /** Of its beginning, with how often it has opened; or of its end. */
  flapping?: { since: string; times?: number };
  /** Of a summary: what its items were held for. */
  summaryOf?: HoldReason;
  /** Of a summary of a burst: what there was too much of. */
  eventType?: string;
  /** Repeats of an occurrence that a cooldown held back before this one. */
  heldBack?: number;
  /** Of an escalation's step, or of a reminder: then with who took the problem on and when. No name for a channel whose owner may not know the policy. Step and round from 1. */
  escalation?: { at: string; policy?: string; step: number; round: number; takenBy?: string; takenAt?: string };
  /** Of what another channel could not deliver: that channel's name, whether it may have got it all the same, and the ids of all that could not. */
  standIn?: { for: string; unknown?: boolean; passed: string[] };
}

/** Whether it may be tried now. What has not been tried, or was made in what is the future by a clock that was set back since, waits for no time. */
export function isDue({ state, dueAt, createdAt }: Pick<Delivery, "state" | "dueAt" | "createdAt">, now: Date): boolean {
  return state === "PENDING" || dueAt <= now || createdAt > now;
}
