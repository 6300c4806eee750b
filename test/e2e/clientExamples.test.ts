import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "@graphql-codegen/cli";
import { describe, expect, it } from "vitest";
import codegen from "../../codegen.ts";
import { eventually } from "./apiClient.ts";
import { startServerProcess } from "./serverProcess.ts";
import { startTestServer } from "./testServer.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Time for a program to start and do its work on a machine that is busy with other tests. */
const SOON_MS = 20_000;

interface Running {
  stdout(): string;
  stderr(): string;
  kill(): void;
  /** Resolves with the exit code; null when it was killed. */
  ended: Promise<number | null>;
}

/** Starts a program of client-examples as its README says. */
function start(program: string, args: string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "client-examples", program), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { stdout: () => stdout, stderr: () => stderr, kill: () => void child.kill("SIGKILL"), ended };
}

async function finish(program: string, args: string[], env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const running = start(program, args, env);
  const code = await running.ended;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}

it("the generated types are those of the committed schema and operations (else: npm run codegen)", async () => {
  const files = (await generate({ ...codegen, cwd: ROOT, silent: true, errorsOnly: true }, false)) as { filename: string; content: string }[];
  expect(files.length).toBeGreaterThan(0);
  for (const { filename, content } of files) expect({ filename, content: await readFile(join(ROOT, filename), "utf8") }).toEqual({ filename, content });
});

describe("emit.ts", () => {
  it("sends an event and says what becomes of it on each channel", async () => {
    await using server = await startTestServer();
    await server.api.createChannel("Pager", { log: true }, { minimumSeverity: "WARNING" });
    const args = ["deploy.success", "--service", "my-app", "--message", "Service my-app deployed successfully", "--detail", "image=myapp:latest", "--detail", "duration_seconds=45"];
    const { code, stdout } = await finish("emit.ts", args, { CARILLON_URL: server.url, CARILLON_TOKEN: server.api.token });
    expect(stdout.split("\n")).toEqual([
      "deploy.success (INFO): Deploy succeeded",
      "  Inbox: sent. The event type is on and the channel's settings let it through.",
      "  Pager: not sent. The severity is below the channel's minimum.",
      "",
    ]);
    expect(code).toBe(0);
    const { events } = await server.api.run<{ events: { nodes: object[] } }>("{ events { nodes { details service } } }");
    expect(events.nodes).toEqual([{ service: "my-app", details: { image: "myapp:latest", duration_seconds: 45 } }]);
  });

  it.each([
    ["a wrong field", ["deploy.success", "--title", "x".repeat(301)], {}, "VALIDATION_FAILED: title: must be at most 300 characters"],
    ["a severity that does not exist", ["deploy.success", "--severity", "bad"], {}, "BAD_REQUEST"],
    ["a wrong token", ["deploy.success"], { CARILLON_TOKEN: "wrong" }, "UNAUTHENTICATED"],
    ["no token", ["deploy.success"], { CARILLON_TOKEN: "" }, "CARILLON_TOKEN is not set"],
    ["no type", [], {}, "Give one event type"],
    ["no server", ["deploy.success"], { CARILLON_URL: "http://127.0.0.1:9" }, "fetch failed"],
  ])("ends with 1 and says why: %s", async (_what, args, env, message) => {
    await using server = await startTestServer();
    const { code, stdout, stderr } = await finish("emit.ts", args, { CARILLON_URL: server.url, CARILLON_TOKEN: server.api.token, ...env });
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});

describe("live-feed.ts", () => {
  it("shows every notification once, over restarts of the server and of itself", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "carillon-feed-"));
    const cursorFile = join(dataDir, "feed.cursor");
    const port = await freePort();
    const env = { PORT: String(port), ADMIN_TOKEN: "a token of the test with enough letters".replaceAll(" ", "-") };
    const feedEnv = { CARILLON_URL: `http://127.0.0.1:${port}`, CARILLON_TOKEN: env.ADMIN_TOKEN };
    let server = await startServerProcess(dataDir, env);
    let feed = start("live-feed.ts", ["--cursor-file", cursorFile], feedEnv);
    const shown: string[] = [];
    const seen = () => [...shown, ...feed.stdout().matchAll(/number \d+/g)].map(String);
    const emit = (number: number) => server.api.emit({ type: "deploy.success", title: `number ${number}` });
    try {
      // On an empty history, so there is no cursor but "now".
      await eventually(() => readFile(cursorFile, "utf8").catch(() => ""), SOON_MS);
      await emit(1);
      await eventually(() => seen().length === 1, SOON_MS);

      // The server goes, and sends before the feed is back.
      await server.stop("SIGTERM");
      server = await startServerProcess(dataDir, env);
      await emit(2);
      await emit(3);
      await eventually(() => seen().length === 3, SOON_MS);

      // It is killed.
      await emit(4);
      await server.stop("SIGKILL");
      server = await startServerProcess(dataDir, env);
      await emit(5);
      await eventually(() => seen().length === 5, SOON_MS);

      // The feed itself goes, and comes back with its cursor.
      feed.kill();
      await feed.ended;
      shown.push(...seen());
      await emit(6);
      feed = start("live-feed.ts", ["--cursor-file", cursorFile], feedEnv);
      await eventually(() => seen().length === 6, SOON_MS);
      await emit(7);
      await eventually(() => seen().length === 7, SOON_MS);
      expect(seen()).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `number ${number}`));
    } finally {
      feed.kill();
      await feed.ended;
      await server.stop("SIGKILL");
      await rm(dataDir, { recursive: true, force: true });
    }
  }, 90_000);

  it("goes on with what is left when its cursor has expired", async () => {
    await using server = await startTestServer();
    const folder = await mkdtemp(join(tmpdir(), "carillon-feed-"));
    const cursorFile = join(folder, "feed.cursor");
    const { liveCursor } = await server.api.run<{ liveCursor: string }>("{ liveCursor }");
    await writeFile(cursorFile, liveCursor);
    const types = ["deploy.success", "deploy.failure", "deploy.success"];
    for (const [at, type] of types.entries()) {
      await server.api.emit({ type, title: `number ${at + 1}` });
      await eventually(async () => (await server.api.history()).length === at + 1, SOON_MS);
    }
    // The newest goes, too: no cursor in the history is young enough any more.
    await server.api.run(`mutation { clearHistory(filter: { types: ["deploy.success"] }) { __typename } }`);
    const feed = start("live-feed.ts", ["--cursor-file", cursorFile], { CARILLON_URL: server.url, CARILLON_TOKEN: server.api.token });
    try {
      await eventually(() => feed.stdout().includes("number 2"), SOON_MS);
      expect(feed.stderr()).toContain("deleted from the history");
      await server.api.emit({ type: "deploy.success", title: "number 4" });
      await eventually(() => feed.stdout().includes("number 4"), SOON_MS);
      expect([...feed.stdout().matchAll(/number \d/g)].map(String)).toEqual(["number 2", "number 4"]);
    } finally {
      feed.kill();
      await feed.ended;
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("ends when the server does not let it in", async () => {
    await using server = await startTestServer();
    const { code, stderr } = await finish("live-feed.ts", [], { CARILLON_URL: server.url, CARILLON_TOKEN: "wrong" });
    expect(stderr).toContain("UNAUTHENTICATED");
    expect(code).toBe(1);
  });
});

describe("set-up.ts", () => {
  it("makes what is missing, changes what differs and leaves the rest alone", async () => {
    await using server = await startTestServer();
    const env = {
      CARILLON_URL: server.url, CARILLON_TOKEN: server.api.token,
      ALERT_WEBHOOK_URL: "https://hooks.example.com/T0", ALERT_WEBHOOK_SECRET: "shared",
      SMTP_HOST: "smtp.example.com", SMTP_USER: "alerts@example.com", SMTP_PASSWORD: "app password", MAIL_FROM: "Carillon <alerts@example.com>", MAIL_TO: "ops@example.com",
    };
    const first = await finish("set-up.ts", [], env);
    expect(first.stdout.split("\n")).toEqual([
      "channel Ops webhook: made",
      "channel Ops mail: made",
      "channel Ops Telegram: passed over, not set: TELEGRAM_BOT_TOKEN, TELEGRAM_CHAT_ID",
      "trigger disk.space_low: changed steps, cooldown",
      "trigger ssl.expiring: changed steps",
      "trigger backup.success: changed enabled, channelIds",
      "",
    ]);
    expect(first).toMatchObject({ code: 0, stderr: "" });

    const state = () => server.api.run("{ channels { nodes { id name minimumSeverity updatedAt } } eventTypes { name enabled cooldown threshold { steps } channels { name } } }");
    const before = await state();
    server.clock.advance(1000);
    const again = await finish("set-up.ts", [], env);
    expect(again.stdout.match(/unchanged/g)).toHaveLength(5);
    expect(await state()).toEqual(before);

    const changed = await finish("set-up.ts", [], { ...env, MAIL_TO: "oncall@example.com" });
    expect(changed.stdout).toContain("channel Ops mail: changed to\n");
    expect(changed.stdout.match(/unchanged/g)).toHaveLength(4);
  });

  it("ends with 1 and says what is wrong", async () => {
    await using server = await startTestServer();
    const folder = await mkdtemp(join(tmpdir(), "carillon-set-up-"));
    const file = join(folder, "wrong.json");
    await writeFile(file, JSON.stringify({ channels: [{ name: "Mail", config: { email: { host: "smtp.example.com", from: "nobody", to: ["ops@example.com"] } } }], triggers: [] }));
    const { code, stderr } = await finish("set-up.ts", [file], { CARILLON_URL: server.url, CARILLON_TOKEN: server.api.token });
    await rm(folder, { recursive: true });
    expect(stderr).toContain("Mail: config.email.from: Give exactly one sender");
    expect(code).toBe(1);
  });
});

it("the demo shows what arrives and why the rest does not, and leaves nothing behind", async () => {
  const { code, stdout, stderr } = await finish("demo.ts", [], {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const line of [
    '→ Webhook, signature valid: {"event":"deploy.success","severity":"INFO","title":"Deploy succeeded","message":"Service my-app deployed successfully"}',
    "→ Mail to ops@example.com: [demo] Deploy succeeded",
    "× Pager: The severity is below the channel's minimum.",
    "× not sent: The value has not reached the threshold.",
    "The certificate of shop.example.com expires in 14 days.",
    "/var on web-1 is 91 % full.",
    "(seen 4 times)",
    "alice logged in from a new address: 203.0.113.7",
    "= the same as before",
    "the history has 27 attempts, 27 of them delivered",
    "got 13 requests, all with a valid signature; 0 without",
    "got 7 mails, all over TLS; 0 broke a rule",
  ]) {
    expect(stdout).toContain(line);
  }
  expect(stdout.match(/the cooldown is not over/g)).toHaveLength(3);
}, 60_000);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
