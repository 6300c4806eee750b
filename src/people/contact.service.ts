import { ownerOf } from "../access/owner.ts";
import { ownedBy } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import type { Clock } from "../clock.ts";
import type { DeletionImpact } from "../db/deletionImpact.ts";
import { ConflictError, NotFoundError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { parseInput, withoutNulls } from "../parseInput.ts";
import { MOST_CONTACTS, contactChange, contactInput } from "./contact.model.ts";
import type { Contact, ContactChange, ContactInput } from "./contact.model.ts";
import type { ContactRow, ContactStore } from "./contact.store.ts";

export interface ContactService {
  /** Every contact, for the settings snapshot. */
  load(): Promise<Contact[]>;
  /** @throws {NotFoundError} */
  get(id: string): Promise<Contact>;
  /** @param input `customer` is whose it is to be: a customer's token makes its own */
  create(input: ContactInput, by: Principal): Promise<ContactRow>;
  update(id: string, input: ContactChange, by: Principal): Promise<ContactRow>;
  /** What deleting it would take along. */
  deletionImpact(id: string, by: Principal | null): Promise<DeletionImpact>;
  /** @returns what went with it */
  delete(id: string, by: Principal): Promise<DeletionImpact>;
}

export interface ContactServiceDeps {
  store: ContactStore;
  clock: Clock;
  ids: Ids;
  /** Called after every change, so that it takes effect. */
  changed(): Promise<void>;
}

export function createContactService({ store, clock, ids, changed }: ContactServiceDeps): ContactService {
  async function mustExist(id: string, by: Principal | null): Promise<void> {
    if (!(await store.find(id, ownedBy(by)))) throw new NotFoundError("This contact");
  }

  return {
    load: async () => (await store.all()).map(contactOf),

    async get(id) {
      const row = await store.find(id, {});
      if (!row) throw new NotFoundError("This contact");
      return contactOf(row);
    },

    async create({ customer, ...rest }, by) {
      const contact = { ...parseInput(contactInput, rest), customer: ownerOf(by, customer) };
      const now = clock.now();
      const row: ContactRow = { id: ids.next(), ...contact, createdAt: now, updatedAt: now };
      if (!(await store.insert(row, MOST_CONTACTS))) throw new ConflictError(`There are already ${MOST_CONTACTS} contacts. Delete some first.`);
      await changed();
      return row;
    },

    async update(id, input, by) {
      await mustExist(id, by);
      const changes = parseInput(contactChange, withoutNulls(input)) as Partial<ContactRow>;
      const row = await store.update(id, { ...changes, updatedAt: clock.now() });
      await changed();
      return row;
    },

    async deletionImpact(id, by) {
      await mustExist(id, by);
      return store.deletionImpact(id, ownedBy(by));
    },

    async delete(id, by) {
      await mustExist(id, by);
      const impact = await store.delete(id, ownedBy(by), clock.now());
      await changed();
      return impact;
    },
  };
}

/** A row with its JSON columns as what they hold. */
export function contactOf(row: ContactRow): Contact {
  return row as unknown as Contact;
}
