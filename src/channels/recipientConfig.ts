import * as z from "zod";
import type { Provider } from "../providers/provider.ts";
import { PROVIDERS } from "../providers/registry.ts";
import type { ConfigOwner } from "./channelConfig.ts";

/** The part of each kind's config that a trigger may set for its events: who gets them. Kinds without such a part are left out. */
export const RECIPIENT_CONFIGS: readonly ConfigOwner[] = PROVIDERS.flatMap((provider) => (provider.recipientFields ? [recipientConfig(provider, provider.recipientFields)] : []));

function recipientConfig({ kind, config }: Provider, names: readonly string[]): ConfigOwner {
  const fields = names.map((name) => [name, (config.shape[name] as z.ZodType).optional()] as const);
  return { kind, config: z.strictObject(Object.fromEntries(fields)) };
}
