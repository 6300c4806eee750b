import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

/** A channel's deletion: all of it has happened when it is answered, though its rows take their time. */

const ALWAYS_QUIET = { quietHours: { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] } };

async function setUp() {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-deletion-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const start = () => startTestServer({ dataDir });
  const server = await start();
  let running = server;
  onTestFinished(() => running[Symbol.asyncDispose]());
  const { api } = server;
  const { createContact } = await api.run<any>(`mutation { createContact(input: { name: "Ann" }) { ... on CreateContactPayload { contact { id } } } }`);
  const contactId = createContact.contact.id as string;
  const quiet = await api.createChannel("Quiet", { log: true }, { ...ALWAYS_QUIET, contactId, onlyByRules: false });
  const box = await api.createChannel("Box", { inbox: true }, { contactId, onlyByRules: false });
  const events: string[] = [];
  for (let at = 0; at < 5; at += 1) events.push((await api.emit({ type: "deploy.failure", service: `s${at}` })).event?.id ?? "");
  await api.settled();
  return {
    ...server,
    contactId,
    quiet,
    box,
    events,
    /** Rows of deliveries that are held, whoever may see them. */
    async held() {
      const text = await (await fetch(`${running.url}/metrics`)).text();
      return Number(/carillon_deliveries_unfinished\{state="HELD"\} (\d+)/.exec(text)?.[1]);
    },
    async restart() {
      await running[Symbol.asyncDispose]();
      running = await start();
      return running;
    },
  };
}

it("leaves nothing to be seen, while its rows are still there; the next start goes on with them", async () => {
  const { api, quiet, box, events, held, restart } = await setUp();
  const { inbox } = await api.run<any>(`{ inbox { nodes { id channel { name } } } }`);
  const item = inbox.nodes.find(({ channel }: any) => channel.name === "Box").id;
  const waiting = (await api.deliveries(events[0] as string)).find(({ channel }) => channel.name === "Quiet")?.id;
  for (const id of [quiet, box]) {
    const { deleteChannel } = await api.run<any>(`mutation ($id: ID!) { deleteChannel(id: $id) { ... on DeleteChannelPayload { impact { waitingDeliveries inboxMessages } } } }`, { id });
    expect(deleteChannel.impact).toEqual(id === quiet ? { waitingDeliveries: 5, inboxMessages: 0 } : { waitingDeliveries: 0, inboxMessages: 5 });
  }
  // The clock stands still, and with it the removal.
  expect(await held()).toBe(5);
  const seen = await api.run<any>(
    `query ($channel: ID!, $delivery: ID!, $item: ID!) {
      channel(id: $channel) { name } gone: node(id: $channel) { id } delivery: node(id: $delivery) { id } item: node(id: $item) { id }
      channels { totalCount nodes { name } } contacts { nodes { channels { name } } }
      deliveries { nodes { channel { name } } } inbox { nodes { channel { name } } }
    }`,
    { channel: quiet, delivery: waiting, item },
  );
  expect(seen).toMatchObject({ channel: null, gone: null, delivery: null, item: null, channels: { totalCount: 1, nodes: [{ name: "Inbox" }] }, contacts: { nodes: [{ channels: [] }] } });
  expect(new Set([...seen.deliveries.nodes, ...seen.inbox.nodes].map(({ channel }) => channel.name))).toEqual(new Set(["Inbox"]));
  const counts = await api.run<any>(`{ all: deliveries { totalCount totalCountIsExact } held: deliveries(filter: { states: [HELD] }) { totalCount totalCountIsExact } inbox { totalCount totalCountIsExact } }`);
  expect(counts).toEqual({ all: { totalCount: 5, totalCountIsExact: true }, held: { totalCount: 0, totalCountIsExact: true }, inbox: { totalCount: 5, totalCountIsExact: true } });
  expect((await api.deliveries(events[0] as string)).map(({ channel }) => channel.name)).toEqual(["Inbox"]);
  const again = await api.run<any>(`mutation ($id: ID!, $delivery: ID!) { deleteChannel(id: $id) { ... on Error { code } } flushChannel(id: $id, heldFor: QUIET_HOURS) { ... on Error { code } } dropDelivery(id: $delivery) { ... on Error { code } } }`, { id: quiet, delivery: waiting });
  expect(Object.values(again)).toEqual([{ code: "NOT_FOUND" }, { code: "NOT_FOUND" }, { code: "NOT_FOUND" }]);
  // Its name is free.
  await api.createChannel("Quiet", { log: true });

  const next = await restart();
  await eventually(async () => {
    next.clock.advance(5_000);
    return (await held()) === 0;
  });
});

it("of a person takes what the person's channels have, by and by", async () => {
  const { api, clock, contactId, held, printed } = await setUp();
  await api.run(`mutation ($id: ID!) { deleteContact(id: $id) { __typename } }`, { id: contactId });
  const { channels, deliveries } = await api.run<any>(`{ channels { nodes { name } } deliveries(filter: { states: [HELD] }) { nodes { id } } }`);
  expect([channels.nodes, deliveries.nodes]).toEqual([[{ name: "Inbox" }], []]);
  expect(await held()).toBe(5);
  await eventually(async () => {
    // Metrics are counted anew every few seconds.
    clock.advance(5_000);
    return (await held()) === 0;
  });
  clock.advance(25 * 3_600_000);
  expect(printed).toEqual([]);
});
