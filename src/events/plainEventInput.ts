import { EVENT_STATUSES, SEVERITIES } from "../render/message.ts";
import type { EventStatus, Json, Severity } from "../render/message.ts";
import { DETAILS_LIMITS, TEXT_LIMITS } from "./event.model.ts";
import type { EventInput } from "./event.model.ts";

type TextField = keyof typeof TEXT_LIMITS;
type Fields = Record<string, unknown>;

const FIELDS: ReadonlySet<string> = new Set([...Object.keys(TEXT_LIMITS), "severity", "status", "details", "value", "occurredAt"]);

/** Neither control characters nor surrogates, in pairs or not. */
const LINE = /^[^\u0000-\u001f\u007f\ud800-\udfff]*$/;
const LINES = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]*$/;

/**
 * What `eventInput` makes of an input that is plainly right, ten times as fast: most are. Null for all others, which may
 * be right as well: `eventInput` has the say about them.
 */
export function plainEventInput(given: unknown): EventInput | null {
  if (!isPlainObject(given)) return null;
  for (const name in given) if (!FIELDS.has(name)) return null;
  const { severity = null, status = null, value = null, occurredAt = null } = given;
  const [type, source, service, customer] = [textOf(given, "type"), textOf(given, "source"), textOf(given, "service"), textOf(given, "customer")];
  const [title, message, dedupKey, idempotencyKey] = [textOf(given, "title"), textOf(given, "message", LINES), textOf(given, "dedupKey"), textOf(given, "idempotencyKey")];
  const details = plainDetails(given["details"]);
  if (!type || source === undefined || service === undefined || customer === undefined || title === undefined || message === undefined) return null;
  if (dedupKey === undefined || idempotencyKey === undefined || details === null || !isOneOfOrNull(SEVERITIES, severity) || !isOneOfOrNull(EVENT_STATUSES, status)) return null;
  if ((value !== null && !Number.isFinite(value)) || (occurredAt !== null && !isTime(occurredAt))) return null;
  return {
    type,
    severity: severity as Severity | null,
    status: status as EventStatus | null,
    source,
    service,
    customer,
    title,
    message,
    details,
    value: value as number | null,
    occurredAt: occurredAt as Date | null,
    dedupKey,
    idempotencyKey,
  };
}

/** The text as it is kept, null where there is none; undefined where it is not plainly right. */
function textOf(given: Fields, name: TextField, plain = LINE): string | null | undefined {
  const text = given[name] ?? null;
  if (text === null) return null;
  return typeof text === "string" && text.length <= TEXT_LIMITS[name] && plain.test(text) ? text.trim() || null : undefined;
}

function isOneOfOrNull(values: readonly unknown[], value: unknown): boolean {
  return value === null || values.includes(value);
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function isPlainObject(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function plainDetails(given: unknown): { [key: string]: Json } | null {
  if (given === null || given === undefined) return {};
  if (!isPlainObject(given) || Object.hasOwn(given, "__proto__")) return null;
  return mostBytesOf(given, DETAILS_LIMITS.depth) <= DETAILS_LIMITS.bytes ? ({ ...given } as { [key: string]: Json }) : null;
}

/** More than any number, true, false or null takes, with a comma. */
const MOST_BYTES_OF_SCALAR = 30;

/** No less than its JSON has in UTF-8; infinite where it is not plainly right. */
function mostBytesOf(value: unknown, levels: number): number {
  if (typeof value === "string") return LINES.test(value) ? mostBytesOfText(value) : Infinity;
  if (typeof value === "number") return Number.isFinite(value) ? MOST_BYTES_OF_SCALAR : Infinity;
  if (value === null || typeof value === "boolean") return MOST_BYTES_OF_SCALAR;
  if (levels === 0) return Infinity;
  let bytes = 3;
  if (Array.isArray(value)) {
    for (const inner of value) bytes += mostBytesOf(inner, levels - 1);
    return bytes;
  }
  if (!isPlainObject(value)) return Infinity;
  for (const name in value) bytes += (LINES.test(name) ? mostBytesOfText(name) : Infinity) + mostBytesOf(value[name], levels - 1);
  return bytes;
}

/** A code unit takes at most 3 bytes; around the text are quotes and a comma or colon. */
function mostBytesOfText(text: string): number {
  return 3 * text.length + 3;
}
