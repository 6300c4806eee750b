import type { LookupFunction } from "node:net";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { cleanLine } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { AddressRefused, checkedLookup, refusal } from "./address.ts";
import { basicAuthorization } from "./login.ts";
import { DeliveryError, type DeliveryFailure } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";

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
    // A host that is an address is connected to without `lookup`, so it is checked here.
    connect: (target, done) => {
      const refused = refusal(target.hostname, allowPrivate);
      if (refused) queueMicrotask(() => done(refused, null));
      else connect(target, done);
    },
  });

  const http: Http = async (request, { signal, now, explain, bodyLimit = BODY_LIMIT }) => {
    const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new DeliveryError({ outcome: "PERMANENT", message: "The URL is not a valid http or https URL." });
    }
    const headers = headersOf(request, url);
    const response = await exchange(agent, url, { ...request, headers }, signal, bodyLimit);
    const read = response.status >= 200 && response.status <= 299 ? undefined : readStatus(response, now);
    const said = explain?.(response);
    if (!read && !said) return { ...response, body: credentialMasker(url, headers, request.secrets ?? [])(response.body) };
    const failure: DeliveryFailure = {
      outcome: "PERMANENT",
      message: "",
      status: String(response.status),
      ...read,
      ...Object.fromEntries(Object.entries(said ?? {}).filter(([, value]) => value !== undefined)),
    };
    const mask = masker(url, headers, [request.url, ...(request.secrets ?? [])]);
    const text = failure.message || readableBody(response) || `${url.hostname} answered ${response.status}`;
    throw new DeliveryError({
      ...failure,
      message: cut(cleanLine(mask(text)), MESSAGE_LIMIT, "UTF16"),
      hint: failure.hint === undefined ? undefined : mask(failure.hint),
    });
  };
  return { http, close: () => agent.destroy() };
}

function headersOf(request: HttpRequest, url: URL): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "Carillon" };
  if (url.username !== "" || url.password !== "") {
    headers["authorization"] = basicAuthorization(decode(url.username), decode(url.password));
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

/** One request on the wire, to its answer of any status. */
function exchange(agent: Agent, url: URL, request: HttpRequest, signal: AbortSignal, bodyLimit: number): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: Omit<HttpResponse, "body"> | undefined;
    let settled = false;
    const chunks: Buffer[] = [];
    let size = 0;

    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      signal.removeEventListener("abort", onAbort);
      finish();
    };
    const succeed = ({ status, headers }: Omit<HttpResponse, "body">) => {
      const body = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, bodyLimit));
      settle(() => resolve({ status, headers, body }));
    };
    const fail = (error: unknown) => {
      // A refusal stands even when the rest of its text is lost, and a 204 has no text, whatever it announces.
      if (head && (head.status < 200 || head.status > 299 || head.status === 204)) return succeed(head);
      const sent = controller !== undefined;
      settle(() => reject(new DeliveryError(readTransport(error, url.hostname, sent, signal.aborted))));
    };
    const onAbort = () => {
      const reason = new Error("aborted");
      fail(reason);
      controller?.abort(reason);
    };

    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    const { origin, pathname, search } = url;
    const { method, headers, body } = request;
    try {
      agent.dispatch(
        { origin, path: pathname + search, method, headers: headers ?? {}, body: body ?? null },
        {
          // Called with a connection in hand, just before the first byte is written: from here on it may be delivered.
          onRequestStart(started) {
            // Its time ran out while it waited for the connection.
            if (settled) return started.abort(new Error("aborted"));
            controller = started;
          },
          onResponseStart(_, status, raw) {
            if (status < 200) return;
            const entries = Object.entries(raw).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]);
            head = { status, headers: Object.fromEntries(entries) };
          },
          onResponseData(current, chunk) {
            chunks.push(chunk);
            size += chunk.length;
            if (size < bodyLimit || !head) return;
            succeed(head);
            current.abort(new Error("enough"));
          },
          onResponseEnd() {
            if (head) succeed(head);
          },
          onResponseError(_, error) {
            fail(error);
          },
        },
      );
    } catch (error) {
      fail(error);
    }
  });
}

const STATUS_HINTS: Record<number, string> = {
  401: "The credentials are not accepted. Check the channel's token or password.",
  403: "Access is refused. Check the channel's credentials and what they are allowed to do.",
  404: "Nothing was found at this URL. It may be mistyped or deleted.",
  405: "The target does not take this kind of request. Check the URL.",
  410: "The target says that it is gone for good.",
  413: "The target finds the message too large.",
};

function readStatus(response: HttpResponse, now: Date): DeliveryFailure {
  const { status, headers } = response;
  if (status >= 300 && status <= 399) {
    return {
      outcome: "PERMANENT",
      message: `The target answered with a redirect (${status}).`,
      hint: "Redirects are not followed. Enter the URL that it leads to.",
    };
  }
  const retryAfterMs = parseRetryAfter(headers["retry-after"], now);
  if (status === 429) {
    return { outcome: "RATE_LIMITED", message: "", hint: "Too many messages in a short time; sending goes on later.", retryAfterMs };
  }
  if (status >= 500 || status === 408 || status === 425) return { outcome: "TRANSIENT", message: "", retryAfterMs };
  return { outcome: "PERMANENT", message: "", hint: STATUS_HINTS[status], retryAfterMs };
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;

/** Own words only: the texts of transport errors may quote what they were given. */
function readTransport(error: unknown, host: string, sent: boolean, aborted: boolean): DeliveryFailure {
  if (error instanceof AddressRefused) {
    return { outcome: "PERMANENT", message: `${host} was not contacted: ${error.message}.`, hint: error.hint };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const because = code === "" ? "" : ` (${code})`;
  if (sent) {
    return {
      outcome: "UNKNOWN",
      message: aborted
        ? `The message was sent to ${host}, but no answer came in time.`
        : `The connection to ${host} broke before its answer was complete${because}.`,
      hint: "It is not known whether the message was delivered.",
    };
  }
  if (aborted || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return {
      outcome: "TRANSIENT",
      message: `No connection to ${host} in time.`,
      hint: "Check that the host and port are right and that no firewall is in between.",
    };
  }
  if (code === "UND_ERR_INVALID_ARG") {
    return { outcome: "PERMANENT", message: "The request could not be formed.", hint: "Check the channel's headers and URL." };
  }
  if (CERTIFICATE.test(code)) {
    return {
      outcome: "PERMANENT",
      message: `The certificate of ${host} is not trusted${because}.`,
      hint: "It may be self-signed, expired or made out for another name. Install a valid certificate there, or correct the host name.",
    };
  }
  return { outcome: "TRANSIENT", message: `${host} could not be reached${because}.`, hint: transportHint(code) };
}

function transportHint(code: string): string | undefined {
  if (code === "ENOTFOUND") return "There is no such host name. Check its spelling.";
  if (code === "EAI_AGAIN") return "Host names cannot be resolved at present.";
  if (code === "ECONNREFUSED") return "Nothing listens on that host and port.";
  if (code.startsWith("ERR_SSL")) return "The port does not speak TLS as expected; is http:// meant, or another port?";
  return undefined;
}

/** The provider's words on one line, markup of error pages taken off. */
function readableBody({ headers, body }: HttpResponse): string {
  const html = headers["content-type"]?.includes("html") === true;
  return cleanLine(html ? body.replace(/<(script|style)\b[^]*?<\/\1>|<[^>]*>/gi, " ") : body);
}

/** Parts of URLs and headers that are the same for everyone: masking them would only make messages unreadable. */
const COMMON_SEGMENTS = new Set(
  (
    "services webhooks messages message sendMessage notify notifications account accounts alerts client integration requests instances interests publishes " +
    "publish_api pushes spaces direct workflows triggers manual invoke automations powerautomate 2010-04-01 Accounts Messages.json Calls.json enqueue"
  ).split(" "),
);
const COMMON_HEADERS = /^(content-type|content-encoding|user-agent|accept|ttl|urgency|topic|x-carillon-.*|webhook-(id|timestamp))$/;

/** Replaces what may be secret in a request wherever an answer repeats it, plain or encoded. */
function masker(url: URL, headers: Record<string, string>, secrets: string[]): (text: string) => string {
  const short = [...headerValues(headers), ...url.searchParams.values(), url.username, url.password].filter((part) => part.length >= 4);
  const segments = url.pathname.split("/").filter((part) => part.length >= 6 && !COMMON_SEGMENTS.has(part));
  return hiding([...secrets, ...short, ...segments, url.href, url.search]);
}

/**
 * The same for an answer of success, of which ids and words are kept as well. It goes on being read, so only what is
 * long enough for a credential is replaced: the names of rooms and spaces in a path stay.
 */
function credentialMasker(url: URL, headers: Record<string, string>, secrets: string[]): (text: string) => string {
  const given = [...secrets, ...headerValues(headers), url.username, url.password].filter((part) => part.length >= 8);
  const inUrl = [...url.searchParams.values(), ...url.pathname.split("/")].filter((part) => part.length >= 20);
  return hiding([...given, ...inUrl]);
}

/** Whole values, and what stands behind a scheme such as Bearer. */
function headerValues(headers: Record<string, string>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (COMMON_HEADERS.test(name) ? [] : [value, ...value.split(" ").slice(1)]));
}

function hiding(parts: string[]): (text: string) => string {
  const hidden = parts
    .flatMap((part) => [part, decode(part), encodeURIComponent(part.replace(/\p{Surrogate}/gu, "")), JSON.stringify(part).slice(1, -1)])
    .filter((part) => part.length >= 3)
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((masked, part) => masked.replaceAll(part, "***"), text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
