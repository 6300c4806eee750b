import { expect } from "vitest";

/** Programs that send events, and send again what got no answer, under the same key. */

export interface SentEvent {
  type: string;
  title: string;
  service: string;
  idempotencyKey: string;
}

export interface Producers {
  /** Sends everything; resolves when all of it is acknowledged. */
  run(): Promise<void>;
  /** Lets them go on until so many are acknowledged; what is under way then goes on. */
  allow(total: number): void;
  /** Ids of the acknowledged events, by title. */
  readonly accepted: ReadonlyMap<string, string>;
  /** How many were sent again and known: they had been stored, and their answer was lost. */
  readonly sentAgain: number;
}

export interface ProducersOptions {
  count: number;
  eventsEach: number;
  random: () => number;
  /** Where to send to now; resolves when there is a server. */
  target(producer: number): Promise<{ url: string; token: string }>;
}

const RESULT = `__typename ... on Error { code message } ... on EmitEventPayload { deduplicated event { id } }`;
const EMIT = `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { results { ${RESULT} } } }`;
const EMIT_ONE = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { ${RESULT} } }`;
const LARGEST_BATCH = 60;
const AGAIN_MS = 20;

interface Outcome {
  __typename: string;
  deduplicated?: boolean;
  event?: { id: string };
}

/** From 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const serviceOf = (producer: number): string => `service-${producer}`;

/** What a producer sends, in its order: one-off events, and every fourth a service that goes down and comes back again and again. */
export function eventsOf(producer: number, count: number): SentEvent[] {
  return Array.from({ length: count }, (_, at) => {
    const own = { title: `${producer}/${at}`, service: serviceOf(producer), idempotencyKey: `${producer}/${at}` };
    if (at % 4 !== 0) return { type: "custom", ...own };
    return { type: at % 8 === 0 ? "service.health.down" : "service.health.recovered", ...own };
  });
}

export function createProducers({ count, eventsEach, random, target }: ProducersOptions): Producers {
  const accepted = new Map<string, string>();
  let sentAgain = 0;
  let allowed = Infinity;

  async function produce(producer: number): Promise<void> {
    const waiting = eventsOf(producer, eventsEach);
    while (waiting.length > 0) {
      while (accepted.size >= allowed) await pause();
      const batch = waiting.splice(0, random() < 0.5 ? 1 : 1 + Math.floor(random() * LARGEST_BATCH));
      const results = await sendUntilAnswered(producer, batch);
      for (const [at, event] of batch.entries()) {
        const result = results[at];
        expect(result?.__typename, JSON.stringify(result)).toBe("EmitEventPayload");
        accepted.set(event.title, result?.event?.id ?? "");
        if (result?.deduplicated) sentAgain += 1;
      }
    }
  }

  async function sendUntilAnswered(producer: number, batch: SentEvent[]): Promise<Outcome[]> {
    for (;;) {
      const { url, token } = await target(producer);
      try {
        return await send(url, token, batch);
      } catch (error) {
        // The server has gone: the same again once there is one.
        if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
        await pause();
      }
    }
  }

  return {
    run: async () => void (await Promise.all(Array.from({ length: count }, (_, producer) => produce(producer)))),
    allow: (total) => void (allowed = total),
    accepted,
    get sentAgain() {
      return sentAgain;
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
}

/** One try. @throws {TypeError | SyntaxError} when the connection breaks */
async function send(url: string, token: string, batch: SentEvent[]): Promise<Outcome[]> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(batch.length === 1 ? { query: EMIT_ONE, variables: { input: batch[0] } } : { query: EMIT, variables: { input: batch } }),
  });
  const { data } = (await response.json()) as { data: { emitEvent?: Outcome; emitEvents?: { results: Outcome[] } } };
  return data.emitEvent ? [data.emitEvent] : (data.emitEvents?.results ?? []);
}
