import { z } from "zod";
import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";

/** A configured destination, its secrets decrypted: for deciding and dispatching, never for answers. */
export interface Channel {
  id: string;
  name: string;
  kind: string;
  customer: string | null;
  enabled: boolean;
  /** As the kind's config schema gives it, secrets included. */
  config: Record<string, unknown>;
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

const name = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(100, "must be at most 100 characters")
  .regex(oneLine, "must be one line without control characters");

const filter = z.array(z.string().trim().min(1, "must not be empty").max(200, "must be at most 200 characters").regex(oneLine, "must be one line without control characters")).max(200, "must be at most 200 entries");

const displayName = z.string().trim().max(100, "must be at most 100 characters").regex(oneLine, "must be one line without control characters").transform((text) => text || null);

/** What a new channel starts with, besides its config. */
export const channelInput = z.object({
  name,
  enabled: z.boolean().nullish().transform((value) => value ?? true),
  rich: z.boolean().nullish().transform((value) => value ?? true),
  displayName: displayName.nullish().transform((value) => value ?? null),
  minimumSeverity: z.enum(SEVERITIES).nullish().transform((value) => value ?? "INFO"),
  customers: filter.nullish().transform((value) => value ?? []),
  services: filter.nullish().transform((value) => value ?? []),
  sources: filter.nullish().transform((value) => value ?? []),
});

/** What of a channel may change; whatever is left out stays. */
export const channelChange = z.object({
  name: name.optional(),
  enabled: z.boolean().optional(),
  rich: z.boolean().optional(),
  displayName: displayName.optional(),
  minimumSeverity: z.enum(SEVERITIES).optional(),
  customers: filter.optional(),
  services: filter.optional(),
  sources: filter.optional(),
});

export type ChannelInput = z.input<typeof channelInput>;
export type ChannelChange = z.input<typeof channelChange>;
