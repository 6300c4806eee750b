import type { FailureOutcome } from "../providers/provider.ts";
import type { MessageReason, Severity } from "../render/message.ts";

/** DROPPED: not tried any more, because the recovery came first or the channel is gone. */
export type AttemptOutcome = "DELIVERED" | FailureOutcome | "DROPPED";

/** One try at a delivery and what came of it, as the history keeps it. Its id is its place in the live feed. */
export interface Attempt {
  id: string;
  at: Date;
  deliveryId: string | null;
  eventId: string | null;
  channelId: string;
  channelName: string;
  kind: string;
  type: string;
  category: string;
  severity: Severity;
  customer: string | null;
  /** The customer whose channel it was. */
  channelCustomer: string | null;
  reason: MessageReason;
  title: string;
  body: string;
  outcome: AttemptOutcome;
  status: string | null;
  error: string | null;
  hint: string | null;
  durationMs: number;
  tryNumber: number;
  nextTryAt: Date | null;
}
