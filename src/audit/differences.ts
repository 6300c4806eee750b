import type { Json } from "../render/message.ts";

/** A value that is another one, or there or gone: then it is undefined on one side. */
export interface Difference {
  /** Keys and indexes, by dots; empty for the whole. */
  path: string;
  before: Json | undefined;
  after: Json | undefined;
}

/** What differs between two JSON values, by path, in the order of their keys. Lists are compared as a whole, unless they are of objects. */
export function differences(before: Json | undefined, after: Json | undefined, path = ""): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [was, is] = [partsOf(before), partsOf(after)];
  if (!was || !is) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => differences(was[name], is[name], path === "" ? name : `${path}.${name}`));
}

function partsOf(value: Json | undefined): Record<string, Json> | null {
  if (value === null || typeof value !== "object") return null;
  if (!Array.isArray(value)) return value;
  const isOfObjects = value.length > 0 && value.every((item) => item !== null && typeof item === "object");
  return isOfObjects ? Object.fromEntries(value.entries()) : null;
}
