import type { IncomingMessage, ServerResponse } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { GraphQLError, NoSchemaIntrospectionCustomRule, parse } from "graphql";
import { createYoga } from "graphql-yoga";
import type { Plugin } from "graphql-yoga";
import type { Context } from "../graphql/context.ts";
import { maskError } from "../graphql/maskError.ts";
import { schema } from "../graphql/schema.ts";
import type { Log } from "../log.ts";
import type { Services } from "../services.ts";

/** A document larger than this is no query that a client wrote; data belongs into variables. */
export const MOST_TOKENS = 2000;

const OPERATIONS = join(import.meta.dirname, "..", "..", "schema", "operations");

/** What holds for every operation, whichever way it comes. */
export interface GraphqlRules {
  contextOf(context: Pick<ServerContext, "principal" | "address">): Context;
  mask(error: unknown): GraphQLError;
  introspection: boolean;
}

export interface GraphqlRulesOptions {
  services: Services;
  log: Log;
  introspection: boolean;
}

export function createGraphqlRules({ services, log, introspection }: GraphqlRulesOptions): GraphqlRules {
  return {
    contextOf: ({ principal, address }) => ({ services, principal, address }),
    mask: (error) => (introspection ? maskError(error, log) : withoutSuggestion(maskError(error, log))),
    introspection,
  };
}

/** What the HTTP server and the WebSocket server hand over; the latter keeps no request. */
export interface ServerContext {
  req?: IncomingMessage;
  res?: ServerResponse;
  principal: Context["principal"];
  address: Context["address"];
}

export function createGraphqlServer({ contextOf, mask, introspection }: GraphqlRules, graphiql: boolean) {
  return createYoga<ServerContext, Context>({
    schema,
    context: contextOf,
    graphqlEndpoint: "/graphql",
    landingPage: false,
    batching: false,
    multipart: false,
    // Tokens travel in a header, never in a cookie: any page may ask, none is trusted by where it comes from.
    cors: { origin: "*", credentials: false },
    logging: false,
    maskedErrors: { maskError: mask },
    graphiql: graphiql && {
      title: "Carillon",
      subscriptionsProtocol: "WS",
      headers: JSON.stringify({ Authorization: "Bearer <your token>" }, null, 2),
      defaultTabs: exampleTabs(),
    },
    // The page comes from the package, so that exploring works without the internet; it is large, so it is loaded when first asked for.
    renderGraphiQL: async (options) => (await import("@graphql-yoga/render-graphiql")).renderGraphiQL(options),
    plugins: [limitTokens, maskValidation(mask), ...(introspection ? [] : [refuseIntrospection])],
  });
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

const limitTokens: Plugin = {
  onParse({ setParseFn }) {
    setParseFn((source, options) => parse(source, { ...options, maxTokens: MOST_TOKENS }));
  },
};

/** Errors of validation look like all others: the same codes, by HTTP and WebSocket alike. */
function maskValidation(mask: (error: unknown) => GraphQLError): Plugin {
  return {
    onValidate: () => ({ valid, result, setResult }) => {
      if (!valid) setResult((result as GraphQLError[]).map(mask));
    },
  };
}

const refuseIntrospection: Plugin = {
  onValidate({ addValidationRule }) {
    addValidationRule(NoSchemaIntrospectionCustomRule);
  },
};

/** With introspection off, errors in queries and in variables must not tell names of the schema either. */
function withoutSuggestion(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, extensions } = error;
  return new GraphQLError(message.replace(/ Did you mean .*$/s, ""), { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null, extensions });
}

/** The example operations of schema/operations, one tab each. */
function exampleTabs() {
  const files = readdirSync(OPERATIONS).filter((name) => name.endsWith(".graphql")).sort();
  return files.map((name) => ({
    query: readFileSync(join(OPERATIONS, name), "utf8"),
    variables: variablesOf(join(OPERATIONS, name.replace(/\.graphql$/, ".variables.json"))),
  }));
}

function variablesOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "{}";
  }
}
