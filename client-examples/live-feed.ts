/**
 * Shows every notification as it is sent, and misses none: not when the server restarts, not when the network breaks,
 * not when this program is too slow, and with --cursor-file not when this program itself restarts.
 *
 *   npx tsx client-examples/live-feed.ts
 *   npx tsx client-examples/live-feed.ts --cursor-file feed.cursor --severity WARNING
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { fail, RequestError, run, serverFromEnvironment } from "./client.ts";
import { HistoryDocument, LiveCursorDocument, LiveFeedDocument } from "./generated/graphql.ts";
import type { HistoryQuery, LiveFeedSubscription, Severity } from "./generated/graphql.ts";

const { values: options } = parseArgs({ options: { "cursor-file": { type: "string" }, severity: { type: "string" } } });
const server = serverFromEnvironment();
const cursorFile = options["cursor-file"];
const filter = { minimumSeverity: (options.severity?.toUpperCase() ?? "INFO") as Severity };

const SHORTEST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** Attempts up to here have been shown. */
let cursor = cursorFile !== undefined && existsSync(cursorFile) ? readFileSync(cursorFile, "utf8").trim() : "";
/** Ids of those that were read from the history and may come once more on the feed. */
let shownAlready = new Set<string>();
let waitMs = SHORTEST_WAIT_MS;

type Shown = Pick<LiveFeedSubscription["notificationDispatched"]["attempt"], "at" | "channelName" | "kind" | "severity" | "type" | "title" | "outcome" | "error">;

function show({ at, channelName, kind, severity, type, title, outcome, error }: Shown): void {
  console.log(`${at}  ${severity.padEnd(8)}  ${channelName} (${kind})  ${type}  ${title}  ${outcome}${error ? `: ${error}` : ""}`);
}

/** Written whole under another name first, so that a crash leaves the old cursor or the new one. */
function keep(position: string): void {
  cursor = position;
  if (cursorFile === undefined) return;
  writeFileSync(`${cursorFile}.new`, position);
  renameSync(`${cursorFile}.new`, cursorFile);
}

/** Shows what comes until the connection ends. */
async function follow(): Promise<void> {
  let unanswered: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${server.url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${server.token}` },
    // Connecting again is done below: with the last cursor, which the client's own retries would not know.
    retryAttempts: 0,
    // A connection that died without a word answers no ping.
    keepAlive: 10_000,
    on: {
      ping: (received) => {
        if (!received) unanswered = setTimeout(() => client.terminate(), 5_000);
      },
      pong: (received) => {
        if (received) clearTimeout(unanswered);
      },
    },
  });
  try {
    for await (const { data, errors } of client.iterate<LiveFeedSubscription>({ query: LiveFeedDocument.toString(), variables: { filter, after: cursor } })) {
      if (!data) throw errors ?? new Error("The server sent neither data nor errors.");
      const { attempt, cursor: position, missed } = data.notificationDispatched;
      waitMs = SHORTEST_WAIT_MS;
      // The server dropped some because this program was slow. Subscribing again after the last one shown replays them.
      if (missed > 0) return;
      if (!shownAlready.has(attempt.id)) show(attempt);
      keep(position);
    }
  } finally {
    clearTimeout(unanswered);
    await client.dispose();
  }
}

/** Some behind the cursor were deleted from the history: shows those that are left and goes on from now. */
async function catchUp(): Promise<void> {
  console.error("Some notifications were deleted from the history before they were read here. What is left follows.");
  const { liveCursor } = await run(server, LiveCursorDocument, {});
  shownAlready = new Set();
  for (let before: string | null = cursor; before !== null; ) {
    const { history }: HistoryQuery = await run(server, HistoryDocument, { filter, last: 100, before });
    for (const attempt of [...history.nodes].reverse()) {
      show(attempt);
      shownAlready.add(attempt.id);
    }
    before = history.pageInfo.hasPreviousPage ? (history.pageInfo.startCursor ?? null) : null;
  }
  keep(liveCursor);
}

/** The code of whatever went wrong; null when there is none, as with a broken connection. */
function codeOf(error: unknown): string | null {
  if (error instanceof RequestError) return error.code;
  // The feed's own errors come as a list of GraphQL errors.
  if (Array.isArray(error)) return (error as { extensions?: { code?: string } }[])[0]?.extensions?.code ?? "INTERNAL";
  // 4403 is how the server closes a WebSocket whose token is wrong, revoked or has expired.
  return (error as { code?: unknown } | null)?.code === 4403 ? "UNAUTHENTICATED" : null;
}

const HOPELESS = new Set(["UNAUTHENTICATED", "FORBIDDEN", "BAD_REQUEST"]);

console.error(`Live feed of ${server.url}. Ctrl-C ends it.`);
for (;;) {
  try {
    // Without a cursor of our own we start from now. Asked for before subscribing, it leaves no gap in between.
    if (cursor === "") keep((await run(server, LiveCursorDocument, {})).liveCursor);
    await follow();
  } catch (error) {
    const code = codeOf(error);
    if (code === "CURSOR_EXPIRED") await catchUp().catch(() => undefined);
    else if (code !== null && HOPELESS.has(code)) fail(new RequestError("The server refuses. Check CARILLON_TOKEN: the feed needs a token that may read the history.", code));
    else console.error(`No connection; trying again in ${waitMs} ms.`);
  }
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
}
