import type { LookupFunction } from "node:net";
import buildConnector from "undici/lib/core/connect.js";
import Agent from "undici/lib/dispatcher/agent.js";
import { cleanLine } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { checkedLookup, refusal } from "./address.ts";
import { exchange } from "./exchange.ts";
import { readableBody, readStatus } from "./httpFailure.ts";
import { basicAuthorization } from "./login.ts";
import { credentialMasker, decoded, masker, SHORTEST_CREDENTIAL } from "./mask.ts";
import { DeliveryError, type DeliveryFailure } from "./provider.ts";

export interface HttpRequest {
  method: "POST" | "PUT" | "PATCH" | "GET" | "DELETE";
  /** User and password in it are sent as Basic authorization. */
  url: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Secrets to keep out of errors besides the URL's path and query and the header values, which always are. */
  secrets?: string[];
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Up to the limit; the rest is not read. Where a success repeats credentials of the request, they are masked. */
  body: string;
}

export interface HttpOptions {
  signal: AbortSignal;
  now: Date;
  /**
   * Reads what this provider says differently: called for every answer, 2xx included.
   * Returns the failure it means, or what is to be changed of the one read from the status; undefined leaves that standing.
   */
  explain?: (response: HttpResponse) => Partial<DeliveryFailure> | undefined;
  /** Bytes of the answer to read. @default 65536 */
  bodyLimit?: number;
}

/**
 * Sends one request and gives its 2xx answer.
 * @throws {DeliveryError} already classified by transport and status
 */
export type Http = (request: HttpRequest, options: HttpOptions) => Promise<HttpResponse>;

export interface CreateHttpOptions {
  /** True lets requests go to loopback and private networks; link-local and metadata addresses are always refused. */
  allowPrivate: boolean;
  /** Far more than one channel may use at once, so that none can hold up the others of a host. @default 256 */
  connectionsPerOrigin?: number;
  /** @default 10000 */
  connectTimeoutMs?: number;
  /** Resolves host names. @default dns.lookup */
  lookup?: LookupFunction;
}

const BODY_LIMIT = 64 * 1024;
const MESSAGE_LIMIT = 500;

/** The one way out for channel kinds: keep-alive connections, no redirects, the address rules, failures classified. */
export function createHttp(options: CreateHttpOptions): { http: Http; close(): Promise<void> } {
  const { allowPrivate } = options;
  const connect = buildConnector({
    timeout: options.connectTimeoutMs ?? 10_000,
    lookup: checkedLookup(allowPrivate, options.lookup),
  });
  const agent = new Agent({
    connections: options.connectionsPerOrigin ?? 256,
    // The signal of each request says how long it may take.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A host that is an address is connected to without `lookup`, so it is checked here.
    connect: (target, done) => {
      const refused = refusal(target.hostname, allowPrivate);
      if (refused) queueMicrotask(() => done(refused, null));
      else connect(target, done);
    },
  });

  const http: Http = async (request, { signal, now, explain, bodyLimit = BODY_LIMIT }) => {
    const url = parsed(request.url);
    if (!url) throw new DeliveryError({ outcome: "PERMANENT", message: "The URL is not a valid http or https URL." });
    const headers = headersOf(request, url);
    const response = await exchange(agent, url, { ...request, headers }, signal, bodyLimit);
    const read = response.status >= 200 && response.status <= 299 ? undefined : readStatus(response, now);
    const said = explain?.(response);
    if (read || said) throw failureOf(response, { ...request, headers }, url, { ...read, ...given(said) });
    if (response.body.length < SHORTEST_CREDENTIAL) return response;
    return { ...response, body: credentialMasker(url, headers, request.secrets ?? [])(response.body) };
  };
  return { http, close: () => agent.destroy() };
}

function parsed(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url : undefined;
  } catch {
    return undefined;
  }
}

function headersOf(request: HttpRequest, url: URL): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "Carillon" };
  if (url.username !== "" || url.password !== "") {
    headers["authorization"] = basicAuthorization(decoded(url.username), decoded(url.password));
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

function failureOf(response: HttpResponse, { url: whole, headers = {}, secrets = [] }: HttpRequest, url: URL, read: Partial<DeliveryFailure>): DeliveryError {
  const failure: DeliveryFailure = { outcome: "PERMANENT", message: "", status: String(response.status), ...read };
  const mask = masker(url, headers, [whole, ...secrets]);
  const text = failure.message || readableBody(response) || `${url.hostname} answered ${response.status}`;
  return new DeliveryError({
    ...failure,
    message: cut(cleanLine(mask(text)), MESSAGE_LIMIT, "UTF16"),
    hint: failure.hint === undefined ? undefined : mask(failure.hint),
  });
}

/** Without what is undefined, which would hide what the status says. */
function given(said: Partial<DeliveryFailure> | undefined): Partial<DeliveryFailure> {
  return Object.fromEntries(Object.entries(said ?? {}).filter(([, value]) => value !== undefined));
}
