import * as z from "zod";
import { nameField } from "../channels/channel.model.ts";

/** A set of contacts, and of other groups. */
export interface ContactGroup {
  id: string;
  name: string;
  customer: string | null;
  /** Its own members, in the order in which they were given. */
  contactIds: string[];
  groupIds: string[];
}

/** So many groups may be there, with so many members each, in so many levels. */
export const GROUP_LIMITS = { groups: 500, members: 500, depth: 10 };

const members = z
  .array(z.string())
  .max(GROUP_LIMITS.members, `must be at most ${GROUP_LIMITS.members} members`)
  .refine((ids) => new Set(ids).size === ids.length, "must name each once");

export const contactGroupInput = z.object({
  name: nameField,
  contactIds: members.nullish().transform((value) => value ?? []),
  groupIds: members.nullish().transform((value) => value ?? []),
});

/** What of a group may change; whatever is left out stays. */
export const contactGroupChange = z.object({ name: nameField.optional(), contactIds: members.optional(), groupIds: members.optional() });

type Nullable<Input> = { [Key in keyof Input]: Input[Key] | null };
export type ContactGroupInput = z.input<typeof contactGroupInput> & { customer?: string | null | undefined };
export type ContactGroupChange = Nullable<z.input<typeof contactGroupChange>>;

/** What can be wrong with groups in groups. */
export interface NestingProblem {
  fault: "CYCLE" | "TOO_DEEP";
  /** The member by which it comes about. */
  memberId: string;
  /** The groups on the way through that member: back to the first, or too many. */
  way: string[];
}

/** The groups in each group, by its id. */
export type Nesting = ReadonlyMap<string, readonly string[]>;

/**
 * What is wrong with a group's members; null when nothing is.
 * @param nesting of all groups, with this one as it is to be; without it there must be no cycle
 */
export function nestingProblem(id: string, nesting: Nesting): NestingProblem | null {
  const members = nesting.get(id) ?? [];
  for (const memberId of members) {
    const back = wayBetween(memberId, id, nesting);
    if (back) return { fault: "CYCLE", memberId, way: [id, ...back] };
  }
  const above = longestWay(id, holders(nesting)).reverse();
  for (const memberId of members) {
    const way = [...above, ...longestWay(memberId, nesting)];
    if (way.length > GROUP_LIMITS.depth) return { fault: "TOO_DEEP", memberId, way };
  }
  return null;
}

/** A group and all that are in it, however deep. A group that is come to twice is named once. */
export function groupsWithin(id: string, nesting: Nesting): string[] {
  const found = new Set([id]);
  // A set goes on to what is added meanwhile.
  for (const group of found) for (const inner of nesting.get(group) ?? []) found.add(inner);
  return [...found];
}

/** By each group, the groups that it is in. */
export function holders(nesting: Nesting): Nesting {
  const found = new Map<string, string[]>();
  for (const [id, members] of nesting) for (const member of members) found.set(member, [...(found.get(member) ?? []), id]);
  return found;
}

/** The groups from one to another, both included; null when there is no way. */
function wayBetween(from: string, to: string, nesting: Nesting): string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  for (const [id] of cameFrom) {
    if (id === to) return wayBack(id, cameFrom);
    for (const next of nesting.get(id) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, id);
  }
  return null;
}

function wayBack(id: string, cameFrom: ReadonlyMap<string, string | null>): string[] {
  const before = cameFrom.get(id);
  return before ? [...wayBack(before, cameFrom), id] : [id];
}

/** The longest way on from a group. There must be no cycle. */
function longestWay(id: string, nesting: Nesting, known = new Map<string, string[]>()): string[] {
  const ways = (nesting.get(id) ?? []).map((next) => known.get(next) ?? longestWay(next, nesting, known));
  const way = [id, ...ways.reduce((longest, one) => (one.length > longest.length ? one : longest), [])];
  known.set(id, way);
  return way;
}
