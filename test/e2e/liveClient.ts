import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { GraphqlAnswer } from "./apiClient.ts";

/** A subscription as its client sees it. */
export interface Feed {
  /** What came so far, in order. */
  items: DispatchedData[];
  /** Set when it has ended: by the server's completion, by errors, or with its connection. */
  ended: FeedEnd | null;
  close(): void;
}

export interface FeedEnd {
  errors?: GraphqlAnswer["errors"];
  /** The connection's close code. */
  code?: number;
  reason?: string;
}

export interface DispatchedData {
  cursor: string;
  missed: number;
  attempt: { id: string; channelName: string; kind: string; type: string; category: string; severity: string; customer: string | null; outcome: string; title: string };
}

export interface FeedRequest {
  token: string | null;
  filter?: object;
  after?: string | null;
  query?: string;
}

export const WATCH = `subscription ($filter: AttemptFilter, $after: String) { notificationDispatched(filter: $filter, after: $after) {
  cursor missed attempt { id channelName kind type category severity customer outcome title } } }`;

/** Subscribes by graphql-transport-ws, with the token in connectionParams. */
export function watchByWebSocket(url: string, { token, filter, after, query = WATCH }: FeedRequest): Feed {
  const feed: Feed = { items: [], ended: null, close: () => void client.dispose() };
  const client = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token === null ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
  });
  let errors: GraphqlAnswer["errors"];
  client.subscribe<{ notificationDispatched: DispatchedData }>(
    { query, variables: { filter, after } },
    {
      next(answer) {
        if (answer.errors) errors = answer.errors as GraphqlAnswer["errors"];
        else if (answer.data) feed.items.push(answer.data.notificationDispatched);
      },
      error(error) {
        if (Array.isArray(error)) feed.ended = { errors: error };
        else feed.ended = { code: (error as CloseEvent).code, reason: (error as CloseEvent).reason };
      },
      complete() {
        feed.ended = errors ? { errors } : {};
      },
    },
  );
  return feed;
}

/** Subscribes by Server-Sent Events, read by hand. */
export function watchBySse(url: string, { token, filter, after, query = WATCH }: FeedRequest): Feed {
  const abort = new AbortController();
  const feed: Feed = { items: [], ended: null, close: () => abort.abort() };
  const read = async (): Promise<FeedEnd> => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { accept: "text/event-stream", "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables: { filter, after } }),
      signal: abort.signal,
    });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return { errors: ((await response.json()) as GraphqlAnswer).errors };
    let text = "";
    let errors: GraphqlAnswer["errors"];
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
        const { event, data } = sseEvent(text.slice(0, at));
        text = text.slice(at + 2);
        if (event === "complete") return errors ? { errors } : {};
        if (event !== "next") continue;
        const answer = JSON.parse(data) as GraphqlAnswer;
        if (answer.errors) errors = answer.errors;
        else feed.items.push(answer.data.notificationDispatched as DispatchedData);
      }
    }
    return errors ? { errors } : { reason: "cut off" };
  };
  read().then(
    (end) => (feed.ended = end),
    (error: unknown) => (feed.ended = { reason: String(error) }),
  );
  return feed;
}

function sseEvent(block: string): { event: string; data: string } {
  const fields = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line) ?? []);
  const all = (name: string) => fields.filter(([, key]) => key === name).map(([, , value]) => value ?? "");
  return { event: all("event").at(-1) ?? "message", data: all("data").join("\n") };
}
