import { randomUUID } from "node:crypto";
import { GraphQLError } from "graphql";
import type { GraphQLErrorOptions } from "graphql";
import { storageErrorOf } from "../db/databaseErrors.ts";
import { CallerError, RateLimitedError, ValidationError } from "../errors.ts";
import type { Log } from "../log.ts";
import { WRONG_CURSOR } from "./searchConnection.ts";

/**
 * What a caller sees of an error: its code and message when it was meant for callers, else a request id that finds the
 * details in the log. Never a stack trace.
 */
export function maskError(error: unknown, log: Log): GraphQLError {
  const graphqlError = error instanceof GraphQLError ? error : null;
  const original = storageErrorOf(graphqlError?.originalError ?? error);
  const position = positionOf(graphqlError);

  if (original instanceof CallerError) {
    const issues = original instanceof ValidationError ? { issues: original.issues } : {};
    const retryAfter = original instanceof RateLimitedError ? { retryAfter: original.retryAfter } : {};
    return new GraphQLError(original.message, { ...position, extensions: { code: original.code, ...issues, ...retryAfter } });
  }
  // Errors of the query itself: syntax, unknown fields, values of the wrong type.
  if (graphqlError && (!graphqlError.originalError || graphqlError.originalError instanceof GraphQLError)) {
    const { code, http } = graphqlError.extensions;
    return new GraphQLError(inPlainWords(withoutValues(graphqlError.message)), { ...position, extensions: { code: known(code), ...(http ? { http } : {}) } });
  }
  const requestId = randomUUID();
  log.error({ err: original, requestId }, "a request failed by a fault of the server");
  return new GraphQLError(`The server has a fault. Its log has the details under the request id ${requestId}.`, { ...position, extensions: { code: "INTERNAL", requestId } });
}

/** GraphQL quotes the value that was wrong, and whatever stood beside it: it may be, or hold, a secret. */
function withoutValues(message: string): string {
  return message
    .replace(/( cannot represent an? non[- ]?\w+ value): [^]*$/, "$1.")
    .replace(/^(Variable "\$\w+" got )invalid value [^]*?( at "[\w.]+")?; (?=[^;]*$)/, "$1an invalid value$2; ");
}

/** What the libraries under the API say too briefly of cursors. */
function inPlainWords(message: string): string {
  return message.replace(/^Invalid cursor(: .*)?$/s, WRONG_CURSOR);
}

/** Where in the query it happened, without what else the error may hold. */
function positionOf(error: GraphQLError | null): GraphQLErrorOptions {
  if (!error) return {};
  const { nodes, source, positions, path } = error;
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null };
}

/** Codes of the GraphQL server become ours; all of them say that the request is wrong. */
function known(code: unknown): string {
  return code === "UNAUTHENTICATED" || code === "FORBIDDEN" || code === "QUERY_TOO_COSTLY" ? code : "BAD_REQUEST";
}
