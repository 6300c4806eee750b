import { ValidationError } from "../errors.ts";
import type { Json } from "../render/message.ts";
import type { ConfigurationRows } from "./configuration.store.ts";

/** What items may refer to. */
export type Referred = "providerAccounts" | "contacts" | "contactGroups" | "channels" | "escalationPolicies";

const WORDS: Record<Referred, string> = { providerAccounts: "a provider account", contacts: "a contact", contactGroups: "a contact group", channels: "a channel", escalationPolicies: "an escalation policy" };

/** Names for ids and back: a name alone is of the same customer, `{ customer, name }` of another or, with null, of none. */
export interface References {
  /** @throws {Error} when there is none with this id */
  of(kind: Referred, id: string, customer: string | null): Json;
  /** @param path of the reference, for the error @throws {ValidationError} when there is none of this name */
  idOf(kind: Referred, reference: unknown, customer: string | null, path: string): string;
}

export function createReferences(rows: ConfigurationRows): References {
  const named = (kind: Referred) => new Map(rows[kind].map(({ id, customer, name }) => [id, { customer, name }]));
  const byId = { providerAccounts: named("providerAccounts"), contacts: named("contacts"), contactGroups: named("contactGroups"), channels: named("channels"), escalationPolicies: named("escalationPolicies") };
  const keyOf = (customer: string | null, name: string) => JSON.stringify([customer, name]);
  const keyed = (kind: Referred) => new Map(rows[kind].map(({ id, customer, name }) => [keyOf(customer, name), id]));
  const byName = { providerAccounts: keyed("providerAccounts"), contacts: keyed("contacts"), contactGroups: keyed("contactGroups"), channels: keyed("channels"), escalationPolicies: keyed("escalationPolicies") };

  return {
    of(kind, id, customer) {
      const found = byId[kind].get(id);
      if (!found) throw new Error(`${WORDS[kind]} with the id ${id} is referred to and not there`);
      return found.customer === customer ? found.name : { customer: found.customer, name: found.name };
    },
    idOf(kind, reference, customer, path) {
      const { name, of } = partsOf(reference, customer, path);
      const id = byName[kind].get(keyOf(of, name));
      if (id === undefined) throw ValidationError.of(path, `must be the name of ${WORDS[kind]}${of === null ? "" : ` of the customer "${of}"`}, in the document or on the server`, "not_found");
      return id;
    },
  };
}

function partsOf(reference: unknown, customer: string | null, path: string): { name: string; of: string | null } {
  if (typeof reference === "string") return { name: reference.trim(), of: customer };
  const { name, customer: of } = (reference ?? {}) as { name?: unknown; customer?: unknown };
  if (typeof name !== "string" || (typeof of !== "string" && of !== null)) throw ValidationError.of(path, 'must be a name, or { "customer": …, "name": … } with the customer null for none');
  return { name: name.trim(), of };
}
