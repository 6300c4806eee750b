import type { EventStatus, Json, Severity } from "../render/message.ts";

/** An event as intake has taken it in: checked, its type resolved, everything else as the producer gave it. */
export interface IncomingEvent {
  id: string;
  receivedAt: Date;
  occurredAt: Date;
  /** The canonical name of its type. */
  type: string;
  /** As given; null leaves it to the trigger. */
  severity: Severity | null;
  status: EventStatus | null;
  source: string | null;
  service: string | null;
  customer: string | null;
  /** As given; null leaves it to the type. */
  title: string | null;
  message: string | null;
  details: { [key: string]: Json };
  value: number | null;
  dedupKey: string | null;
}
