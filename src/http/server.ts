import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { mayOnServer, refusal } from "../access/principal.ts";
import { storageErrorOf } from "../db/databaseErrors.ts";
import { CallerError, MethodNotAllowedError, RateLimitedError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Services } from "../services.ts";
import { createAcknowledgePage } from "./acknowledgePage.ts";
import type { AcknowledgePage } from "./acknowledgePage.ts";
import { detailsOf, errorBody, sendJson, statusOf } from "./answer.ts";
import { admit } from "./bearer.ts";
import { handleEvents } from "./eventsEndpoint.ts";
import type { GraphqlServer } from "./graphqlServer.ts";
import type { Metrics } from "./metrics.ts";
import type { AnswerPlainOperation } from "./plainOperation.ts";
import type { Readiness } from "./readiness.ts";
import { readJsonBody } from "./requestBody.ts";

export interface HttpServerDeps {
  services: Services;
  yoga: GraphqlServer;
  answerPlainOperation: AnswerPlainOperation;
  metrics: Metrics;
  log: Log;
  readiness: Readiness;
}

export function createHttpServer(deps: HttpServerDeps): Server {
  const acknowledgePage = createAcknowledgePage(deps.services.acknowledgements, deps.services.clock);
  const server = createServer((request, response) => {
    route(deps, acknowledgePage, request, response).catch((error: unknown) => answerError(deps.log, request, response, error));
  });
  server.requestTimeout = 60_000;
  server.headersTimeout = 15_000;
  return server;
}

/** What each path takes beside those of others, which answer for themselves. */
const METHODS: Partial<Record<string, string>> = { "/v1/events": "POST", "/health": "GET, HEAD", "/ready": "GET, HEAD", "/metrics": "GET, HEAD", "/": "GET, HEAD" };

async function route(deps: HttpServerDeps, acknowledgePage: AcknowledgePage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split("?")[0] ?? "/";
  // Node leaves the body out of an answer to HEAD by itself.
  const endpoint = `${request.method === "HEAD" ? "GET" : (request.method ?? "")} ${path}`;
  if (path === deps.yoga.graphqlEndpoint) return handleGraphql(deps, request, response);
  if (endpoint === "POST /v1/events") {
    return handleEvents(request, response, admit(request.headers.authorization, deps.services.accessTokens), deps.services);
  }
  if (await acknowledgePage.answer(request, response)) return;
  if (endpoint === "GET /health") return sendJson(response, 200, { status: "ok" });
  if (endpoint === "GET /ready") {
    const failed = await deps.readiness.problems();
    return failed.length === 0 ? sendJson(response, 200, { status: "ready" }) : sendJson(response, 503, { status: "not ready", failed });
  }
  if (endpoint === "GET /metrics") return sendMetrics(deps, request, response);
  if (endpoint === "GET /") {
    response.writeHead(302, { location: deps.yoga.graphqlEndpoint });
    response.end();
    return;
  }
  const allow = METHODS[path];
  if (allow) throw new MethodNotAllowedError(path, allow);
  throw new CallerError("NOT_FOUND", "There is nothing here. GraphQL is at /graphql, events go to POST /v1/events.");
}

/** Parsed JSON goes in as the request's body: reading it here is much faster than letting the GraphQL server do it. */
async function handleGraphql({ yoga, answerPlainOperation, services: { accessTokens } }: HttpServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const principal = admit(request.headers.authorization, accessTokens);
  if (request.method === "POST") {
    if (!/^application\/(graphql\+)?json\b/.test(request.headers["content-type"] ?? "")) {
      throw new CallerError("BAD_REQUEST", 'A GraphQL request must have the header "Content-Type: application/json".');
    }
    const body = await readJsonBody(request);
    if (body === null || typeof body !== "object" || Array.isArray(body) || Object.keys(body).length === 0) {
      throw new CallerError("BAD_REQUEST", 'A GraphQL request must be one JSON object: { "query": "…", "variables": {} }.');
    }
    if (await answerPlainOperation(request, response, principal, body)) return;
    Object.assign(request, { body });
  }
  // What may be a subscription ends with its token: the client finds out why when it comes again.
  if (principal) response.once("close", accessTokens.onEnd(principal.tokenId, () => response.destroy()));
  await yoga.handle(request, response, { req: request, res: response, principal, address: request.socket.remoteAddress ?? null });
}

/** Loopback may read the metrics without a token, as scrapers on the same machine do. */
async function sendMetrics({ metrics, services }: HttpServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const principal = admit(request.headers.authorization, services.accessTokens);
  const local = /^(::1|127\.|::ffff:127\.)/.test(request.socket.remoteAddress ?? "") && request.headers["x-forwarded-for"] === undefined;
  if (!local && !mayOnServer(principal, "HISTORY_READ")) throw refusal(principal, "GET /metrics");
  const text = await metrics.render();
  response.writeHead(200, { "content-type": metrics.contentType });
  response.end(text);
}

function answerError(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = storageErrorOf(error);
  const caller = known instanceof CallerError ? known : internal(log, known);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that was refused is not read: the connection ends with the answer.
  if (!request.complete) response.setHeader("connection", "close");
  if (caller.code === "UNAUTHENTICATED") response.setHeader("www-authenticate", "Bearer");
  if (caller instanceof MethodNotAllowedError) response.setHeader("allow", caller.allow);
  if (caller instanceof RateLimitedError) response.setHeader("retry-after", String(caller.retryAfter));
  const graphql = request.url?.startsWith("/graphql") ?? false;
  const body = graphql ? { errors: [{ message: caller.message, extensions: { code: caller.code, ...detailsOf(caller) } }] } : errorBody(caller);
  sendJson(response, statusOf(caller.code), body);
}

function internal(log: Log, error: unknown): CallerError {
  const requestId = randomUUID();
  log.error({ err: error, requestId }, "a request failed by a fault of the server");
  return new CallerError("INTERNAL", `The server has a fault. Its log has the details under the request id ${requestId}.`);
}
