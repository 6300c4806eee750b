import type { IncomingMessage, ServerResponse } from "node:http";
import { getOperationAST } from "graphql";
import type { DocumentNode, ExecutionResult } from "graphql";
import type { GraphqlServer } from "./graphqlServer.ts";

/** Accept headers that leave no doubt, with the answer's type. */
const ANSWER_TYPES: Record<string, string> = {
  "": "application/json",
  "*/*": "application/json",
  "application/json": "application/json",
  "application/graphql-response+json": "application/graphql-response+json",
  "application/graphql-response+json, application/json": "application/graphql-response+json",
};

const MEMBERS = new Set(["query", "variables", "operationName", "extensions"]);

/**
 * Answers the usual request, a valid query or mutation as JSON, without the Fetch request and response that the GraphQL
 * server makes of each: they cost more than running it. Parsing, validation, context and error masks are the server's.
 * @returns false when nothing was run: for wrong requests, subscriptions, browsers and unusual headers, which are the server's
 */
export async function answerPlainOperation(yoga: GraphqlServer, request: IncomingMessage, response: ServerResponse, body: object): Promise<boolean> {
  const type = ANSWER_TYPES[request.headers.accept ?? ""];
  if (!type || request.headers.origin !== undefined || !isPlain(body)) return false;
  const { schema, parse, validate, contextFactory, execute } = yoga.getEnveloped({ req: request, res: response, params: body });
  const document = parsed(parse, body.query);
  if (!document || validate(schema, document).length > 0) return false;
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

function parsed(parse: (source: string) => DocumentNode, query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}
