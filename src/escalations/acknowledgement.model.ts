import { isCustomers } from "../access/principal.ts";
import type { Owner } from "../access/principal.ts";

/** Who took a problem on, and on whose behalf: null for the server's own people. */
interface Taken {
  acknowledgedBy: string | null;
  acknowledgedFor: string | null;
}

/** Whether a reader may know who took a problem on, and what they said: a customer knows its own people only. */
export function knowsWhoTook(reader: Owner, { acknowledgedFor }: Pick<Taken, "acknowledgedFor">): boolean {
  return !isCustomers(reader) || acknowledgedFor === reader.customer;
}

/** Who took a problem on, in the words for a reader. */
export function takenByFor(reader: Owner, taken: Taken): string {
  return knowsWhoTook(reader, taken) ? (taken.acknowledgedBy ?? "Somebody") : "The operator";
}
