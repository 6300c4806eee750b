import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type AddressInfo, type Socket, createServer as createTcpServer } from "node:net";

/** One request as it came over the wire. */
export interface SeenRequest {
  method: string;
  /** Path as sent, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The exact bytes. */
  body: Buffer;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Never answers after all. */
  hang?: true;
  /** Takes its time for the answer. */
  afterMs?: number;
}

/**
 * What the fake does with a request.
 * - HANG: takes it and never answers. - CUT_OFF: breaks the connection in the middle of a 200 answer, CUT_OFF_403 of a refusal.
 * - RESET: breaks it before any answer. - GARBAGE: answers with what is not HTTP. - ENDLESS: a body that does not end.
 */
export type Answer = Reply | "HANG" | "CUT_OFF" | "CUT_OFF_403" | "RESET" | "GARBAGE" | "ENDLESS" | ((request: SeenRequest) => Reply);

export interface FakeHttp extends AsyncDisposable {
  /** Without a slash at the end, e.g. http://127.0.0.1:40123 */
  url: string;
  requests: SeenRequest[];
  /** Answers for the next requests, in order; when there are none left, `accept` answers. */
  script: Answer[];
  /** Broken rules of the provider: also looked for where a scripted answer is given. */
  complaints: string[];
  /** Resolves when the next request has come in whole. */
  arrival(): Promise<SeenRequest>;
}

/** Thrown by `accept` for a request that the real provider would refuse. */
export class Complaint extends Error {
  readonly reply: Reply;

  constructor(message: string, reply: Reply) {
    super(message);
    this.reply = reply;
  }
}

/** A strict provider on a local port, 0 for any. `accept` gives its answer to a good request and throws a Complaint at a bad one. */
export async function startFakeHttp(accept: (request: SeenRequest) => Answer = () => ({ status: 200 }), port = 0): Promise<FakeHttp> {
  const waiting: ((request: SeenRequest) => void)[] = [];
  const fake: Omit<FakeHttp, "url" | typeof Symbol.asyncDispose> = {
    requests: [],
    script: [],
    complaints: [],
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
  };
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? "/", "http://fake");
    const request: SeenRequest = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    fake.requests.push(request);
    let answer: Answer;
    try {
      answer = accept(request);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      fake.complaints.push(error.message);
      answer = error.reply;
    }
    perform(fake.script.shift() ?? answer, request, response);
    for (const resolve of waiting.splice(0)) resolve(request);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function perform(answer: Answer, request: SeenRequest, response: ServerResponse): void {
  const socket = response.socket as Socket;
  if (answer === "HANG") return;
  if (answer === "RESET") return void socket.destroy();
  if (answer === "GARBAGE") return void socket.end("this is not HTTP\r\n\r\n");
  if (answer === "CUT_OFF" || answer === "CUT_OFF_403") {
    response.writeHead(answer === "CUT_OFF" ? 200 : 403, { "content-length": "1000" });
    // FIN, not RST: what was written arrives for certain, and the promised rest never does.
    response.write(answer === "CUT_OFF" ? '{"ok":true,' : "forb", () => socket.end());
    return;
  }
  if (answer === "ENDLESS") {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
      if (!response.destroyed) response.once("drain", more);
    };
    return more();
  }
  const reply = typeof answer === "function" ? answer(request) : answer;
  if (reply.hang) return;
  const send = () => {
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body ?? "");
  };
  if (reply.afterMs) setTimeout(send, reply.afterMs);
  else send();
}

/** A port on which nothing listens, nor will: it is below those that systems give to whoever asks for any. */
export async function deadPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createTcpServer();
    const isFree = await new Promise<boolean>((resolve) => server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)));
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The body as JSON, held to what every provider wants of it. `refuse` makes the provider's own answer. */
export function strictJson(request: SeenRequest, refuse: (message: string) => Complaint): Record<string, unknown> {
  if (request.method !== "POST") throw refuse(`method ${request.method}`);
  if (!/^application\/json(; *charset=utf-8)?$/i.test(request.headers["content-type"] ?? "")) throw refuse("content type is not JSON");
  if (!request.headers["user-agent"]) throw refuse("no user agent");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(request.body);
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("body is not an object");
  for (const string of stringsIn(value)) {
    if (/\p{Surrogate}/u.test(string)) throw refuse("lone surrogate");
    if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(string)) throw refuse("control character");
  }
  return value as Record<string, unknown>;
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
}
