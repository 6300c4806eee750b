import DataLoader from "dataloader";
import { NotFoundError } from "../errors.ts";
import type { Context } from "./context.ts";

/**
 * What the fields of many rows ask for one by one, read at once: a page needs one statement for all of its rows.
 * Nothing is remembered, for a subscription's context lives as long as that.
 * @param read gets each key once, and leaves out what is not there
 */
export function readTogether<Value>(read: (keys: string[], context: Context) => Promise<Iterable<readonly [string, Value]>>): (context: Context, key: string) => Promise<Value | undefined> {
  const loaders = new WeakMap<Context, DataLoader<string, Value | undefined>>();

  function loaderFor(context: Context): DataLoader<string, Value | undefined> {
    const values = async (keys: readonly string[]): Promise<(Value | undefined)[]> => {
      const found = new Map(await read([...new Set(keys)], context));
      return keys.map((key) => found.get(key));
    };
    const loader = new DataLoader(values, { cache: false });
    loaders.set(context, loader);
    return loader;
  }

  return (context, key) => (loaders.get(context) ?? loaderFor(context)).load(key);
}

/** The same for rows by their ids; null where there is none, or no id. */
export function rowById<Row extends { id: string }>(read: (ids: string[], context: Context) => Promise<Row[]>): (context: Context, id: string | null) => Promise<Row | null> {
  const byId = readTogether(async (ids, context) => (await read(ids, context)).map((row) => [row.id, row] as const));
  return async (context, id) => (id === null ? null : ((await byId(context, id)) ?? null));
}

/** Rows by what they belong to, in the order in which they come. */
export function groupedBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** What a row cannot be without. @param what names it. @throws {NotFoundError} when it has gone since the row was read, as the row must have */
export function stillThere<Row>(row: Row | null, what: string): Row {
  if (row === null) throw new NotFoundError(what);
  return row;
}
