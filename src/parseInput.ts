import type { z } from "zod";
import { ValidationError } from "./errors.ts";
import type { Issue } from "./errors.ts";

/**
 * Checks an input and gives its clean form.
 * @param prefix put before every issue's path, e.g. "config.email"
 * @throws {ValidationError} with every issue found
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, prefix = ""): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new ValidationError(issuesOf(parsed.error, prefix));
  return parsed.data;
}

export function issuesOf(error: z.ZodError, prefix = ""): Issue[] {
  return error.issues.map(({ path, message, code }) => ({ path: [prefix, ...path.map(String)].filter(Boolean).join("."), message, code }));
}
