import { onTestFinished } from "vitest";
import { createManualClock } from "../e2e/manualClock.ts";
import { startTestServer } from "../e2e/testServer.ts";
import type { TestServer } from "../e2e/testServer.ts";
import type { Place } from "./place.ts";
import { TAKE } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

/** So many looks without a request: what was under way has ended. */
const QUIET_LOOKS = 6;

/**
 * Has a server send all that is left in a place, to receivers that take everything now. The clock is turned by hand, for the
 * next tries may be far off.
 */
export async function finishByHand(place: Place, receivers: Receiver[], clock = createManualClock(new Date())): Promise<TestServer> {
  for (const receiver of receivers) receiver.mood = TAKE;
  const server = await startTestServer({ dataDir: place.dataDir, env: place.env, clock });
  onTestFinished(() => server[Symbol.asyncDispose]());
  for (let quiet = 0, count = 0; (await unfinished(place)) > 0; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = receivers.reduce((sum, { receipts }) => sum + receipts.length, 0);
    quiet = now === count ? quiet + 1 : 0;
    count = now;
    // Never while messages go out: their time would be up.
    if (quiet >= QUIET_LOOKS) clock.advance(2_000);
  }
  return server;
}

/** @param channel by name; left out: of all */
export async function unfinished(place: Place, channel?: string): Promise<number> {
  const ofChannel = channel === undefined ? "" : `AND "channelId" = (SELECT "id" FROM "Channel" WHERE "name" = '${channel}')`;
  const [row] = await place.rows<{ count: number }>(`SELECT CAST(COUNT(*) AS INTEGER) AS "count" FROM "Delivery" WHERE "state" IN ('PENDING', 'RETRY', 'HELD') ${ofChannel}`);
  return row?.count ?? 0;
}
