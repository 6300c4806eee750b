import type { Client } from "./load.ts";
import type { Program } from "./processes.ts";

/** Switches an event type off for the inbox of a new installation, so that no channel takes it. */
export async function switchOff(client: Client, eventType: string): Promise<void> {
  const mutation = `mutation ($id: ID!, $eventType: String!) { setChannelOverride(id: $id, target: { eventType: $eventType }, enabled: false) { __typename } }`;
  await client.run(mutation, { id: await firstChannelId(client), eventType });
}

/** Puts a webhook channel in the place of the inbox. */
export async function useWebhook(client: Client, url: string): Promise<void> {
  await client.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: await firstChannelId(client) });
  await addWebhook(client, url);
}

export async function addWebhook(client: Client, url: string): Promise<void> {
  const mutation = `mutation ($url: String!) { createChannel(input: { name: "receiver", config: { webhook: { url: $url } } }) { __typename } }`;
  const answer = await client.run(mutation, { url });
  if (!answer.includes("CreateChannelPayload")) throw new Error(answer);
}

/** Attempts since the server's start, by its own metrics: the history is counted up to a limit only. */
export async function countAttempts(server: Program): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const counts = [...text.matchAll(/^carillon_attempt_seconds_count\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function firstChannelId(client: Client): Promise<string> {
  const { data } = JSON.parse(await client.run(`{ channels(first: 10) { nodes { id } } }`)) as { data: { channels: { nodes: { id: string }[] } } };
  return data.channels.nodes[0]?.id ?? "";
}
