import type { IncomingMessage, ServerResponse } from "node:http";
import { getOperationAST, parse } from "graphql";
import type { ExecutionResult } from "graphql";
import { MOST_TOKENS } from "./graphqlServer.ts";
import type { GraphqlServer, ServerContext } from "./graphqlServer.ts";

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
 * Answers the usual request, a valid query or mutation as JSON, without the Fetch request and response that the GraphQL
 * server makes of each: they cost more than running it. Parsing, validation, context and error masks are the server's.
 * @returns false when nothing was run: for wrong requests, subscriptions, browsers and unusual headers, which are the server's
 */
export async function answerPlainOperation(yoga: GraphqlServer, request: IncomingMessage, response: ServerResponse, principal: ServerContext["principal"], body: object): Promise<boolean> {
  const type = ANSWER_TYPES.get(request.headers.accept ?? "");
  if (!type || request.headers.origin !== undefined || !isPlain(body) || !isParsable(body.query)) return false;
  const enveloped = yoga.getEnveloped({ req: request, res: response, principal, params: body });
  const { schema, contextFactory, execute } = enveloped;
  const document = enveloped.parse(body.query);
  if (enveloped.validate(schema, document).length > 0) return false;
  const operation = getOperationAST(document, body.operationName);
  if (!operation || operation.operation === "subscription") return false;

  const contextValue = await contextFactory();
  const result = (await execute({ schema, document, contextValue, variableValues: body.variables, operationName: body.operationName })) as ExecutionResult;
  // Without data nothing was run: the variables are wrong.
  if (!("data" in result)) return false;
  const text = JSON.stringify(result);
  response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(text) });
  response.end(text);
  return true;
}

interface PlainBody {
  query: string;
  variables?: { [name: string]: unknown } | null;
  operationName?: string | null;
}

function isPlain(body: object): body is PlainBody {
  const { query, variables = null, operationName = null } = body as Record<string, unknown>;
  return (
    Object.keys(body).every((name) => MEMBERS.has(name)) &&
    typeof query === "string" &&
    typeof variables === "object" && !Array.isArray(variables) &&
    (operationName === null || typeof operationName === "string")
  );
}

/** Texts that are known to parse. What is wrong must not come to the server this way: it keeps the error, without its status. */
const parsable = new Set<string>();
const MOST_REMEMBERED = 1000;
/** Longer texts are rare, and remembering them would fill the memory. */
const LONGEST_REMEMBERED = 10_000;

function isParsable(query: string): boolean {
  if (query.length > LONGEST_REMEMBERED) return false;
  if (parsable.has(query)) return true;
  try {
    parse(query, { maxTokens: MOST_TOKENS });
  } catch {
    return false;
  }
  if (parsable.size >= MOST_REMEMBERED) parsable.clear();
  parsable.add(query);
  return true;
}
