import type { IncomingMessage, ServerResponse } from "node:http";
import { BREAK, execute, getOperationAST, Kind, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, visit } from "graphql";
import type { DocumentNode, ExecutionResult } from "graphql";
import { COST_ARGUMENTS } from "../graphql/builder.ts";
import type { Context } from "../graphql/context.ts";
import { schema } from "../graphql/schema.ts";
import { MOST_TOKENS } from "./graphqlServer.ts";
import type { GraphqlRules, ServerContext } from "./graphqlServer.ts";

/** Accept headers that leave no doubt, with the answer's type. */
const ANSWER_TYPES = new Map([
  ["", "application/json"],
  ["*/*", "application/json"],
  ["application/json", "application/json"],
  ["application/graphql-response+json", "application/graphql-response+json"],
  ["application/graphql-response+json, application/json", "application/graphql-response+json"],
]);

const MEMBERS = new Set(["query", "variables", "operationName", "extensions"]);

/**
 * Answers the usual request, a valid query or mutation as JSON.
 * @returns false when nothing was run: for wrong requests, subscriptions, browsers and unusual headers, which are the GraphQL server's
 */
export type AnswerPlainOperation = (request: IncomingMessage, response: ServerResponse, principal: ServerContext["principal"], body: object) => Promise<boolean>;

/** A valid document. */
interface Known {
  document: DocumentNode;
  /** Whether its cost is the same whatever its variables are. */
  hasFixedCost: boolean;
  /** True once it was run without being refused, which need not be computed again where it is fixed. */
  isAffordable: boolean;
}

/** More of them would fill the memory; those that one server's clients send are few. */
const MOST_KNOWN = 500;
/** Longer texts are rare. */
const LONGEST_KNOWN = 10_000;

/**
 * Goes without the GraphQL server's request and response objects and hooks, which cost more than running an operation: it
 * keeps what it has parsed and validated, by text, and runs that. Context, limits and error masks are the server's own.
 */
export function createPlainOperations({ contextOf, mask, introspection }: GraphqlRules): AnswerPlainOperation {
  const validationRules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const known = new Map<string, Known | null>();

  function find(query: string): Known | null {
    if (query.length > LONGEST_KNOWN) return null;
    const before = known.get(query);
    if (before !== undefined) return before;
    if (known.size >= MOST_KNOWN) known.clear();
    const operation = read(query);
    known.set(query, operation);
    return operation;
  }

  function read(query: string): Known | null {
    try {
      const document = parse(query, { maxTokens: MOST_TOKENS });
      if (validate(schema, document, validationRules).length > 0) return null;
      return { document, hasFixedCost: hasFixedCost(document), isAffordable: false };
    } catch {
      return null;
    }
  }

  return async (request, response, principal, body) => {
    const type = ANSWER_TYPES.get(request.headers.accept ?? "");
    if (!type || request.headers.origin !== undefined || !isPlain(body)) return false;
    const operation = find(body.query);
    if (!operation) return false;
    const { document } = operation;
    const kind = getOperationAST(document, body.operationName)?.operation;
    if (kind !== "query" && kind !== "mutation") return false;

    const contextValue: Context = { ...contextOf({ principal, address: request.socket.remoteAddress ?? null }), costIsKnown: operation.isAffordable };
    const result: ExecutionResult = await execute({ schema, document, contextValue, variableValues: body.variables, operationName: body.operationName });
    // Without data nothing was run: the variables are wrong.
    if (!("data" in result)) return false;
    if (!result.errors) operation.isAffordable = operation.hasFixedCost;
    const text = JSON.stringify(result.errors ? { ...result, errors: result.errors.map(mask) } : result);
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(text) });
    response.end(text);
    return true;
  };
}

interface PlainBody {
  query: string;
  variables?: { [name: string]: unknown } | null;
  operationName?: string | null;
}

function isPlain(body: object): body is PlainBody {
  for (const name in body) if (!MEMBERS.has(name)) return false;
  const { query, variables = null, operationName = null } = body as Record<string, unknown>;
  return typeof query === "string" && typeof variables === "object" && !Array.isArray(variables) && (operationName === null || typeof operationName === "string");
}

/** One operation whose fields are all run, with no variable where the cost comes from. */
function hasFixedCost({ definitions }: DocumentNode): boolean {
  if (definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length !== 1) return false;
  let fixed = true;
  const varies = () => {
    fixed = false;
    return BREAK;
  };
  for (const definition of definitions) {
    visit(definition, {
      Directive: varies,
      Argument: (argument) => {
        if (!COST_ARGUMENTS.has(argument.name.value)) return;
        visit(argument, { Variable: varies });
      },
    });
  }
  return fixed;
}
