import SchemaBuilder from "@pothos/core";
import ComplexityPlugin from "@pothos/plugin-complexity";
import ErrorsPlugin from "@pothos/plugin-errors";
import PrismaPlugin from "@pothos/plugin-prisma";
import RelayPlugin from "@pothos/plugin-relay";
import ScopeAuthPlugin from "@pothos/plugin-scope-auth";
import type { GraphQLField } from "graphql";
import { may, mayOnServer, refusal } from "../access/principal.ts";
import type { Scope } from "../access/scope.ts";
import type { PrismaClient } from "../db/generated/client.ts";
import type PrismaTypes from "../db/generated/pothos.ts";
import { getDatamodel } from "../db/generated/pothos.ts";
import { CallerError } from "../errors.ts";
import type { Json } from "../render/message.ts";
import type { Context } from "./context.ts";
import { idInputs } from "./idInputs.ts";

/** Query limits: far above what a client needs, far below what hurts. */
export const QUERY_LIMITS = { depth: 12, breadth: 600, complexity: 10_000 };

/** Rows of a page: what a connection gives when nothing is said, and the most it gives. */
export const PAGE = { default: 25, most: 100 };

export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  AuthScopes: {
    /** The token has the scope. */
    may: Scope;
    /** The same, and the token is no customer's: for what concerns the whole server. */
    mayOnServer: Scope;
    /** The same, and the row belongs to the token's customer where the token has one. */
    mayRead: { scope: Scope; customer: string | null };
    /** The row was found to be the token's own by the type itself. */
    isOwn: boolean;
  };
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSONObject: { Input: { [key: string]: Json }; Output: { [key: string]: Json } };
    Duration: { Input: number; Output: number };
  };
}

/** The database client comes with each request's context; the builder only needs to know its shape. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ErrorsPlugin, ScopeAuthPlugin, idInputs, PrismaPlugin, RelayPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  prisma: {
    client: (context: Context) => context.services.db as unknown as PrismaClient,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
    filterConnectionTotalCount: true,
    maxConnectionSize: PAGE.most,
    defaultConnectionSize: PAGE.default,
  },
  relay: {
    clientMutationId: "omit",
    cursorType: "String",
    nodeTypeOptions: { description: "Whatever has an id of its own." },
    nodeQueryOptions: { description: "Anything by its id; null when there is nothing with it.", args: { id: { description: "The id, as another query gave it." } } },
    nodesQueryOptions: { description: "Several things by their ids, each at its place; null where there is nothing.", args: { ids: { description: "The ids, as another query gave them." } } },
    pageInfoTypeOptions: { description: "Where a page begins and ends, and what is beyond." },
    hasNextPageFieldOptions: { description: "Whether there is more behind endCursor." },
    hasPreviousPageFieldOptions: { description: "Whether there is more before startCursor." },
    startCursorFieldOptions: { description: "The first row's cursor; null for an empty page." },
    endCursorFieldOptions: { description: "The last row's cursor: give it as after for the next page. Null for an empty page." },
    cursorFieldOptions: { description: "Its place: give it as after or before. Opaque." },
    nodeFieldOptions: { description: "The row itself." },
    edgesFieldOptions: { description: "The rows with their cursors." },
    nodesOnConnection: { description: "The rows alone." },
    pageInfoFieldOptions: { description: "How to get the next page." },
    firstArgOptions: { description: `How many, from the beginning: at most ${PAGE.most}, however many are asked for. Left out: ${PAGE.default}.` },
    lastArgOptions: { description: `In place of first: how many, from the end, at most ${PAGE.most}.` },
    afterArgOptions: { description: "Only what comes behind this cursor." },
    beforeArgOptions: { description: "Only what comes before this cursor." },
  },
  errors: { defaultTypes: [] },
  scopeAuth: {
    authorizeOnSubscribe: true,
    treatErrorsAsUnauthorized: false,
    authScopes: ({ principal }) => ({
      may: (scope) => may(principal, scope),
      mayOnServer: (scope) => mayOnServer(principal, scope),
      mayRead: ({ scope, customer }) => may(principal, scope) && (principal?.customer === null || principal?.customer === customer),
      isOwn: (own) => own,
    }),
    unauthorizedError: (_parent, { principal }, info) => refusal(principal, `${info.parentType.name}.${info.fieldName}`),
  },
  complexity: {
    limit: ({ costIsKnown }) => (costIsKnown ? {} : QUERY_LIMITS),
    fieldComplexity: costOf,
    complexityError: (kind) => new CallerError("QUERY_TOO_COSTLY", `The query's ${kind.toLowerCase()} is over the limit (depth ${QUERY_LIMITS.depth}, breadth ${QUERY_LIMITS.breadth}, complexity ${QUERY_LIMITS.complexity}). Ask for less at a time.`),
  },
});

/** Arguments that `costOf` reads: all else in a query has the same cost whatever its variables are. */
export const COST_ARGUMENTS: ReadonlySet<string> = new Set(["first", "last", "limit", "ids"]);

/** Rows that are counted for a list of unknown length. */
const USUAL_LIST = 5;

/** A field costs 1, and what is below it as often as it can have rows: a connection's page counts on the connection itself. */
function costOf(args: Record<string, unknown>, _context: Context, { name, type }: GraphQLField<unknown, Context, Record<string, unknown>>): { field: number; multiplier: number } {
  if (/Connection!?$/.test(String(type))) return { field: 1, multiplier: pageSizeOf(args) };
  if (name === "edges" || name === "nodes") return { field: 1, multiplier: Array.isArray(args["ids"]) ? args["ids"].length : 1 };
  return { field: 1, multiplier: String(type).startsWith("[") ? USUAL_LIST : 1 };
}

function pageSizeOf({ first, last, limit }: Record<string, unknown>): number {
  const asked = Number(first ?? last ?? limit ?? PAGE.default);
  return Math.min(Math.max(asked, 0), PAGE.most);
}
