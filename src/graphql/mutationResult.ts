import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";

type KnownError = typeof ValidationError | typeof NotFoundError | typeof ConflictError;

/**
 * The errors option of a mutation: its result is a union, named after it, of its payload and these errors. Other
 * errors stay at the top level of the response.
 */
export function resultOf<Errors extends KnownError[]>(mutation: string, ...types: Errors) {
  const name = `${mutation[0]?.toUpperCase() ?? ""}${mutation.slice(1)}Result`;
  return { types, directResult: true as const, union: { name, description: `What ${mutation} gives: its payload, or what went wrong.` } };
}
