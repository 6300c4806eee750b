import { hash } from "node:crypto";
import type { EventType } from "../catalogue/eventType.ts";
import type { Json } from "../render/message.ts";
import type { IncomingEvent } from "./event.ts";

/** Of events on their way in: what is remembered of an event is looked up by it before it is decided about. */
const made = new WeakMap<IncomingEvent, { about: EventType; fingerprint: string }>();

/**
 * Names what an event is about: its problem's type plus its key fields, or the producer's `dedupKey`. An occurrence
 * whose type has no key fields takes everything, so that two are never taken for one; a problem takes service and
 * source, for its recovery rarely repeats its words and details.
 * @param about the type of the problem: a recovery's fingerprint is that of what it ends
 */
export function fingerprintOf(event: IncomingEvent, about: EventType): string {
  const before = made.get(event);
  if (before?.about === about) return before.fingerprint;
  const key = event.dedupKey === null ? keyFields(event, about) : { dedupKey: event.dedupKey };
  const fingerprint = hash("sha256", JSON.stringify([about.name, event.customer, key]), "base64url");
  made.set(event, { about, fingerprint });
  return fingerprint;
}

function keyFields(event: IncomingEvent, about: EventType): Json {
  if (about.fingerprint.length > 0) return about.fingerprint.map((field) => fieldOf(event, field));
  if (about.kind === "CONDITION" || event.status !== null) return [event.service, event.source];
  return [event.service, event.source, event.title, event.message, sorted(event.details)];
}

function fieldOf(event: IncomingEvent, field: string): Json {
  if (field === "service" || field === "source" || field === "customer") return event[field];
  return sorted(event.details[field.slice("details.".length)] ?? null);
}

/** The same value with its keys in order, so that equal details give equal text. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
