import * as z from "zod";
import { ValidationError } from "../errors.ts";
import { parseInput } from "../parseInput.ts";
import type { Principal } from "./principal.ts";

const ownerInput = z.object({
  /** As events bring it; blank counts as left out. */
  customer: z
    .string()
    .trim()
    .max(200, "must be at most 200 characters")
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, "must be one line without control characters")
    .nullish()
    .transform((value) => value || null),
});

/**
 * Whose a new thing is to be: a customer's token makes its own, any other what it says.
 * @throws {ValidationError} when a customer's token names somebody else
 */
export function ownerOf({ customer: own }: Pick<Principal, "customer">, given: string | null | undefined): string | null {
  const { customer } = parseInput(ownerInput, { customer: given });
  if (own === null || customer === null || customer === own) return own ?? customer;
  throw ValidationError.of("customer", `must be left out, or "${own}", which the token belongs to`);
}
