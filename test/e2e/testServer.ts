import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../src/app.ts";
import type { App } from "../../src/app.ts";
import type { Clock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { createApiClient } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { createManualClock } from "./manualClock.ts";
import type { ManualClock } from "./manualClock.ts";
import { sendOneByOne } from "./noise.ts";
import { giveBackPostgresqlDatabase, ON_POSTGRESQL, takePostgresqlDatabase } from "../postgresql/freshDatabase.ts";
import { ownUrls, quiet } from "./quiet.ts";

/** A whole server in this process, on real HTTP, with a clock that the test turns. */
export interface TestServer<C extends Clock = ManualClock> {
  app: App;
  api: ApiClient;
  clock: C;
  url: string;
  dataDir: string;
  /** Lines of the LOG channel. */
  printed: string[];
  /** Waits until nothing goes on in the database or on its way to a channel, and nothing follows at once. */
  idle(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestServerOptions<C extends Clock> {
  clock?: C;
  /** Environment variables for the config. */
  env?: Record<string, string>;
  /** A folder that stays; left out: a new one that goes with the server. */
  dataDir?: string;
  /** True: with the general burst and flapping, as any new server has them. Else every message comes by itself. */
  againstNoise?: boolean;
}

export async function startTestServer<C extends Clock = ManualClock>(options: TestServerOptions<C> = {}): Promise<TestServer<C>> {
  const clock = (options.clock ?? createManualClock()) as C;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "carillon-test-")));
  const printed: string[] = [];
  const known = kept.has(dataDir);
  const database = ON_POSTGRESQL ? await databaseOf(dataDir, options.env) : {};
  const config = readConfig({ PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "fatal", ...database, ...options.env });
  const isNew = ON_POSTGRESQL ? !known : !existsSync(config.database);
  const app = await createApp({ config, environment: process.env, clock, log: createLog(config.logLevel), random: () => 0, print: (line) => printed.push(line) });
  ownUrls.add(app.url);
  const api = createApiClient(app.url, app.adminToken.value);
  // One that is started again keeps what its test has set.
  if (isNew && !options.againstNoise) await sendOneByOne(api);
  return {
    app,
    api,
    clock,
    url: app.url,
    dataDir,
    printed,
    async idle() {
      // What the clock has just set off has its turn.
      await api.run("{ settings { historyDays } }");
      await quiet();
    },
    async [Symbol.asyncDispose]() {
      const closed = app.close();
      // A stop waits for what is under way by the clock, which the test no longer turns.
      const turning = setInterval(() => "advance" in clock && (clock as unknown as ManualClock).advance(1_000), 1);
      await closed.finally(() => clearInterval(turning));
      ownUrls.delete(app.url);
      if (options.dataDir) return;
      await rm(dataDir, { recursive: true, force: true });
      kept.delete(dataDir);
      if (database.DATABASE_URL && !options.env?.["DATABASE_URL"]) await giveBackPostgresqlDatabase(database.DATABASE_URL);
    },
  };
}

/** By data folder: a server that is started again in one goes on with its database. */
const kept = new Map<string, string>();

async function databaseOf(dataDir: string, { DATABASE_URL }: Record<string, string> = {}): Promise<{ DATABASE_URL?: string }> {
  if (DATABASE_URL !== undefined) return { DATABASE_URL };
  const url = kept.get(dataDir) ?? (await takePostgresqlDatabase());
  kept.set(dataDir, url);
  return { DATABASE_URL: url };
}
