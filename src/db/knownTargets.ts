import { ValidationError } from "../errors.ts";
import type { Issue } from "../errors.ts";
import type { Transaction } from "./database.ts";
import { NOT_DELETED } from "./notDeleted.ts";

/** Ids of whom something is to lead to, or hold, as a caller gives them. */
export interface GivenTargets {
  contactIds?: readonly string[] | undefined;
  groupIds?: readonly string[] | undefined;
  channelIds?: readonly string[] | undefined;
}

/**
 * Makes sure that all of them are there. What belongs to a customer leads only to what is that customer's own; anything
 * else is not there for it.
 * @param prefix put before every issue's path, e.g. "steps.0."
 * @throws {ValidationError} naming each that is not
 */
export async function refuseUnknownTargets(tx: Transaction, customer: string | null, { contactIds = [], groupIds = [], channelIds = [] }: GivenTargets, prefix = ""): Promise<void> {
  const owner = customer === null ? {} : { customer };
  const select = { id: true } as const;
  const where = (ids: readonly string[]) => ({ id: { in: [...ids] }, ...owner });
  const known = {
    contactIds: contactIds.length > 0 ? await tx.contact.findMany({ where: where(contactIds), select }) : [],
    groupIds: groupIds.length > 0 ? await tx.contactGroup.findMany({ where: where(groupIds), select }) : [],
    channelIds: channelIds.length > 0 ? await tx.channel.findMany({ where: { ...where(channelIds), ...NOT_DELETED }, select }) : [],
  };
  const issues = [
    ...unknown(`${prefix}contactIds`, "a contact", contactIds, known.contactIds),
    ...unknown(`${prefix}groupIds`, "a contact group", groupIds, known.groupIds),
    ...unknown(`${prefix}channelIds`, "a channel", channelIds, known.channelIds),
  ];
  if (issues.length > 0) throw new ValidationError(issues);
}

function unknown(path: string, what: string, given: readonly string[], known: readonly { id: string }[]): Issue[] {
  const ids = new Set(known.map(({ id }) => id));
  return given.flatMap((id, at) => (ids.has(id) ? [] : [{ path: `${path}.${at}`, message: `must be the id of ${what}`, code: "not_found" }]));
}
