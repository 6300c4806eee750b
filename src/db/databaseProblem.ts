import { SQLITE_CAUSES, textOf } from "./databaseErrors.ts";
import { POSTGRESQL_CAUSES } from "./postgresqlErrors.ts";

/** Why the database could not be written to, in a sentence that anyone may see. */
export function databaseProblemOf(error: unknown): string {
  const text = textOf(error);
  const cause = [...SQLITE_CAUSES, ...POSTGRESQL_CAUSES].find(({ match }) => match.test(text));
  return `The database ${cause?.advice ?? "cannot be written to."}`;
}
