import * as z from "zod";
import { CATEGORIES } from "../catalogue/category.ts";
import { filterField, nameField } from "../channels/channel.model.ts";
import { SEVERITIES } from "../render/message.ts";
import type { Severity } from "../render/message.ts";

/** A person with channels of their own. */
export interface Contact {
  id: string;
  name: string;
  customer: string | null;
  enabled: boolean;
  /** What the person wants to hear of; an empty list lets all through. */
  customers: string[];
  categories: string[];
  severities: Severity[];
}

/** So many contacts may be there: all are in memory, for deciding. */
export const MOST_CONTACTS = 5000;

const NAMES = CATEGORIES.map(({ name }) => name);

const categories = z.array(z.enum(NAMES, `must be one of ${NAMES.join(", ")}`)).max(NAMES.length, `must be at most ${NAMES.length} entries`);
const severities = z.array(z.enum(SEVERITIES)).max(SEVERITIES.length, `must be at most ${SEVERITIES.length} entries`);

export const contactInput = z.object({
  name: nameField,
  enabled: z.boolean().nullish().transform((value) => value ?? true),
  customers: filterField.nullish().transform((value) => value ?? []),
  categories: categories.nullish().transform((value) => value ?? []),
  severities: severities.nullish().transform((value) => value ?? []),
});

/** What of a contact may change; whatever is left out stays. */
export const contactChange = z.object({
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  customers: filterField.optional(),
  categories: categories.optional(),
  severities: severities.optional(),
});

type Nullable<Input> = { [Key in keyof Input]: Input[Key] | null };
export type ContactInput = z.input<typeof contactInput> & { customer?: string | null | undefined };
export type ContactChange = Nullable<z.input<typeof contactChange>>;
