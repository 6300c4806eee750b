import * as z from "zod";
import { isoOfSeconds, secondsOfIso, WRONG_DURATION } from "../isoDuration.ts";
import { ValidationError } from "../errors.ts";
import { parseInput } from "../parseInput.ts";
import type { Json } from "../render/message.ts";

/** The form of documents that this version writes and reads. */
export const FORMAT = 1;

/** One thing that is set, as its mutation takes it, but with names for ids, and durations as ISO 8601. */
export type Item = { [key: string]: Json };

/**
 * What stands in a document, in an order in which everything comes after what it refers to, with the keys that each may have.
 * A key that is left out leaves what is set as it is; of something new it is the default.
 */
const SECTIONS = {
  eventTypes: ["name", "title", "description", "category", "severity", "condition", "fingerprint", "aliases"],
  providerAccounts: ["name", "customer", "config", "secrets"],
  contacts: ["name", "customer", "enabled", "customers", "categories", "severities"],
  contactGroups: ["name", "customer", "contacts", "groups"],
  channels: [
    "name", "customer", "enabled", "config", "secrets", "account", "contact", "fallback", "onlyByRules", "rich", "pace", "quietHours", "digest", "displayName",
    "minimumSeverity", "customers", "services", "sources", "overrides",
  ],
  triggers: ["eventType", "enabled", "severity", "cooldown", "hold", "burst", "steps", "channels", "recipients"],
  inhibitionRules: ["name", "enabled", "whileOpen", "matchers", "sameFields"],
  escalationPolicies: ["name", "customer", "enabled", "rounds", "reminder", "steps"],
  alertRules: ["name", "customer", "enabled", "position", "stop", "matchers", "contacts", "groups", "channels", "escalationPolicy"],
  silences: ["reason", "customer", "matchers", "startsAt", "endsAt", "schedule"],
} as const satisfies Record<string, readonly string[]>;

export type SectionName = keyof typeof SECTIONS;

export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** The whole configuration, for people to keep and to compare. */
export interface ConfigurationDocument extends Partial<Record<SectionName, Item[]>> {
  carillon: typeof FORMAT;
  /** How `secrets` are encrypted, when there are any. */
  encryption?: { kdf: "scrypt"; salt: string };
  settings?: Item;
}

const MOST_ITEMS = 10_000;
/** Nothing that can be set is deeper. */
const DEEPEST = 20;

const customer = z.string().trim().min(1, "must not be empty; leave it out for what belongs to nobody").max(200, "must be at most 200 characters").optional();

function itemSchema(name: SectionName) {
  const keys = Object.fromEntries(SECTIONS[name].map((key) => [key, key === "customer" ? customer : z.unknown().optional()]));
  return z.strictObject(keys).refine((item) => nameOfItem(name, item as Item) !== null, { path: [nameKeyOf(name)], message: "must be given: it is what the item is known by" });
}

const documentSchema = z.strictObject({
  carillon: z.literal(FORMAT, `must be ${FORMAT}, the form of documents that this version reads`),
  encryption: z.strictObject({ kdf: z.literal("scrypt", "must be scrypt"), salt: z.string().min(8, "must be at least 8 characters").max(200, "must be at most 200 characters") }).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  ...Object.fromEntries(SECTION_NAMES.map((name) => [name, z.array(itemSchema(name)).max(MOST_ITEMS, `must hold at most ${MOST_ITEMS} items`).optional()])),
});

/** @throws {ValidationError} with paths below `document` */
export function parseDocument(given: unknown): ConfigurationDocument {
  if (isDeeperThan(given, DEEPEST)) throw ValidationError.of("document", `must be at most ${DEEPEST} deep`, "too_big");
  const document = parseInput(documentSchema, given, "document") as unknown as ConfigurationDocument;
  for (const name of SECTION_NAMES) refuseRepeated(name, document[name] ?? []);
  return document;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== "object") return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/** @throws {ValidationError} when two items are known by the same name */
export function refuseRepeated(name: SectionName, items: readonly Item[]): void {
  const seen = new Map<string, number>();
  for (const [at, item] of items.entries()) {
    const key = keyOfItem(name, item);
    const first = seen.get(key);
    if (first !== undefined) throw ValidationError.of(`document.${name}.${at}.${nameKeyOf(name)}`, `must not be that of ${name}.${first} again`, "repeated");
    seen.set(key, at);
  }
}

function nameKeyOf(name: SectionName): string {
  if (name === "triggers") return "eventType";
  return name === "silences" ? "reason" : "name";
}

/** What an item is called; null when it is called nothing. */
export function nameOfItem(name: SectionName, item: Item): string | null {
  const value = item[nameKeyOf(name)];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

export function customerOfItem(item: Item): string | null {
  return typeof item["customer"] === "string" ? item["customer"] : null;
}

/** What tells an item from the others of its section. Several silences may be there for one reason. */
export function keyOfItem(name: SectionName, item: Item): string {
  return JSON.stringify([customerOfItem(item), nameOfItem(name, item), ...(name === "silences" ? [item["matchers"]] : [])]);
}

/** Keys whose numbers are seconds. */
const DURATIONS = new Set(["infoCooldown", "warningCooldown", "criticalCooldown", "followUpCooldown", "burstWindow", "flappingWindow", "cooldown", "hold", "window", "timeout", "delay", "reminder"]);
/** What users have named may be named like one. */
const NOT_OURS = new Set(["config", "recipients"]);

/** With durations as people read them. */
export function withIsoDurations<Value>(value: Value): Value {
  return eachDuration(value, (seconds) => (typeof seconds === "number" ? isoOfSeconds(seconds) : seconds)) as Value;
}

/** With durations as services take them: seconds. @param path of the value, for errors @throws {ValidationError} */
export function withSeconds<Value>(value: Value, path: string): Value {
  return eachDuration(
    value,
    (text, at) => {
      if (typeof text !== "string") return text;
      const seconds = secondsOfIso(text);
      if (seconds === null) throw ValidationError.of(at, WRONG_DURATION);
      return seconds;
    },
    path,
  ) as Value;
}

function eachDuration(value: unknown, change: (duration: unknown, path: string) => unknown, path = ""): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((one, at) => eachDuration(one, change, `${path}.${at}`));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const at = path === "" ? key : `${path}.${key}`;
      if (NOT_OURS.has(key)) return [key, inner];
      return [key, DURATIONS.has(key) ? change(inner, at) : eachDuration(inner, change, at)];
    }),
  );
}
