/** Switches the general burst and flapping off, so that every message comes by itself however many there are. */
export async function sendOneByOne(client: { run(query: string): Promise<unknown> }): Promise<void> {
  const answer = JSON.stringify(await client.run(`mutation { updateSettings(input: { burstCount: 0, flappingCount: 0 }) { __typename } }`));
  if (!answer.includes("UpdateSettingsPayload")) throw new Error(answer);
}
