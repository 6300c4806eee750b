import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createSourceEventStream, execute, GraphQLError } from "graphql";
import type { DocumentNode, ExecutionArgs, ExecutionResult } from "graphql";
import { CloseCode, handleProtocols, makeServer } from "graphql-ws";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { AccessTokenService } from "../access/accessToken.service.ts";
import type { Principal } from "../access/principal.ts";
import { CallerError } from "../errors.ts";
import type { Context } from "../graphql/context.ts";
import { LiveStream } from "../live/liveStream.ts";
import type { Log } from "../log.ts";
import { principalOf } from "./bearer.ts";
import type { GraphqlServer } from "./graphqlServer.ts";
import { LiveResults } from "./liveResults.ts";
import { createSharedResults } from "./sharedResults.ts";
import { TextFrames } from "./textFrames.ts";

/** Connections in all, and operations under way in one. */
export const WEB_SOCKET_LIMITS = { connections: 10_000, operationsEach: 50, largestMessageBytes: 1024 * 1024, initWaitMs: 5_000 };

/** A client that does not answer a ping until the next one is gone. */
const PING_EVERY_MS = 12_000;
/** Of many clients, so many are pinged in one go. */
const PINGS_AT_ONCE = 100;

/** One client. The request that opened it is not kept. */
interface Connection {
  client: WebSocket;
  frames: TextFrames;
  /** The header of the request that opened it. */
  authorization: string | undefined;
  /** Where that came from. */
  address: string | null;
  principal: Principal | null;
  /** No longer listens for the token's end. */
  stopListening: (() => void) | null;
}

/** An operation that is to be run, as `onSubscribe` has made it ready. */
interface Operation extends ExecutionArgs {
  contextValue: Context;
  id: string;
  connection: Connection;
  run: (args: ExecutionArgs) => ReturnType<typeof execute>;
}

export interface WebSocketDoorDeps {
  server: Server;
  yoga: GraphqlServer;
  accessTokens: AccessTokenService;
  log: Log;
  /** What callers see of errors. */
  mask: (error: unknown) => GraphQLError;
}

export interface WebSocketDoor {
  readonly connections: number;
  /** Closes every connection with 1001, on which clients reconnect and resume. */
  close(): Promise<void>;
}

/** Subscriptions, queries and mutations by graphql-transport-ws on the same path as HTTP. */
export function openWebSocketDoor({ server, yoga, accessTokens, log, mask }: WebSocketDoorDeps): WebSocketDoor {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: WEB_SOCKET_LIMITS.largestMessageBytes, handleProtocols });
  const shared = createSharedResults(mask);

  server.on("upgrade", (request, socket, head) => {
    const path = request.url?.split("?")[0];
    if (path !== yoga.graphqlEndpoint || sockets.clients.size >= WEB_SOCKET_LIMITS.connections) {
      socket.end(`HTTP/1.1 ${path === yoga.graphqlEndpoint ? "503 Service Unavailable" : "404 Not Found"}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => accept(client, socket, request));
  });

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: WEB_SOCKET_LIMITS.initWaitMs,
    onConnect({ connectionParams, extra }) {
      const header = connectionParams?.["authorization"] ?? connectionParams?.["Authorization"] ?? extra.authorization;
      const principal = admitted(() => principalOf(header, accessTokens));
      if (principal instanceof CallerError) {
        extra.client.close(CloseCode.Forbidden, principal.message);
        return false;
      }
      if (!principal) return false;
      extra.principal = principal;
      extra.stopListening = accessTokens.onEnd(principal.tokenId, (why) => extra.client.close(CloseCode.Forbidden, why));
      return true;
    },
    async onSubscribe({ extra, subscriptions }, id, payload) {
      const { schema, execute: run, contextFactory, parse, validate } = yoga.getEnveloped({ principal: extra.principal, address: extra.address, params: payload });
      if (Object.keys(subscriptions).length > WEB_SOCKET_LIMITS.operationsEach) {
        return [new GraphQLError(`At most ${WEB_SOCKET_LIMITS.operationsEach} operations at once on one connection. End one, or open another connection.`, { extensions: { code: "TOO_MANY_CONNECTIONS" } })];
      }
      const refused = admitted(() => extra.principal && accessTokens.countRequest(extra.principal));
      if (refused instanceof CallerError) return [mask(refused)];
      const document = parsed(() => parse(payload.query) as DocumentNode);
      if (document instanceof GraphQLError) return [document];
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      const { operationName, variables: variableValues } = payload;
      const operation: Operation = { schema, document, operationName: operationName ?? null, variableValues: variableValues ?? null, rootValue: undefined, contextValue: await contextFactory(), id, connection: extra, run };
      return operation;
    },
    execute: (args) => {
      const { schema, document, operationName, variableValues, contextValue, run } = args as Operation;
      return run({ schema, document, operationName: operationName ?? null, variableValues: variableValues ?? null, contextValue });
    },
    subscribe: (args) => subscribe(args as Operation),
    onDisconnect({ extra }) {
      extra.stopListening?.();
    },
  });

  async function subscribe(operation: Operation): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const { schema, document, operationName, variableValues: variables, contextValue: context, connection, id } = operation;
    const source = await createSourceEventStream(operation);
    if (!(Symbol.asyncIterator in source)) return masked(source);
    if (source instanceof LiveStream) {
      const results = new LiveResults(source, shared({ schema, document, operationName, variables, context }), connection.frames, id);
      return endingMasked(results);
    }
    const items = source[Symbol.asyncIterator]();
    return endingMasked({
      async next(): Promise<IteratorResult<ExecutionResult>> {
        const item = await items.next();
        return item.done ? { done: true, value: undefined } : { done: false, value: masked(await execute({ ...operation, rootValue: item.value, contextValue: { ...context } })) };
      },
      async return() {
        await items.return?.();
        return { done: true, value: undefined };
      },
    });
  }

  function masked({ errors, ...result }: ExecutionResult): ExecutionResult {
    return errors ? { ...result, errors: errors.map(mask) } : result;
  }

  /** What ends a subscription is told as all other errors are. */
  function endingMasked(results: AsyncIterator<ExecutionResult>): AsyncIterableIterator<ExecutionResult> {
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () =>
        results.next().catch((error: unknown) => {
          throw mask(error);
        }),
      return: async () => (await results.return?.()) ?? { done: true, value: undefined },
    };
  }

  function accept(client: WebSocket, socket: Duplex, request: IncomingMessage): void {
    const { headers, socket: { remoteAddress } } = request;
    const connection: Connection = { client, frames: new TextFrames(client, socket), authorization: headers.authorization, address: remoteAddress ?? null, principal: null, stopListening: null };
    const fail = (error: unknown): void => {
      log.error({ err: error }, "a WebSocket connection failed");
      client.close(CloseCode.InternalServerError, "Internal server error");
    };
    const closed = protocol.opened(
      {
        protocol: client.protocol,
        send: (data) => new Promise((resolve, reject) => (client.readyState === client.OPEN ? client.send(data, (error) => (error ? reject(error) : resolve())) : resolve())),
        close: (code, reason) => client.close(code, reason),
        onMessage: (handle) => client.on("message", (data) => void handle(String(data)).catch(fail)),
      },
      connection,
    );
    client.on("error", fail);
    client.on("pong", heard);
    client.once("close", (code, reason) => void closed(code, String(reason)));
  }

  /** Pinged, and not heard of since. */
  const silent = new WeakSet<WebSocket>();

  function heard(this: WebSocket): void {
    silent.delete(this);
  }

  async function pingAll(): Promise<void> {
    let pinged = 0;
    for (const client of [...sockets.clients]) {
      if (silent.has(client)) client.terminate();
      if (client.readyState !== client.OPEN) continue;
      silent.add(client);
      client.ping();
      pinged += 1;
      if (pinged % PINGS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  // Connections are the machine's, not the time's that the server goes by.
  const pinging = setInterval(() => void pingAll(), PING_EVERY_MS).unref();

  return {
    get connections() {
      return sockets.clients.size;
    },
    async close() {
      clearInterval(pinging);
      for (const client of sockets.clients) client.close(1001, "Going away");
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
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
