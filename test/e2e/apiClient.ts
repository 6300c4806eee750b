/** Calls the API as a user would, over HTTP. */
export interface ApiClient {
  readonly token: string;
  /** Runs an operation and gives its data. @throws {Error} with the answer when it has errors */
  run<Data = Record<string, never>>(query: string, variables?: object): Promise<Data>;
  /** Runs an operation and gives status and answer as they came. */
  raw(query: string, variables?: object): Promise<{ status: number; body: GraphqlAnswer }>;
  /** Sends an event and gives the result, error or not. */
  emit(input: object): Promise<EmitResult>;
  /** Makes a channel and gives its id. */
  createChannel(name: string, config: object, more?: object): Promise<string>;
  /** The history's attempts, the oldest first. */
  history(filter?: object): Promise<AttemptData[]>;
  /** The deliveries that came of an event, in the order in which they were planned. */
  deliveries(eventId: string): Promise<DeliveryData[]>;
  /** Resolves when no delivery of any event waits for its first try, and nothing is on its way. */
  settled(): Promise<void>;
  /** POSTs JSON (or text as it is) to a REST path. */
  post(path: string, body: unknown): Promise<{ status: number; body: any }>;
  /** The same server with another token. */
  as(token: string): ApiClient;
}

export interface GraphqlAnswer {
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

export interface EmitResult {
  __typename: string;
  code?: string;
  message?: string;
  issues?: { path: string; message: string; code: string }[];
  deduplicated?: boolean;
  nearestTypes?: string[] | null;
  event?: { id: string; type: string; severity: string; title: string; message: string };
  decision?: { action: string; because: string; until: string | null; reason: string; channels: { channelName: string; action: string; because: string }[] };
}

export interface DeliveryData {
  id: string;
  state: string;
  reason: string;
  tries: number;
  dueAt: string;
  finishedAt: string | null;
  reference: string | null;
  channel: { name: string };
}

export interface AttemptData {
  at: string;
  channelName: string;
  kind: string;
  type: string;
  severity: string;
  reason: string;
  outcome: string;
  title: string;
  body: string;
  status: string | null;
  error: string | null;
  hint: string | null;
  tryNumber: number;
  nextTryAt: string | null;
}

const EMIT = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename
  ... on Error { code message } ... on ValidationError { issues { path message code } }
  ... on EmitEventPayload { deduplicated nearestTypes event { id type severity title message }
    decision { action because until reason channels { channelName action because } } } } }`;

const CREATE_CHANNEL = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { __typename
  ... on CreateChannelPayload { channel { id } } ... on Error { message } } }`;

const HISTORY = `query ($filter: AttemptFilter) { history(filter: $filter, first: 100) { nodes {
  at channelName kind type severity reason outcome title body status error hint tryNumber nextTryAt } } }`;

const DELIVERIES = `query ($id: ID!) { node(id: $id) { ... on Event { deliveries {
  id state reason tries dueAt finishedAt reference channel { name } } } } }`;

const NEWEST_STATES = `{ events(first: 100) { nodes { deliveries { state } } } }`;

export function createApiClient(url: string, token: string): ApiClient {
  async function post(path: string, body: unknown): Promise<{ status: number; body: any }> {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
      body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  const raw = (query: string, variables: object = {}) => post("/graphql", { query, variables });

  async function run<Data>(query: string, variables?: object): Promise<Data> {
    const { body } = await raw(query, variables);
    if (body.errors) throw new Error(`${query}\n${JSON.stringify(body.errors, null, 2)}`);
    return body.data as Data;
  }

  return {
    token,
    run,
    raw,
    post,
    emit: async (input) => (await run<{ emitEvent: EmitResult }>(EMIT, { input })).emitEvent,
    async createChannel(name, config, more = {}) {
      const { createChannel } = await run<{ createChannel: { channel?: { id: string }; message?: string } }>(CREATE_CHANNEL, { input: { name, config, ...more } });
      if (!createChannel.channel) throw new Error(createChannel.message);
      return createChannel.channel.id;
    },
    history: async (filter) => (await run<{ history: { nodes: AttemptData[] } }>(HISTORY, { filter })).history.nodes.reverse(),
    deliveries: async (eventId) => (await run<{ node: { deliveries: DeliveryData[] } }>(DELIVERIES, { id: eventId })).node.deliveries,
    async settled() {
      await eventually(async () => {
        const { events } = await run<{ events: { nodes: { deliveries: { state: string }[] }[] } }>(NEWEST_STATES);
        return events.nodes.every(({ deliveries }) => deliveries.every(({ state }) => state !== "PENDING"));
      });
    },
    as: (other) => createApiClient(url, other),
  };
}

/** Looks again and again until `look` gives something true, for at most `timeoutMs` of real time. */
export async function eventually<Result>(look: () => Result | Promise<Result>, timeoutMs = 30_000): Promise<Exclude<Result, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await look();
    if (result) return result as Exclude<Result, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
