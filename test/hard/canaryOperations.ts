import { buildClientSchema, getIntrospectionQuery, getNamedType, isLeafType, isObjectType, isRequiredArgument, isUnionType } from "graphql";
import type { GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType } from "graphql";
import { expect } from "vitest";
import type { ApiClient, GraphqlAnswer } from "../e2e/apiClient.ts";
import { textsIn } from "./canarySubjects.ts";

/** Operations made from the server's own schema, so that what is new is asked for as well. */
export interface Operations {
  /** Takes the mutation's arguments as variables of the same names. */
  mutation(name: string): string;
  subscriptions: { name: string; query: string }[];
  /** Queries that need no argument. Those with pages take `first` and `after`. */
  lists: { name: string; query: string; hasPages: boolean }[];
  /** Queries that need an `id` and nothing else, with the type whose ids they take. */
  byId: { name: string; query: string; type: string }[];
  /** Things of a type by `ids`. */
  nodes(type: string): string;
  /** All types whose things have an id. */
  nodeTypes: string[];
  /** The type whose id this is; undefined when it is none. */
  typeOf(id: string): string | undefined;
}

type Field = GraphQLField<unknown, unknown>;
type Fields = Record<string, Field>;

/** Asks the server for its schema. */
export async function readOperations(api: ApiClient): Promise<Operations> {
  const schema = buildClientSchema(await api.run(getIntrospectionQuery()));
  const queries = Object.values(schema.getQueryType()?.getFields() ?? {});
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const subscriptions = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
  const needs = ({ args }: Field) => args.filter(isRequiredArgument).map(({ name }) => name).join();

  return {
    mutation: (name) => operation("mutation", mutations[name] as Field),
    subscriptions: subscriptions.map((field) => ({ name: field.name, query: operation("subscription", field) })),
    lists: queries
      .filter((field) => needs(field) === "")
      .map((field) => ({ name: field.name, query: operation("query", field), hasPages: isConnection(field.type) })),
    byId: queries
      .filter((field) => needs(field) === "id" && isObjectType(getNamedType(field.type)))
      .map((field) => ({ name: field.name, query: operation("query", field), type: getNamedType(field.type).name })),
    nodes(type) {
      const selected = select(schema.getType(type) as GraphQLObjectType, 1);
      return `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ${type} ${selected} } }`;
    },
    nodeTypes: schema.getPossibleTypes(schema.getType("Node") as GraphQLInterfaceType).map(({ name }) => name),
    typeOf(id) {
      const [type = ""] = Buffer.from(id, "base64").toString().split(":");
      return /^\w+$/.test(type) && isObjectType(schema.getType(type)) ? type : undefined;
    },
  };
}

const isConnection = (type: GraphQLOutputType) => getNamedType(type).name.endsWith("Connection");

/** One field of a root type with all its arguments, and all that can be selected of what it gives. */
function operation(kind: "query" | "mutation" | "subscription", { name, args, type }: Field): string {
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  return `${kind} ${variables && `(${variables})`} { ${name} ${given && `(${given})`} ${select(type, 1)} }`;
}

/** Every field of a type that needs no argument, and those of the objects in it down to a depth; of all configs, everything. */
function select(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  if (!isUnionType(named)) return `{ __typename ${selectFields((named as GraphQLObjectType).getFields(), depth)} }`;
  const members = named.getTypes().map((member) => `... on ${member.name} { ${selectFields(member.getFields(), depth, member.name)} }`);
  return `{ __typename ${members.join(" ")} }`;
}

/** @param member of a union: members may have fields of one name and several types, so the fields are called `Member_field` */
function selectFields(fields: Fields, depth: number, member?: string): string {
  const open = Object.values(fields).filter(({ name, args }) => !args.some(isRequiredArgument) && name !== "edges");
  const selected = open.map(({ name, type }) => {
    const left = isSameDepth(name, type) ? depth : depth - 1;
    // A list inside of something else has a query of its own.
    if (left < 0 || (member === undefined && left < depth && isConnection(type))) return "";
    return `${member === undefined ? "" : `${member}_${name}: `}${name} ${select(type, left)}`;
  });
  return selected.join(" ");
}

function isSameDepth(name: string, type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return isLeafType(named) || isUnionType(named) || /^(nodes|pageInfo|issues)$/.test(name);
}

type Ask = (where: string, query: string, variables?: object) => Promise<GraphqlAnswer>;

/** Asks for all that can be asked: lists, then single things by their ids. @returns all ids that came, by type */
export async function askEverything(operations: Operations, ask: Ask): Promise<Map<string, Set<string>>> {
  const ids = new Map<string, Set<string>>();
  for (const list of operations.lists) {
    for await (const data of pagesOf(list, ask)) {
      for (const id of textsIn(data)) {
        const type = operations.typeOf(id);
        if (type !== undefined) ids.set(type, (ids.get(type) ?? new Set()).add(id));
      }
    }
  }
  for (const [type, some] of ids) {
    const { errors } = await ask(`nodes of ${type}`, operations.nodes(type), { ids: [...some].slice(0, 3) });
    expect(errors, type).toBeUndefined();
  }
  for (const { name, query, type } of operations.byId) {
    for (const id of ids.get(type) ?? []) {
      const { data, errors } = await ask(`query ${name}`, query, { id });
      expect(errors, name).toBeUndefined();
      expect(data[name], name).not.toBeNull();
    }
  }
  return ids;
}

/** All pages of a list, as large as the server allows; the one page of what has none. */
async function* pagesOf({ name, query, hasPages }: Operations["lists"][number], ask: Ask): AsyncGenerator<object> {
  for (let first = 100, after: string | null | undefined = null; after !== undefined; ) {
    const { data, errors }: GraphqlAnswer = await ask(`query ${name}`, query, hasPages ? { first, after } : {});
    if (JSON.stringify(errors)?.includes("QUERY_TOO_COSTLY") && first > 3) {
      first = Math.ceil(first / 3);
      continue;
    }
    expect(errors, name).toBeUndefined();
    yield data;
    after = data[name]?.pageInfo?.hasNextPage ? data[name].pageInfo.endCursor : undefined;
  }
}
