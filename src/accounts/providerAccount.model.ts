import * as z from "zod";
import { nameField } from "../channels/channel.model.ts";

/** Credentials that channels share, decrypted: for sending, never for answers. */
export interface ProviderAccount {
  id: string;
  name: string;
  kind: string;
  customer: string | null;
  /** As the account kind's config schema gives it, secrets included. */
  config: Record<string, unknown>;
}

/** What a provider account has besides its config. */
export const providerAccountInput = z.object({ name: nameField });

export const providerAccountChange = z.object({ name: nameField.optional() });
