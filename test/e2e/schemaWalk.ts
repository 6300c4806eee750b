import { getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isLeafType, isListType, isNonNullType, isObjectType, isUnionType } from "graphql";
import type { GraphQLArgument, GraphQLField, GraphQLInputField, GraphQLInputType, GraphQLNamedType, GraphQLObjectType } from "graphql";
import { schema } from "../../src/graphql/schema.ts";

/** Operations made from the schema itself, so that whatever is added to it is tried as well. */
export type Root = "Query" | "Mutation" | "Subscription";

const roots = { Query: schema.getQueryType(), Mutation: schema.getMutationType(), Subscription: schema.getSubscriptionType() };

export function rootFields(root: Root): GraphQLField<unknown, unknown>[] {
  return Object.values((roots[root] as GraphQLObjectType).getFields());
}

/** Every type whose rows node(id) gives. */
export const NODE_TYPES: string[] = schema.getPossibleTypes(schema.getType("Node") as never).map(({ name }) => name).sort();

/** Gives the id to put where a field wants one of a type. @param place as idPlaces names it */
export type IdOf = (type: string, place?: string) => string;

export function globalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}

/** A well-formed id of nothing. */
export const missing: IdOf = (type) => globalId(type, "00000000-0000-7000-8000-0000000000ff");

/** Arguments that mean an id of this type by their name: no argument's type says so. */
const ID_ARGUMENTS: Record<string, string> = { actorIds: "AccessToken", accountId: "ProviderAccount", channelId: "Channel", channelIds: "Channel", fallbackId: "Channel", contactId: "Contact", contactIds: "Contact", groupIds: "ContactGroup", escalationPolicyId: "EscalationPolicy" };

/** The type whose id an argument or field of an input means by its name; undefined for what it is about itself. */
export function idTypeOf(name: string): string | undefined {
  return ID_ARGUMENTS[name];
}

/** The type of node that a field is about, as its name says: updateChannel is about a Channel. */
export function nodeTypeOf(fieldName: string): string {
  const name = fieldName.toLowerCase();
  const named = NODE_TYPES.filter((type) => name.includes(type.toLowerCase())).sort((a, b) => b.length - a.length);
  return named[0] ?? "Event";
}

interface Filling {
  idOf: IdOf;
  /** The type that `id` and `ids` mean. */
  about: string;
  /** Also arguments that may be left out, when they are ids. */
  optionalIds?: boolean;
  /** Also what leads to this place, as idPlaces names it. */
  to?: string | undefined;
}

/** A GraphQL literal, the shortest that is allowed. @param place where it stands, with its name at the end */
function valueOf(type: GraphQLInputType, name: string, place: string, filling: Filling): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return `[${valueOf(nullable.ofType, name, `${place}.0`, filling)}]`;
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? "";
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields());
    // A kind with nothing to configure, where there is one: nothing is to be reached outside.
    const chosen = nullable.isOneOf ? [fields.find((field) => getNamedType(field.type).name === "Boolean") ?? (fields[0] as GraphQLInputField)] : fields.filter((field) => isWanted(field, `${place}.${field.name}`, filling));
    return `{ ${chosen.map((field) => `${field.name}: ${valueOf(field.type, field.name, `${place}.${field.name}`, filling)}`).join(", ")} }`;
  }
  const typed = getNamedType(nullable).name;
  if (typed === "ID") return JSON.stringify(filling.idOf(idTypeOf(name) ?? filling.about, place));
  const known = { eventType: '"deploy.success"', type: '"deploy.success"', category: '"deploys"' }[name];
  if (known) return known;
  return { Boolean: "true", Int: "1", Float: "1", JSONObject: "{}", DateTime: '"2026-03-01T12:00:00Z"', Duration: '"PT1M"' }[typed] ?? '"x"';
}

function isWanted(field: GraphQLArgument | GraphQLInputField, place: string, { optionalIds, to }: Filling): boolean {
  return isNonNullType(field.type) || (optionalIds === true && getNamedType(field.type).name === "ID") || `${to}.`.startsWith(`${place}.`);
}

/** Where ids go in a field's arguments, at any depth, e.g. "input.steps.0.channelIds.0". */
export function idPlaces(field: GraphQLField<unknown, unknown>): string[] {
  return field.args.flatMap((arg) => placesIn(arg.type, arg.name));
}

function placesIn(type: GraphQLInputType, place: string): string[] {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return placesIn(nullable.ofType, `${place}.0`);
  if (isInputObjectType(nullable)) return Object.values(nullable.getFields()).flatMap((field) => placesIn(field.type, `${place}.${field.name}`));
  return nullable.name === "ID" ? [place] : [];
}

/** @param options.page how many rows to ask a list for that has pages */
function argumentsOf(field: GraphQLField<unknown, unknown>, idOf: IdOf, options: { about?: string; optionalIds?: boolean; to?: string; page?: number } = {}): string {
  const filling = { idOf, about: options.about ?? nodeTypeOf(field.name), optionalIds: options.optionalIds ?? false, to: options.to };
  const given = field.args.filter((arg) => isWanted(arg, arg.name, filling)).map((arg) => `${arg.name}: ${valueOf(arg.type, arg.name, arg.name, filling)}`);
  if (options.page && field.args.some(({ name }) => name === "first")) given.push(`first: ${options.page}`);
  return given.length > 0 ? `(${given.join(", ")})` : "";
}

/** The shortest operation that uses a root field: it asks for nothing but the type's name. */
export function shortest(root: Root, field: GraphQLField<unknown, unknown>, idOf: IdOf, options?: { about?: string; optionalIds?: boolean; to?: string }): string {
  const type = getNamedType(field.type);
  const issues = gives(field, "ValidationError") ? " ... on ValidationError { issues { path message code } }" : "";
  const selection = isLeafType(type) ? "" : isUnionType(type) ? ` { __typename ... on Error { code message }${issues} }` : " { __typename }";
  return `${root.toLowerCase()} { ${field.name}${argumentsOf(field, idOf, options)}${selection} }`;
}

/** Whether a field's result may be a type: the one that it has, or a member of its union. */
export function gives(field: GraphQLField<unknown, unknown>, type: string): boolean {
  return objectsOf(getNamedType(field.type)).some(({ name }) => name === type);
}

/** Whether an id goes into a field, in its arguments or deeper in its input. */
export function takesIds(field: GraphQLField<unknown, unknown>, optionalIds = true): boolean {
  return argumentsOf(field, () => "an id", { optionalIds }).includes("an id");
}

/** Deep enough for an event's deliveries' channel's account. */
const DEEPEST = 9;

/**
 * Operations that together ask for every field of every type that can be reached from a root field: each field of a type
 * once for each root field, on the shortest way to it.
 */
export function walk(root: Root, field: GraphQLField<unknown, unknown>, idOf: IdOf, about?: string): string[] {
  const operations: string[] = [];
  const seen = new Set<string>();
  const text = `${field.name}${argumentsOf(field, idOf, { page: 20, ...(about === undefined ? {} : { about }) })}`;
  let level: { path: Step[]; type: GraphQLNamedType }[] = [{ path: [{ text }], type: getNamedType(field.type) }];
  while (level.length > 0) {
    const next: typeof level = [];
    for (const { path, type } of level) {
      operations.push(`${root.toLowerCase()} { ${nested(path, leavesOf(type))} }`);
      if (path.length > DEEPEST) continue;
      for (const object of objectsOf(type)) {
        for (const inner of Object.values(object.getFields())) {
          const edge = `${object.name}.${inner.name}`;
          if (isLeafType(getNamedType(inner.type)) || seen.has(edge)) continue;
          seen.add(edge);
          const step = { text: `${inner.name}${argumentsOf(inner, idOf, { page: 2 })}`, on: object === type ? undefined : object.name };
          next.push({ path: [...path, step], type: getNamedType(inner.type) });
        }
      }
    }
    level = next;
  }
  return operations;
}

interface Step {
  text: string;
  /** The type of union or interface member that it is a field of. */
  on?: string | undefined;
}

function nested(path: readonly Step[], leaves: string): string {
  return path.reduceRight((inner, { text, on }) => {
    const field = inner === "" ? text : `${text} { ${inner} }`;
    return on === undefined ? field : `__typename ... on ${on} { ${field} }`;
  }, leaves);
}

function objectsOf(type: GraphQLNamedType): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isUnionType(type) || isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
}

/** All fields of a type that have no fields themselves. */
function leavesOf(type: GraphQLNamedType): string {
  if (isLeafType(type)) return "";
  const objects = objectsOf(type);
  const leaves = (object: GraphQLObjectType, prefix: string) =>
    Object.values(object.getFields())
      .filter((field) => isLeafType(getNamedType(field.type)) && !field.args.some((arg) => isNonNullType(arg.type)))
      .map(({ name }) => `${prefix}${name}`);
  if (isObjectType(type)) return ["__typename", ...leaves(type, "")].join(" ");
  // Aliases: fields of one name may have different types.
  return ["__typename", ...objects.map((object) => `... on ${object.name} { ${leaves(object, "").map((name) => `${object.name}_${name}: ${name}`).join(" ") || "__typename"} }`)].join(" ");
}
