import type * as z from "zod";
import { ValidationError } from "./errors.ts";
import type { Issue } from "./errors.ts";

/**
 * Checks an input and gives its clean form.
 * @param prefix put before every issue's path, e.g. "config.email"
 * @throws {ValidationError} with every issue found
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, prefix = ""): z.output<Schema> {
  const parsed = schema.safeParse(input, { error: inPlainWords });
  if (!parsed.success) throw new ValidationError(issuesOf(parsed.error, prefix));
  return parsed.data;
}

export function issuesOf(error: z.ZodError, prefix = ""): Issue[] {
  return error.issues.map((issue) => {
    // zod puts an unknown field on the object that holds it; callers look for the field itself.
    const inner = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    return { path: [prefix, ...issue.path.map(String), ...inner].filter(Boolean).join("."), message: issue.message, code: codeOf(issue) };
  });
}

const MISSING = "must be given";

/** zod calls what is missing a wrong type, and all checks of our own "custom": neither helps a program. */
function codeOf({ code, message }: z.core.$ZodIssue): string {
  if (code === "custom") return "invalid";
  return code === "invalid_type" && message.startsWith(MISSING) ? "required" : code;
}

const TYPES: Partial<Record<z.core.$ZodType["_zod"]["def"]["type"], string>> = { string: "text", number: "a number", int: "a whole number", boolean: "true or false", array: "a list", object: "an object", record: "an object" };

/** What a schema that says nothing itself gives as its message. */
function inPlainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys") return "is no field that is known here";
  if (issue.code !== "invalid_type") return undefined;
  const right = TYPES[issue.expected as keyof typeof TYPES];
  if (issue.input === undefined) return MISSING;
  return right ? `must be ${right}` : undefined;
}

/** For changes in which null says the same as leaving out. */
export function withoutNulls(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined));
}
