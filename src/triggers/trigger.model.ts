import * as z from "zod";
import { normaliseName } from "../catalogue/catalogue.ts";
import { CATEGORIES } from "../catalogue/category.ts";
import type { EventType } from "../catalogue/eventType.ts";
import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";
import { burstCount, burstWindow } from "../settings/settings.model.ts";

/** What of an event type's settings differs from the catalogue. Null: as the catalogue has it. */
export interface Trigger {
  eventType: string;
  enabled: boolean | null;
  severity: Severity | null;
  cooldownSeconds: number | null;
  /** How long a problem must go on before it is told of. */
  holdSeconds: number | null;
  /** So many messages a channel gets one by one within so many seconds; count 0: all of them. */
  burst: { count: number; seconds: number } | null;
  steps: number[] | null;
  /** The only channels that receive it; null lets every channel decide for itself. */
  channelIds: string[] | null;
  /** By channel: config fields that say who gets it, in place of the channel's own. */
  recipients: Record<string, Record<string, unknown>>;
}

/** Settings as the catalogue has them. */
export const UNCHANGED: Omit<Trigger, "eventType"> = { enabled: null, severity: null, cooldownSeconds: null, holdSeconds: null, burst: null, steps: null, channelIds: null, recipients: {} };

const seconds = z.number().int("must be whole seconds").min(0, "must be 0 or more seconds").max(366 * 86_400, "must be at most a year");
const hold = z.number().int("must be whole seconds").min(0, "must be 0 or more seconds").max(7 * 86_400, "must be at most 7 days");

/** Undefined leaves a setting, null returns it to the catalogue's default. */
export const triggerChange = z.object({
  enabled: z.boolean().nullish(),
  severity: z.enum(SEVERITIES).nullish(),
  cooldown: seconds.nullish(),
  hold: hold.nullish(),
  burst: z.object({ count: burstCount, window: burstWindow }).nullish(),
  steps: z.array(z.number("must be a number")).min(1, "must hold at least one step").max(10, "must hold at most 10 steps").nullish(),
  channelIds: z.array(z.string()).min(1, "must name at least one channel; null lets every channel receive it, enabled: false none").max(1000, "must hold at most 1000 channels").nullish(),
  recipients: z.array(z.object({ channelId: z.string(), config: z.record(z.string(), z.unknown()) })).max(1000, "must hold at most 1000 channels").nullish(),
});

/**
 * What of a trigger can hardly be meant.
 * @param channelOf gives the channel with this id; undefined when there is none
 */
export function triggerWarnings(type: EventType, { cooldownSeconds, holdSeconds, steps, channelIds }: Trigger, channelOf: (id: string) => { enabled: boolean } | undefined): string[] {
  const beyond = type.threshold?.unit === "%" ? (steps ?? []).filter((step) => step <= 0 || step > 100) : [];
  return [
    ...(holdSeconds && type.kind !== "CONDITION" ? ["The hold concerns only events that are sent with the status FIRING: a one-off event has no end that could be waited for."] : []),
    ...(cooldownSeconds !== null && type.recovers ? ["The cooldown has no effect: the end of a problem is always told."] : []),
    ...beyond.map((step) => `The step ${step} % is outside of 0 to 100 %: ${step > 100 === (type.threshold?.direction === "AT_LEAST") ? "no" : "every"} value reaches it.`),
    ...(channelIds && !channelIds.some((id) => channelOf(id)?.enabled) ? ["None of the channels that it names is switched on: nobody gets it."] : []),
  ];
}

export type TriggerChange = z.input<typeof triggerChange>;

const CATEGORY_NAMES = CATEGORIES.map((category) => category.name);

const FINGERPRINT_FIELD = /^(service|source|customer|details\.[\w-]{1,100})$/;
const oneLine = /^[^\p{Cc}\p{Surrogate}]*$/u;

export const eventTypeName = z
  .string()
  .trim()
  .max(100, "must be at most 100 characters")
  .regex(/^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/, "must be lower-case words joined by dots, e.g. order.payment_failed");

const title = z.string().trim().min(1, "must not be empty").max(100, "must be at most 100 characters").regex(oneLine, "must be one line without control characters");
const description = z.string().trim().max(500, "must be at most 500 characters").regex(oneLine, "must be one line without control characters");
const category = z.string().refine((name) => CATEGORY_NAMES.includes(name), `must be one of ${CATEGORY_NAMES.join(", ")}`);
const fingerprint = z.array(z.string().regex(FINGERPRINT_FIELD, "must be service, source, customer or details.<name>")).max(10, "must be at most 10 fields");
const aliases = z.array(title).max(20, "must be at most 20 names");

export const eventTypeInput = z.object({
  name: eventTypeName,
  title,
  description: description.nullish().transform((text) => text ?? ""),
  category: category.nullish().transform((name) => name ?? "custom"),
  severity: z.enum(SEVERITIES).nullish().transform((value) => value ?? "INFO"),
  condition: z.boolean().nullish().transform((value) => value ?? false),
  fingerprint: fingerprint.nullish().transform((fields) => fields ?? []),
  aliases: aliases.nullish().transform((names) => names ?? []),
});

export const eventTypeChange = z.object({
  title: title.optional(),
  description: description.optional(),
  category: category.optional(),
  severity: z.enum(SEVERITIES).optional(),
  condition: z.boolean().optional(),
  fingerprint: fingerprint.optional(),
  aliases: aliases.optional(),
});

export type EventTypeInput = z.input<typeof eventTypeInput>;
export type EventTypeChange = z.input<typeof eventTypeChange>;

/** An event type that is not built in. */
export interface CustomEventType extends z.output<typeof eventTypeInput> {
  createdAt: Date;
}

/** The name under which a type that nobody registered is kept: dotted, lower case. */
export function canonicalName(name: string): string {
  return normaliseName(name).replace(/[^a-z0-9.]+/g, "_").replace(/(^|\.)_+/g, "$1").replace(/\.{2,}/g, ".").replace(/^\.|[._]+$/g, "").slice(0, 100) || "custom";
}

/** The type as which an event that nobody knows is registered. */
export function unknownType(given: string, createdAt: Date): CustomEventType {
  return { ...eventTypeInput.parse({ name: canonicalName(given), title: given }), createdAt };
}

/** A custom type as the catalogue has it. */
export function eventTypeOf(custom: CustomEventType): EventType {
  const { condition, createdAt: _, ...rest } = custom;
  return { ...rest, enabled: true, kind: condition ? "CONDITION" : "OCCURRENCE", live: false, template: "" };
}
