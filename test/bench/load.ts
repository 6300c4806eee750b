import { Pool } from "undici";
import { ADMIN_TOKEN } from "./processes.ts";

export const EMIT = `mutation Emit($input: EmitEventInput!) {
  emitEvent(input: $input) {
    __typename
    ... on EmitEventPayload { event { id } decision { action because } }
    ... on Error { code message }
  }
}`;

export const EMIT_MANY = `mutation EmitMany($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { acceptedCount results { __typename ... on EmitEventPayload { event { id } } ... on Error { code message } } }
}`;

/** One HTTP client with so many connections, one request at a time on each. */
export interface Client extends AsyncDisposable {
  connections: number;
  /** Runs an operation and gives the answer's text. @throws {Error} when it is not a success */
  run(query: string, variables?: object): Promise<string>;
}

export function createClient(url: string, connections: number): Client {
  const pool = new Pool(url, { connections, pipelining: 1, keepAliveTimeout: 1000, keepAliveMaxTimeout: 1000 });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json", accept: "application/graphql-response+json" };
  return {
    connections,
    async run(query, variables) {
      const { statusCode, body } = await pool.request({ path: "/graphql", method: "POST", headers, body: JSON.stringify({ query, variables }) });
      const text = await body.text();
      if (statusCode !== 200 || text.includes('"errors"') || text.includes('"code"')) throw new Error(`${statusCode} ${text.slice(0, 1000)}`);
      return text;
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

/** Keeps every connection busy for so long. @returns how many ended in a second */
export async function saturate(client: Client, ms: number, send: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      await send();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: client.connections }, worker));
  return (count * 1000) / (performance.now() - startedAt);
}

/** Sends so many a second, whatever the answers take. */
export async function pace(perSecond: number, seconds: number, send: (index: number) => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  const underWay: Promise<unknown>[] = [];
  while (underWay.length < perSecond * seconds) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    while (underWay.length < Math.min(due, perSecond * seconds)) underWay.push(send(underWay.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(underWay);
}

/** Milliseconds on a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export async function until(what: string, look: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
