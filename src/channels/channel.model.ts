import * as z from "zod";
import type { Pace } from "../providers/provider.ts";
import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";
import { QUIET_FOREVER, quietUntil } from "../schedules/quietHours.ts";
import { digestSchema, quietHoursSchema } from "../schedules/schedule.ts";
import type { Digest, QuietHours } from "../schedules/schedule.ts";

/** A configured destination, its secrets decrypted: for deciding and dispatching, never for answers. */
export interface Channel {
  id: string;
  name: string;
  kind: string;
  customer: string | null;
  enabled: boolean;
  /** Why its provider's word has switched it off, when it did. */
  disabledReason: string | null;
  /** The channel that gets what this one could not deliver. */
  fallbackId: string | null;
  /** Since when nothing could be delivered to it; null while it is well. */
  failingSince: Date | null;
  /** Whose it is, where it is a person's own. */
  contactId: string | null;
  /** It hears only of what an alert rule, a trigger that names it or an escalation leads to it. */
  onlyByRules: boolean;
  accountId: string | null;
  /** As the kind's config schema gives it, secrets and what comes from the account included. */
  config: Record<string, unknown>;
  /** How fast it may be used. */
  pace: Pace;
  quietHours: QuietHours | null;
  digest: Digest | null;
  rich: boolean;
  /** Null takes the server's. */
  displayName: string | null;
  minimumSeverity: Severity;
  customers: string[];
  services: string[];
  sources: string[];
  overrides: Override[];
}

/** A channel's own word on one event type or one category. */
export interface Override {
  eventType: string | null;
  category: string | null;
  enabled: boolean;
}

const oneLine = /^[^\p{Cc}\p{Surrogate}]*$/u;

/** A unique name for people. */
export const nameField = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(100, "must be at most 100 characters")
  .regex(oneLine, "must be one line without control characters");

/** Values let through; an empty list lets all through. */
export const filterField = z.array(z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters").regex(oneLine, "must be one line without control characters")).max(200, "must be at most 200 entries");

const displayName = z.string().trim().max(100, "must be at most 100 characters").regex(oneLine, "must be one line without control characters").transform((text) => text || null);

/** What of its kind's pace a channel changes; `timeout` in seconds. Bounds that no sensible channel meets keep typing errors out. */
const paceChange = z.object({
  concurrency: z.int("must be a whole number").min(1, "must be from 1 to 100").max(100, "must be from 1 to 100").nullish(),
  perSecond: z.number().min(0.001, "must be from 0.001 to 10000").max(10_000, "must be from 0.001 to 10000").nullish(),
  burst: z.int("must be a whole number").min(1, "must be from 1 to 10000").max(10_000, "must be from 1 to 10000").nullish(),
  timeout: z.number().min(1, "must be from PT1S to PT5M").max(300, "must be from PT1S to PT5M").nullish(),
});

/** A channel's pace as it is stored: only what differs from its kind's. */
export type StoredPace = z.output<typeof paceChange> | null;

/** The pace that holds: the kind's, but for what the channel changes. */
export function paceOf(kind: Pace, own: StoredPace): Pace {
  return {
    concurrency: own?.concurrency ?? kind.concurrency,
    perSecond: own?.perSecond ?? kind.perSecond,
    burst: own?.burst ?? kind.burst,
    timeoutMs: own?.timeout ? own.timeout * 1000 : kind.timeoutMs,
  };
}

/** What a new channel starts with, besides its config. */
export const channelInput = z.object({
  name: nameField,
  enabled: z.boolean().nullish().transform((value) => value ?? true),
  /** Left out: as whether it is a person's own. */
  onlyByRules: z.boolean().nullish(),
  rich: z.boolean().nullish().transform((value) => value ?? true),
  pace: paceChange.nullish().transform((value) => value ?? null),
  quietHours: quietHoursSchema.nullish().transform((value) => value ?? null),
  digest: digestSchema.nullish().transform((value) => value ?? null),
  displayName: displayName.nullish().transform((value) => value ?? null),
  minimumSeverity: z.enum(SEVERITIES).nullish().transform((value) => value ?? "INFO"),
  customers: filterField.nullish().transform((value) => value ?? []),
  services: filterField.nullish().transform((value) => value ?? []),
  sources: filterField.nullish().transform((value) => value ?? []),
});

/** What of a channel may change; whatever is left out stays. */
export const channelChange = z.object({
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  onlyByRules: z.boolean().optional(),
  rich: z.boolean().optional(),
  pace: paceChange.nullish(),
  quietHours: quietHoursSchema.nullish(),
  digest: digestSchema.nullish(),
  displayName: displayName.optional(),
  minimumSeverity: z.enum(SEVERITIES).optional(),
  customers: filterField.optional(),
  services: filterField.optional(),
  sources: filterField.optional(),
});

export type ChannelInput = z.input<typeof channelInput>;
export type ChannelChange = z.input<typeof channelChange>;

/** Settings of a channel that can be meant but hardly are: each in a sentence for whoever has set them. */
export function channelWarnings({ minimumSeverity, quietHours, digest }: Pick<Channel, "minimumSeverity" | "quietHours" | "digest">, now: Date): string[] {
  const always = quietHours !== null && quietUntil(quietHours, now)?.getTime() === QUIET_FOREVER;
  return [
    ...(always ? ["The quiet hours cover the whole week: only critical messages come, and everything else waits until the hours are changed."] : []),
    ...(quietHours && minimumSeverity === "CRITICAL" ? ["The channel takes only critical messages, which quiet hours never hold back."] : []),
    ...(digest && minimumSeverity !== "INFO" ? ["The channel takes nothing that is only information, so its digest will always be empty."] : []),
    ...(digest && always ? ["The digest never comes, because the quiet hours never end."] : []),
  ];
}
