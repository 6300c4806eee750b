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
  return error.issues.map((issue) => {
    // zod puts an unknown field on the object that holds it; callers look for the field itself.
    const inner = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    return { path: [prefix, ...issue.path.map(String), ...inner].filter(Boolean).join("."), message: issue.message, code: issue.code };
  });
}

/** For changes in which null says the same as leaving out. */
export function withoutNulls(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
}
