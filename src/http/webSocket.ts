import type { Server } from "node:http";
import { GraphQLError } from "graphql";
import type { DocumentNode, ExecutionArgs } from "graphql";
import { CloseCode } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import type { Extra } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import type { AccessTokenService } from "../access/accessToken.service.ts";
import type { Principal } from "../access/principal.ts";
import { CallerError } from "../errors.ts";
import { maskError } from "../graphql/maskError.ts";
import type { Log } from "../log.ts";
import { principalOf } from "./bearer.ts";
import type { GraphqlServer } from "./graphqlServer.ts";

/** Connections in all, and operations under way in one. */
export const WEB_SOCKET_LIMITS = { connections: 10_000, operationsEach: 50, largestMessageBytes: 1024 * 1024, initWaitMs: 5_000 };

type ConnectionExtra = Extra & {
  principal?: Principal;
  operations?: Set<string>;
  /** No longer listens for the token's end. */
  stopListening?: () => void;
};

export interface WebSocketDoor {
  readonly connections: number;
  /** Closes every connection with 1001, on which clients reconnect and resume. */
  close(): Promise<void>;
}

/** Subscriptions, queries and mutations by graphql-transport-ws on the same path as HTTP. */
export function openWebSocketDoor(server: Server, yoga: GraphqlServer, accessTokens: AccessTokenService, log: Log): WebSocketDoor {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: WEB_SOCKET_LIMITS.largestMessageBytes });

  server.on("upgrade", (request, socket, head) => {
    const path = request.url?.split("?")[0];
    if (path !== yoga.graphqlEndpoint || sockets.clients.size >= WEB_SOCKET_LIMITS.connections) {
      socket.end(`HTTP/1.1 ${path === yoga.graphqlEndpoint ? "503 Service Unavailable" : "404 Not Found"}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });

  const door = useServer<Record<string, unknown>, Partial<ConnectionExtra>>(
    {
      connectionInitWaitTimeout: WEB_SOCKET_LIMITS.initWaitMs,
      onConnect({ connectionParams, extra }) {
        const header = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"] ?? extra.request.headers.authorization;
        const principal = admitted(() => principalOf(header, accessTokens));
        if (principal instanceof CallerError) {
          extra.socket.close(CloseCode.Forbidden, principal.message);
          return false;
        }
        if (!principal) return false;
        extra.principal = principal;
        extra.operations = new Set();
        extra.stopListening = accessTokens.onEnd(principal.tokenId, (why) => extra.socket.close(CloseCode.Forbidden, why));
        return true;
      },
      async onSubscribe({ extra }, id, payload) {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({ req: extra.request, principal: extra.principal ?? null, params: payload });
        if ((extra.operations?.size ?? 0) >= WEB_SOCKET_LIMITS.operationsEach) {
          return [new GraphQLError(`At most ${WEB_SOCKET_LIMITS.operationsEach} operations at once on one connection. End one, or open another connection.`, { extensions: { code: "TOO_MANY_CONNECTIONS" } })];
        }
        const refused = admitted(() => extra.principal && accessTokens.countRequest(extra.principal));
        if (refused instanceof CallerError) return [maskError(refused, log)];
        const document = parsed(() => parse(payload.query) as DocumentNode);
        if (document instanceof GraphQLError) return [document];
        const errors = validate(schema, document);
        if (errors.length > 0) return errors;
        extra.operations?.add(id);
        const args = {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: payload.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        return args as unknown as ExecutionArgs;
      },
      execute: (args) => (args.rootValue as Enveloped).execute(args),
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
      onComplete({ extra }, id) {
        extra.operations?.delete(id);
      },
      onError({ extra }, id) {
        extra.operations?.delete(id);
      },
      onDisconnect({ extra }) {
        extra.stopListening?.();
      },
    },
    sockets,
  );

  return {
    get connections() {
      return sockets.clients.size;
    },
    async close() {
      await door.dispose();
    },
  };
}

/** An error that the caller may see, as a value. */
function admitted<Result>(check: () => Result): Result | CallerError {
  try {
    return check();
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}

/** A syntax error belongs into the answer: thrown, it would close the connection. */
function parsed(parse: () => DocumentNode): DocumentNode | GraphQLError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GraphQLError) return new GraphQLError(error.message, { source: error.source ?? null, positions: error.positions ?? null, extensions: { code: "BAD_REQUEST" } });
    throw error;
  }
}

interface Enveloped {
  execute(args: ExecutionArgs): ReturnType<typeof import("graphql").execute>;
  subscribe(args: ExecutionArgs): ReturnType<typeof import("graphql").subscribe>;
}
