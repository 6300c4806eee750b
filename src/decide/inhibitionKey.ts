import type { Json } from "../render/message.ts";
import { sorted } from "./fingerprint.ts";
import type { CompiledInhibition } from "./settings.ts";

/** What may be compared of two events. */
export interface Comparable {
  source: string | null;
  service: string | null;
  customer: string | null;
  details: { [key: string]: Json };
}

/**
 * The same for all events that a rule takes for being about the same thing. Customers never share a thing: a problem of
 * one does not silence another's.
 */
export function inhibitionKey({ id, sameFields }: CompiledInhibition, event: Comparable): string {
  return JSON.stringify([id, event.customer, ...sameFields.map((field) => valueOf(event, field))]);
}

function valueOf(event: Comparable, field: string): Json {
  if (field === "source" || field === "service" || field === "customer") return event[field];
  return sorted(event.details[field.slice("details.".length)] ?? null);
}
