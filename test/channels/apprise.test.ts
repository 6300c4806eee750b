import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { apprise, listAppriseServices } from "../../src/providers/apprise.ts";
import { maskUrl } from "../../src/providers/appriseLog.ts";
import { parseDetails } from "../../src/providers/appriseProgram.ts";
import { createHttp } from "../../src/providers/http.ts";
import { createRunProgram, type RunProgram } from "../../src/providers/program.ts";
import { DeliveryError, type DeliveryFailure, type Receipt } from "../../src/providers/provider.ts";
import type { Message } from "../../src/render/message.ts";
import { CANARY, json, unusedWays } from "./case.ts";
import { deadPort, type FakeHttp, type SeenRequest, startFakeHttp } from "./fakeHttp.ts";
import { makeMessage, makeStage, makeStrange, NOW, STRANGE_TEXTS } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
const installed = spawnSync("apprise", ["--version"]).status === 0;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "carillon-apprise-"));
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

const never = new AbortController().signal;
const waysOf = (run: RunProgram, signal = never) => ({ ...unusedWays, run, signal, now: NOW });

async function deliver(run: RunProgram, url: string, message: Message, { tag, signal = never }: { tag?: string; signal?: AbortSignal } = {}): Promise<Receipt> {
  const config = apprise.config.parse({ url, tag });
  const { payload } = apprise.render(message, config);
  return apprise.send(payload, { ...waysOf(run, signal), config, message });
}

async function failureOf(result: Promise<unknown>): Promise<DeliveryFailure> {
  const error = await result.then(
    (value) => expect.fail(`accepted: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw error;
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toMatch(new RegExp(CANARY, "i"));
  expect(error.failure.message).toMatch(/./);
  return error.failure;
}

const INSTALL = /apt install apprise.*pip install apprise.*API server/;

describe("without the program", () => {
  const run = createRunProgram({ PATH: "/nowhere" });
  const missing = { outcome: "PERMANENT", message: "The program apprise is not installed on this machine.", hint: expect.stringMatching(INSTALL) };

  test("sending says what is missing and how to get it", async () => {
    expect(await failureOf(deliver(run, `json://user:${CANARY}@localhost`, makeMessage()))).toEqual(missing);
  });

  test("so do the account's check and the list of services", async () => {
    expect(await failureOf(Promise.resolve(apprise.account?.check({ ...waysOf(run), config: {} })))).toEqual(missing);
    expect(await failureOf(listAppriseServices(waysOf(run), undefined))).toEqual(missing);
  });
});

describe("what the program is given, and what its answers mean", () => {
  /** Plays the program: notes what it was given, and does as told. */
  const run = (): RunProgram => createRunProgram({ PATH: folder, HOME: folder, DATABASE_URL: CANARY, APPRISE_CONFIG: "/etc/apprise" });
  const url = `tgram://123456789:${CANARY}/alerts`;

  async function stub(does: { exitCode?: number; stdout?: string; stderr?: string } = {}): Promise<void> {
    const script = `#!${process.execPath}
      const { readFileSync, writeFileSync } = require("node:fs");
      const stdin = process.argv.some((one) => one.startsWith("--title")) ? readFileSync(0, "utf8") : "";
      writeFileSync(${JSON.stringify(join(folder, "seen"))}, JSON.stringify({ args: process.argv.slice(2), env: process.env, stdin }));
      process.stdout.write(${JSON.stringify(does.stdout ?? "")});
      process.stderr.write(${JSON.stringify(does.stderr ?? "")});
      process.exitCode = ${does.exitCode ?? 0};`;
    // Its extension-less name makes it CommonJS, unless a package around it says otherwise.
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(join(folder, "apprise"), script, { mode: 0o755 });
  }
  beforeEach(() => stub());
  const seen = async () => JSON.parse(await readFile(join(folder, "seen"), "utf8")) as { args: string[]; env: Record<string, string>; stdin: string };

  test("the URL is never on the command line, nor is any other secret in the environment", async () => {
    const receipt = await deliver(run(), url, makeStage("FIRST", "CRITICAL", false));
    expect(receipt).toEqual({ status: "exit 0" });
    const { args, env, stdin } = await seen();
    expect(args).toEqual(["-vvv", "--notification-type=failure", "--input-format=text", "--title=[Rack 7] Disk almost full on pve1"]);
    expect(env).toEqual({ PATH: folder, HOME: folder, PYTHONUTF8: "1", APPRISE_URLS: `${url}?overflow=truncate` });
    expect(stdin).toMatch(/^\/var is at 98 %\.\n/);
  });

  test.each([
    ["INFO", false, "info"],
    ["WARNING", false, "warning"],
    ["CRITICAL", false, "failure"],
    ["CRITICAL", true, "success"],
  ] as const)("%s, recovered %s: %s", async (severity, recovered, type) => {
    await deliver(run(), url, makeMessage({ severity, recovered }));
    expect((await seen()).args).toContain(`--notification-type=${type}`);
  });

  test.each([
    ["json://host", undefined, "json://host?overflow=truncate"],
    ["json://host/?method=put", undefined, "json://host/?method=put&overflow=truncate"],
    ["mailto://u:p@host?overflow=split", undefined, "mailto://u:p@host?overflow=split"],
    ["https://hooks.example/services/a", undefined, "https://hooks.example/services/a"],
    ["apprise://host/key", "on-call", "apprise://host/key?tags=on-call&overflow=truncate"],
  ])("%s and tag %s", async (given, tag, expected) => {
    await deliver(run(), given, makeMessage(), tag === undefined ? {} : { tag });
    expect((await seen()).env["APPRISE_URLS"]).toBe(expected);
  });

  test("a tag has no meaning for other URLs", () => {
    expect(apprise.config.safeParse({ url: "json://host", tag: "ops" }).error?.issues).toMatchObject([{ path: ["tag"], message: expect.stringMatching(/apprise:\/\//) }]);
    expect(apprise.config.safeParse({ url: "APPRISES://host/key", tag: "ops" }).success).toBe(true);
  });

  const line = (level: string, text: string) => `2026-03-01 12:00:00,000 - ${level} - ${text}\n`;
  const refusedConnection = line("WARNING", "A Connection error occurred sending JSON notification to localhost.") + line("DEBUG", "Socket Exception: HTTPConnectionPool(host='localhost', port=1): Max retries exceeded with url: /close (Caused by NewConnectionError('<x>: Failed to establish a new connection: [Errno 111] Connection refused'))");

  test.each<[string, Parameters<typeof stub>[0], object]>([
    ["nothing said", { exitCode: 1 }, { outcome: "TRANSIENT", status: "exit 1" }],
    ["refused connection", { exitCode: 1, stdout: refusedConnection }, { outcome: "TRANSIENT", hint: expect.stringMatching(/could not reach/) }],
    ["time-out of Apprise's own", { exitCode: 1, stdout: line("WARNING", "A Connection error occurred.") + line("DEBUG", "Socket Exception: Read timed out. (read timeout=4.0)") }, { outcome: "UNKNOWN" }],
    ["error 500", { exitCode: 1, stdout: line("WARNING", "Failed to send JSON notification: Internal server error., error=500.") }, { outcome: "TRANSIENT", message: "Failed to send JSON notification: Internal server error., error=500." }],
    ["error 401", { exitCode: 1, stdout: line("WARNING", "Failed to send: error=401.") }, { outcome: "PERMANENT", hint: expect.stringMatching(/credentials/) }],
    ["one target refused, one down", { exitCode: 1, stdout: line("WARNING", "Failed: error=401.") + line("WARNING", "Failed: error=503.") }, { outcome: "TRANSIENT" }],
    ["wrong URL", { exitCode: 1, stdout: `${line("ERROR", `Unparseable Telegram URL ${url}`)}You must specify at least one server URL or populated configuration file.\n` }, { outcome: "PERMANENT", message: "Unparseable Telegram URL ***" }],
    ["no URL known", { exitCode: 1, stdout: "You must specify at least one server URL or populated configuration file.\n" }, { outcome: "PERMANENT" }],
    ["unknown option", { exitCode: 2, stderr: "Usage: apprise\n\nError: No such option: --input-format\n" }, { outcome: "PERMANENT", status: "exit 2", message: "Error: No such option: --input-format", hint: expect.stringMatching(/1\.2 or newer/) }],
    ["nobody to notify", { exitCode: 3 }, { outcome: "PERMANENT", status: "exit 3", message: "Apprise found nothing to notify." }],
    ["not found by a wrapper", { exitCode: 127, stderr: "apprise: not found" }, { outcome: "PERMANENT", hint: expect.stringMatching(INSTALL) }],
    ["broken installation", { exitCode: 1, stderr: "Traceback (most recent call last):\n  File x\nModuleNotFoundError: No module named 'apprise'\n" }, { outcome: "PERMANENT", message: "ModuleNotFoundError: No module named 'apprise'", hint: expect.stringMatching(/broken/) }],
    ["broke off", { exitCode: 1, stderr: `Traceback (most recent call last):\n  File x\nValueError: ${url} ${CANARY}\n` }, { outcome: "UNKNOWN", message: "Apprise broke off: ValueError: *** ***" }],
  ])("%s", async (_, does, expected) => {
    await stub(does);
    // "alerts" and "apprise" are parts of the URL, but not of these texts.
    expect(await failureOf(deliver(run(), url, makeMessage()))).toMatchObject(expected);
  });

  test("the account's check names the version", async () => {
    await stub({ stdout: "Apprise v1.2.0\nCopyright (C) 2022\n" });
    expect(await apprise.account?.check({ ...waysOf(run()), config: {} })).toEqual({ status: "program apprise 1.2.0" });
    expect((await seen()).args).toEqual(["--version"]);
    await stub({ stdout: "something else 2.0\n" });
    expect(await failureOf(Promise.resolve(apprise.account?.check({ ...waysOf(run()), config: {} })))).toMatchObject({ outcome: "PERMANENT", message: expect.stringMatching(/not Apprise/) });
  });

  test("a program that lists nothing is refused", async () => {
    await stub({ exitCode: 2, stderr: "Error: No such option: --details" });
    expect(await failureOf(listAppriseServices(waysOf(run()), undefined))).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/1\.2 or newer/) });
  });
});

test("every form of a part of the URL is masked", () => {
  const url = "mailtos://us%40er:pass%2Fword@smtp.example.com/topsecret?pass=other+secret&to=a@b.example";
  const masked = maskUrl(url, `${url} smtp://x:y@z us@er pass/word pass%2Fword TOPSECRET smtp.example.com other secret a@b.example mailtos://us%40er:p...d@smtp`);
  expect(masked).not.toMatch(/us@er|pass\/word|pass%2F|topsecret|secret|b\.example|smtp|p\.\.\.d/i);
});

/** Of 1.2.0: one that can be used, two that cannot, one with many schemas, one of the user's own; with a terminal's colours, and without. */
const DETAILS = `\u001b[32m\u001b[1m+ Discord                        \u001b[0m
   - discord://{webhook_id}/{webhook_token}
   - discord://{botname}@{webhook_id}/{webhook_token}

\u001b[32m\u001b[1m+ E-Mail                         \u001b[0m| Schema(s): mailto, mailtos
   - {schema}://{host}
   - {schema}://{host}:{port}

- Gnome Notification             
   A local Gnome environment is required.

- MQTT Notification              
   Python Packages Required:
     - paho-mqtt

- My own
   - mine://

- My others
| Schema(s): one, two
   - {schema}://

`;

describe("the services of the program", () => {
  const own = [{ name: "My own", schemas: ["mine"], setupUrl: null }, { name: "My others", schemas: ["one", "two"], setupUrl: null }];
  const expected = [{ name: "Discord", schemas: ["discord"], setupUrl: null }, { name: "E-Mail", schemas: ["mailto", "mailtos"], setupUrl: null }, ...own];

  test.each([["with colours", DETAILS], ["without", DETAILS.replace(/\u001b\[\d+m/g, "")], ["with a terminal's line ends", DETAILS.replaceAll("\n", "\r\n")]])("are read %s", (_, details) => {
    expect(parseDetails(details)).toEqual(expected);
  });

  test.runIf(installed)("are read of the real one", async () => {
    const services = await listAppriseServices(waysOf(createRunProgram(process.env)), undefined);
    expect(services.length).toBeGreaterThan(50);
    expect(services).toContainEqual({ name: "E-Mail", schemas: ["mailto", "mailtos"], setupUrl: null });
    expect(services).toContainEqual({ name: "Telegram", schemas: ["tgram"], setupUrl: null });
    for (const { name, schemas } of services) expect([name, schemas.join()]).toEqual([expect.stringMatching(/^[^+|{]+$/), expect.stringMatching(/^[a-z0-9,]+$/)]);
  });

  test.runIf(installed)("the check names the version of the real one", async () => {
    expect(await apprise.account?.check({ ...waysOf(createRunProgram(process.env)), config: {} })).toEqual({ status: expect.stringMatching(/^program apprise \d+\.\d+\.\d+/) });
  });
});

describe("the services of an Apprise API server", () => {
  const schema = (service_name: string, rest: object) => ({ service_name, service_url: "https://x.example", setup_url: `https://setup.example/${service_name}`, category: "native", details: { templates: [] }, ...rest });
  const answer = json(200, {
    version: "1.13.0",
    schemas: [
      schema("Discord", { protocols: null, secure_protocols: ["discord"] }),
      schema("JSON", { protocols: ["json"], secure_protocols: ["jsons", "json"] }),
      schema("Old", { protocols: "old", secure_protocols: null, setup_url: null }),
      schema("Off", { protocols: ["off"], secure_protocols: null, enabled: false }),
    ],
    asset: {},
  });

  test("are read of its details", async () => {
    await using fake = await startFakeHttp(() => answer);
    expect(await listAppriseServices({ ...waysOf(unusedWays.run), http }, `${fake.url}/sub/`)).toEqual([
      { name: "Discord", schemas: ["discord"], setupUrl: "https://setup.example/Discord" },
      { name: "JSON", schemas: ["json", "jsons"], setupUrl: "https://setup.example/JSON" },
      { name: "Old", schemas: ["old"], setupUrl: null },
    ]);
    expect(fake.requests).toMatchObject([{ method: "GET", path: "/sub/details", headers: { accept: "application/json" } }]);
  });

  test.each([
    ["cut off", { status: 200, headers: {}, body: answer.body?.slice(0, 300) ?? "" }, /cut off/],
    ["something else", { status: 200, headers: {}, body: "<html>" }, /not that of an Apprise API server/],
  ])("%s", async (_, response, message) => {
    expect(await failureOf(listAppriseServices({ ...waysOf(unusedWays.run), http: async () => response }, "http://x.example"))).toMatchObject({ outcome: "PERMANENT", message: expect.stringMatching(message) });
  });

  test("none there", async () => {
    await using fake = await startFakeHttp(() => ({ status: 404, body: "Not Found" }));
    expect(await failureOf(listAppriseServices({ ...waysOf(unusedWays.run), http }, fake.url))).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/no Apprise API server/) });
  });

  test("the check names its version, and does without", async () => {
    await using fake = await startFakeHttp(({ path }) => (path === "/status" ? { status: 200, headers: { "content-type": "text/plain" }, body: "OK" } : answer));
    const check = () => apprise.account?.check({ ...unusedWays, http, signal: never, now: NOW, config: { serverUrl: fake.url } });
    expect(await check()).toEqual({ status: "200 OK, Apprise 1.13.0" });
    fake.script.push({ status: 200, body: "OK" }, { status: 421 });
    expect(await check()).toEqual({ status: "200 OK" });
  });
});

describe("a message that an older or talkative Apprise API server took", () => {
  test.each([
    ["1.0", { status: 200, headers: { "content-type": "text/html" }, body: "Notification(s) sent." }],
    ["1.2", json(200, {})],
    ["more than is read", json(200, { error: null, details: [["DEBUG", "now", "x".repeat(100_000)]] })],
  ])("%s", async (_, answer) => {
    await using fake = await startFakeHttp(() => answer);
    const config = apprise.config.parse({ url: "json://host", serverUrl: fake.url });
    const message = makeMessage();
    const receipt = await apprise.send(apprise.render(message, config).payload, { ...unusedWays, http, signal: never, now: NOW, config, message });
    expect(receipt).toEqual({ status: "200" });
  });
});

describe.runIf(installed)("the real program", () => {
  let run: RunProgram;
  let fake: FakeHttp;

  beforeEach(async () => {
    fake = await startFakeHttp();
    onTestFinished(() => fake[Symbol.asyncDispose]());
    // A configuration of the user's own, which must hear of nothing.
    await writeFile(join(folder, ".apprise"), `${target("json", "/of-the-user")}\n`);
    run = createRunProgram({ PATH: process.env["PATH"], HOME: folder });
  });

  const target = (service: string, path = "/hook") => `${service}://user:${CANARY}@${new URL(fake.url).host}${path}`;
  const read = ({ body }: SeenRequest) => JSON.parse(body.toString()) as { title: string; message: string; type: string };

  test("a problem, that it goes on, and its end", async () => {
    for (const rich of [true, false]) {
      for (const reason of ["FIRST", "ONGOING", "RECOVERY"] as const) expect(await deliver(run, target("json"), makeStage(reason, "WARNING", rich))).toEqual({ status: "exit 0" });
    }
    expect(fake.requests.map(({ path }) => path)).toEqual(Array.from({ length: 6 }, () => "/hook"));
    const facts = "Host: pve1\nUsage: 98 % of 40 GB <limit 90 %>";
    expect(fake.requests.map(read)).toMatchObject([
      { title: "💾 Disk almost full on pve1", message: `/var is at 98 %.\nSee https://pve1.example/disks?id=1&view=all for details.\n${facts}\nRack 7`, type: "warning" },
      { title: "💾 Still: Disk almost full on pve1", type: "warning" },
      { title: "💾 Recovered: disk usage on pve1", type: "success" },
      { title: "[Rack 7] Disk almost full on pve1", message: `/var is at 98 %.\nSee https://pve1.example/disks?id=1&view=all for details.\n\n${facts}`, type: "warning" },
      { type: "warning" },
      { title: "[Rack 7] Recovered: disk usage on pve1", type: "success" },
    ]);
  });

  test.each(["form", "xml"])("%s://", async (service) => {
    await deliver(run, target(service), makeMessage({ rich: false }));
    expect(fake.requests.map(({ body }) => body.toString())).toEqual([expect.stringContaining("pve1")]);
  });

  test("a tag chooses among the services stored on an Apprise API server", async () => {
    await deliver(run, target("apprise", "/key"), makeMessage(), { tag: "on-call" });
    expect(fake.requests.map(({ path }) => path)).toEqual(["/notify/key"]);
    // JSON of older versions, a form of newer ones.
    expect(String(fake.requests[0]?.body)).toMatch(/"tag": \["on-call"\]|&tag=on-call\b/);
  });

  test("what is too long for a service is cut", async () => {
    fake.script.push(json(200, { success: true }));
    await deliver(run, `rocket://${"a".repeat(17)}/${"b".repeat(24)}@${new URL(fake.url).host}/%23alerts`, makeMessage({ body: "long ".repeat(1000) }));
    const { text } = JSON.parse(String(fake.requests[0]?.body)) as { text: string };
    expect([...text].length).toBeGreaterThan(900);
    expect([...text].length).toBeLessThanOrEqual(1000);
  });

  test.each([true, false])("strange texts arrive, rich %s", { timeout: 120_000 }, async (rich) => {
    for (const [name, strange] of [...Object.entries(STRANGE_TEXTS), ["options", "-rf --config=/etc/passwd -vvvv"], ["one line", "Title"]] as const) {
      await deliver(run, target("json"), name === "one line" ? makeMessage({ rich, title: strange, body: strange, facts: [] }) : makeStrange(strange, rich));
      const { title, message } = read(fake.requests.at(-1) as SeenRequest);
      expect(`${title}${message}`, name).not.toMatch(/\p{Surrogate}|[\u0000-\u0008]/u);
      if (name !== "HTML") expect(`${title}${message}`, name).not.toMatch(/&(amp|lt|gt|quot);|<\/?[pbi]>|<br>/);
      expect(message, name).toMatch(/\S/);
    }
    expect(fake.requests.filter(({ path }) => path !== "/hook")).toEqual([]);
  });

  test("marks of HTML arrive as they are, in a body of every form", async () => {
    const body = STRANGE_TEXTS["HTML"] ?? "";
    for (const rich of [true, false]) {
      await deliver(run, target("json"), makeMessage({ rich, body, facts: [] }));
      expect(read(fake.requests.at(-1) as SeenRequest).message).toBe(rich ? `${body}\nRack 7` : body);
    }
  });

  test("letters of all languages arrive where the machine's own encoding has none of them", async () => {
    run = createRunProgram({ PATH: process.env["PATH"], HOME: folder, LANG: "de_DE.ISO-8859-1", LC_ALL: "POSIX" });
    await deliver(run, target("json"), makeMessage({ title: "Größe", body: "日本語 👩‍🚀" }));
    expect(read(fake.requests[0] as SeenRequest)).toMatchObject({ title: "💾 Größe", message: expect.stringContaining("日本語 👩‍🚀") });
  });

  test.each([`nosuch://user:${CANARY}@host`, `tgram://${CANARY}/chat`, `slack://${CANARY}/x`, "json://", `mailto://${CANARY}`])("wrong URL %s", async (url) => {
    expect(await failureOf(deliver(run, url, makeMessage()))).toMatchObject({ outcome: "PERMANENT", status: "exit 1", hint: expect.stringMatching(/cannot use this URL/) });
    expect(fake.requests).toEqual([]);
  });

  test("nobody there: transient", async () => {
    const failure = await failureOf(deliver(run, `json://user:${CANARY}@127.0.0.1:${await deadPort()}`, makeMessage()));
    expect(failure).toMatchObject({ outcome: "TRANSIENT", hint: expect.stringMatching(/could not reach/) });
  });

  test.each([[500, "TRANSIENT"], [503, "TRANSIENT"], [401, "PERMANENT"], [404, "PERMANENT"], [429, "RATE_LIMITED"]])("an answer of %d: %s", async (status, outcome) => {
    fake.script.push({ status, body: CANARY });
    expect(await failureOf(deliver(run, target("json"), makeMessage({ body: "Exception: error=200 Read timed out" })))).toMatchObject({ outcome, status: "exit 1", message: expect.stringMatching(`error=${status}`) });
  });

  test("an answer that is lost: unknown", async () => {
    fake.script.push("RESET");
    expect(await failureOf(deliver(run, target("json"), makeMessage()))).toMatchObject({ outcome: "UNKNOWN" });
  });

  test("no answer in Apprise's own time: unknown", async () => {
    fake.script.push("HANG");
    expect(await failureOf(deliver(run, `${target("json")}?rto=0.5`, makeMessage()))).toMatchObject({ outcome: "UNKNOWN", hint: expect.stringMatching(/not known/) });
  });

  test("no answer in the try's time: unknown", async () => {
    fake.script.push("HANG");
    const controller = new AbortController();
    const arrival = fake.arrival();
    const failure = failureOf(deliver(run, target("json"), makeMessage(), { signal: controller.signal }));
    await arrival;
    controller.abort();
    expect(await failure).toMatchObject({ outcome: "UNKNOWN", message: "apprise was ended before it was done." });
  });
});
