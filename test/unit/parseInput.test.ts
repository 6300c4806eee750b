import { expect, it } from "vitest";
import * as z from "zod";
import { ValidationError } from "../../src/errors.ts";
import type { Issue } from "../../src/errors.ts";
import { parseInput } from "../../src/parseInput.ts";

const schema = z.strictObject({
  host: z.string(),
  port: z.number().int(),
  tags: z.array(z.string()).optional(),
  tls: z.boolean().optional(),
  name: z.string("must be a name").optional(),
  even: z.number().refine((value) => value % 2 === 0, "must be even").optional(),
});

function issuesOf(input: unknown): Issue[] {
  try {
    parseInput(schema, input, "config");
    return [];
  } catch (error) {
    return (error as ValidationError).issues;
  }
}

it("says in plain words what is missing or of the wrong type", () => {
  expect(issuesOf({ port: "25" })).toEqual([
    { path: "config.host", message: "must be given", code: "required" },
    { path: "config.port", message: "must be a number", code: "invalid_type" },
  ]);
  expect(issuesOf({ host: 1, port: 2.5, tags: "x", tls: "yes" }).map(({ path, message }) => `${path} ${message}`)).toEqual([
    "config.host must be text", "config.port must be a whole number", "config.tags must be a list", "config.tls must be true or false",
  ]);
  expect(issuesOf("x")).toEqual([{ path: "config", message: "must be an object", code: "invalid_type" }]);
});

it("leaves a schema its own words, and names a field that nobody knows", () => {
  expect(issuesOf({ host: "h", port: 1, name: 5, even: 3, hots: 1 })).toEqual([
    { path: "config.name", message: "must be a name", code: "invalid_type" },
    { path: "config.even", message: "must be even", code: "invalid" },
    { path: "config.hots", message: "is no field that is known here", code: "unrecognized_keys" },
  ]);
});
