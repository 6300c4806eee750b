import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "../src/graphql/schema.ts";
import { withKindsTable } from "./kindsTable.ts";

/** Where the committed SDL is. */
export const SCHEMA_FILE = join(import.meta.dirname, "schema.graphql");

/** The API as SDL, sorted so that a diff shows what has changed and nothing else. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(SCHEMA_FILE, printedSchema());
  const readme = join(import.meta.dirname, "..", "README.md");
  writeFileSync(readme, withKindsTable(readFileSync(readme, "utf8")));
  process.stdout.write(`wrote ${SCHEMA_FILE} and the table of kinds in ${readme}\n`);
}
