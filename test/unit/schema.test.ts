import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, findBreakingChanges, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isSpecifiedScalarType, isUnionType, parse, validate } from "graphql";
import type { GraphQLNamedType } from "graphql";
import { describe, expect, it } from "vitest";
import { postgresqlSchema } from "../../prisma/postgresqlSchema.ts";
import { printedSchema, SCHEMA_FILE } from "../../schema/print.ts";
import { schema } from "../../src/graphql/schema.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const OPERATIONS = join(ROOT, "schema", "operations");

const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

describe("schema.graphql", () => {
  it("is what the server's schema prints (else: npm run schema && npm run codegen)", () => {
    expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(printedSchema());
  });

  it("breaks nothing of the last committed one but what schema/breaking-changes.md declares", () => {
    const committed = committedSchema();
    if (committed === null) return;
    const declared = readFileSync(join(ROOT, "schema", "breaking-changes.md"), "utf8");
    const broken = findBreakingChanges(buildSchema(committed), schema).map(({ description }) => description);
    expect(broken.filter((change) => !declared.includes(change))).toEqual([]);
  });
});

it("the schema that PostgreSQL's migrations are made from is today's (else: npm run migration:new, or after a migration by hand a copy of prisma/postgresql.prisma)", () => {
  expect(readFileSync(join(ROOT, "prisma", "migrations", "postgresql", "schema.prisma"), "utf8")).toBe(postgresqlSchema());
});

describe("the schema", () => {
  it("shows subscribers nothing of their tokens: what they get is shared between tokens of the same rights", () => {
    expect(reachableFrom(schema.getSubscriptionType() as GraphQLNamedType)).not.toContain("Viewer");
  });

  it("describes every type, field, argument, input field and enum value", () => {
    expect(types.flatMap(undescribed)).toEqual([]);
  });

  it("writes every description as a sentence", () => {
    const odd = types.flatMap(descriptions).filter(([, text]) => !/^[\p{Lu}\d`]/u.test(text) || !/[.:!?)`]$/.test(text));
    expect(odd).toEqual([]);
  });

  it("names inputs Input or Filter", () => {
    expect(types.filter(isInputObjectType).map(({ name }) => name).filter((name) => !/(Input|Filter)$/.test(name))).toEqual([]);
  });

  it("gives every mutation a Payload of its name, alone or in a Result of its name with errors", () => {
    const wrong = mutations.filter((mutation) => {
      const name = `${mutation.name[0]?.toUpperCase() ?? ""}${mutation.name.slice(1)}`;
      const type = schema.getType(String(mutation.type).replace(/!$/, ""));
      if (!isUnionType(type)) return type?.name !== `${name}Payload`;
      const members = type.getTypes();
      const payload = members.filter((member) => member.name === `${name}Payload`);
      const errors = members.filter((member) => member.getInterfaces().some((one) => one.name === "Error"));
      return type.name !== `${name}Result` || payload.length !== 1 || errors.length !== members.length - 1;
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it("uses Payload and Result for nothing else", () => {
    const used = new Set(mutations.map(({ name }) => name.toLowerCase()));
    // Says what a mutation would do, in the same form.
    for (const query of ["simulateevent", "exportconfiguration"]) used.add(query);
    const strays = types.map(({ name }) => name).filter((name) => /(Payload|Result)$/.test(name) && !used.has(name.replace(/(Payload|Result)$/, "").toLowerCase()));
    expect(strays).toEqual([]);
  });

  it("writes enum values in UPPER_SNAKE and fields in camelCase", () => {
    const values = types.filter(isEnumType).flatMap((type) => type.getValues().map(({ name }) => name));
    expect(values.filter((name) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name))).toEqual([]);
    const fields = types.filter((type) => isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)).flatMap((type) => Object.keys(type.getFields()));
    expect(fields.filter((name) => !/^[a-z][A-Za-z0-9]*$/.test(name))).toEqual([]);
  });
});

describe("the example operations", () => {
  const files = readdirSync(OPERATIONS).filter((name) => name.endsWith(".graphql"));

  it.each(files)("%s is valid, begins with a comment and holds one operation", (file) => {
    const text = readFileSync(join(OPERATIONS, file), "utf8");
    expect(text).toMatch(/^# \S/);
    const document = parse(text);
    expect(document.definitions.filter(({ kind }) => kind === "OperationDefinition")).toHaveLength(1);
    expect(validate(schema, document)).toEqual([]);
  });

  it.each(files)("%s has its variables beside it when it needs some", (file) => {
    const document = parse(readFileSync(join(OPERATIONS, file), "utf8"));
    const declared = document.definitions.flatMap((definition) => (definition.kind === "OperationDefinition" ? (definition.variableDefinitions ?? []) : []));
    const given = join(OPERATIONS, file.replace(/\.graphql$/, ".variables.json"));
    expect(existsSync(given)).toBe(declared.length > 0);
    if (declared.length === 0) return;
    const values = JSON.parse(readFileSync(given, "utf8")) as object;
    const names = declared.map(({ variable }) => variable.name.value);
    expect(Object.keys(values).filter((name) => !names.includes(name))).toEqual([]);
  });
});

/** The SDL of the last commit; null without git or before it was first committed. */
function committedSchema(): string | null {
  try {
    return execFileSync("git", ["show", "HEAD:schema/schema.graphql"], { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}

/** Everything in a type that can be described, by its path. */
function parts(type: GraphQLNamedType): [path: string, description: string | null | undefined][] {
  const found: [string, string | null | undefined][] = [[type.name, type.description]];
  if (isEnumType(type)) found.push(...type.getValues().map((value): [string, typeof value.description] => [`${type.name}.${value.name}`, value.description]));
  if (isInputObjectType(type)) found.push(...Object.values(type.getFields()).map((field): [string, typeof field.description] => [`${type.name}.${field.name}`, field.description]));
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      const path = `${type.name}.${field.name}`;
      found.push([path, field.description], ...field.args.map((arg): [string, typeof arg.description] => [`${path}(${arg.name})`, arg.description]));
    }
  }
  return found;
}

function undescribed(type: GraphQLNamedType): string[] {
  return parts(type).filter(([, description]) => !description?.trim()).map(([path]) => path);
}

function descriptions(type: GraphQLNamedType): [string, string][] {
  return parts(type).flatMap(([path, description]): [string, string][] => (description ? [[path, description.trim()]] : []));
}

/** Names of all types that a selection of the type can come to. */
function reachableFrom(start: GraphQLNamedType): string[] {
  const reached = new Set([start]);
  for (const type of reached) {
    if (isUnionType(type) || isInterfaceType(type)) for (const member of schema.getPossibleTypes(type)) reached.add(member);
    if (isObjectType(type) || isInterfaceType(type)) for (const field of Object.values(type.getFields())) reached.add(getNamedType(field.type));
  }
  return [...reached].map(({ name }) => name);
}
