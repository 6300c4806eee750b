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
import { principalOf } from "./bearer.ts";

/** A document larger than this is no query that a client wrote; data belongs into variables. */
const MOST_TOKENS = 2000;

const OPERATIONS = join(import.meta.dirname, "..", "..", "schema", "operations");

export interface GraphqlServerOptions {
  services: Services;
  log: Log;
  graphiql: boolean;
  introspection: boolean;
}

/** What the HTTP server and the WebSocket server hand over; only the latter brings a principal of its own. */
export interface ServerContext {
  req: IncomingMessage;
  res?: ServerResponse;
  principal?: Context["principal"];
}

export function createGraphqlServer({ services, log, graphiql, introspection }: GraphqlServerOptions) {
  return createYoga<ServerContext, Context>({
    schema,
    context: ({ req, principal }) => ({ services, principal: principal === undefined ? principalOf(req.headers.authorization, services.accessTokens) : principal }),
    graphqlEndpoint: "/graphql",
    landingPage: false,
    batching: false,
    multipart: false,
    logging: false,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    graphiql: graphiql && {
      title: "Carillon",
      subscriptionsProtocol: "WS",
      headers: JSON.stringify({ Authorization: "Bearer <your token>" }, null, 2),
      defaultTabs: exampleTabs(),
    },
    // The page comes from the package, so that exploring works without the internet; it is large, so it is loaded when first asked for.
    renderGraphiQL: async (options) => (await import("@graphql-yoga/render-graphiql")).renderGraphiQL(options),
    plugins: [limitTokens, maskValidation(log), ...(introspection ? [] : [refuseIntrospection])],
  });
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

const limitTokens: Plugin = {
  onParse({ setParseFn }) {
    setParseFn((source, options) => parse(source, { ...options, maxTokens: MOST_TOKENS }));
  },
};

/** Errors of validation look like all others: the same codes, by HTTP and WebSocket alike. */
function maskValidation(log: Log): Plugin {
  return {
    onValidate: () => ({ valid, result, setResult }) => {
      if (!valid) setResult((result as GraphQLError[]).map((error) => maskError(error, log)));
    },
  };
}

/** With introspection off, validation must not tell names of the schema by its suggestions either. */
const refuseIntrospection: Plugin = {
  onValidate({ addValidationRule }) {
    addValidationRule(NoSchemaIntrospectionCustomRule);
    return ({ result, setResult }) => {
      setResult((result as GraphQLError[]).map(({ message, nodes, extensions }) => new GraphQLError(message.replace(/ Did you mean .*$/s, ""), { nodes: nodes ?? null, extensions })));
    };
  },
};

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
