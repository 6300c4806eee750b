import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { eventually, type GraphqlAnswer } from "../e2e/apiClient.ts";
import { type ServerProcess, startServerProcess } from "../e2e/serverProcess.ts";
import { askEverything, type Operations, readOperations } from "./canaryOperations.ts";
import { allSecretFields, echoed, inputOf, isAccount, literalInputOf, PLANTED, plantedFields, recipientsOf } from "./canarySubjects.ts";
import { secretFields, startSubjects, stopReceivers, type Subject, textsIn, wrongConfigs } from "./canarySubjects.ts";
import { insideIn, secretsIn } from "./safety.ts";

/**
 * A known string in every secret field of every kind of channel and provider account; every way to fail, by receivers that
 * throw back what they were sent; then everything that leaves the server, and all that it writes, is searched for the strings.
 */

const ADMIN_TOKEN = "CANARYadmin0123456789abcdefghij";
const SECRET_KEY = Buffer.from("CANARYkey0123456789abcdefghijklm");
const SECRETS = [...PLANTED, ADMIN_TOKEN, SECRET_KEY.toString()];

/** Fields of text for people, which may speak of paths and databases; secrets are looked for in them all the same. */
const PROSE = /"(\w+_)?(title|body|guide|description|example|defaultValue|docsUrl|error)":("([^"\\]|\\.)*"|\[[^\]]*\])/g;

let groups: Subject[][];
let channels: Subject[];
beforeAll(async () => {
  groups = await startSubjects();
  channels = groups.flat().filter((subject) => !isAccount(subject));
});
afterAll(stopReceivers);

it("something is planted in every secret field of every kind", () => {
  expect([...new Set(groups.flat().flatMap(plantedFields))].sort()).toEqual([...new Set(allSecretFields())].sort());
  for (const secret of SECRETS) expect(secret.length, secret).toBeGreaterThanOrEqual(12);
});

it("no secret leaves the server, and none is written in clear", { timeout: 300_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-canary-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await using server = await startServerProcess(dataDir, { ADMIN_TOKEN, SECRET_KEY: SECRET_KEY.toString("base64"), LOG_LEVEL: "trace" });
  const run: Run = { server, operations: await readOperations(server.api), leaks: [], errors: 0 };
  const feed = await openFeed(run);

  await makeEverything(run);
  await makeRules(run);
  await Promise.all(groups.map((group) => failEveryWay(run, group)));
  await failByEvents(run);
  for (const subject of groups.flat()) await changeWrongly(run, subject);
  await sendNonsense(run);
  const ids = await askEverything(run.operations, (...asked) => ask(run, ...asked));
  await readPages(run);
  await feed.end();
  // The database with its journal, as it is while the server runs and after.
  await searchFiles(run, dataDir);
  expect(await server.stop()).toBe(0);
  await searchFiles(run, dataDir);
  for (const line of [...server.stdout().split("\n"), ...server.stderr().split("\n")]) search(run, "log", line);

  // All that was to happen has happened.
  const httpKinds = channels.map(({ owner }) => owner.kind).filter((kind) => kind !== "EMAIL");
  expect([...echoed].sort()).toEqual([...new Set(httpKinds)].sort());
  expect(run.errors).toBeGreaterThan(3000);
  expect([...ids.keys()].sort()).toEqual([...run.operations.nodeTypes].sort());
  expect(run.leaks).toEqual([]);
});

interface Run {
  server: ServerProcess;
  operations: Operations;
  /** What was found that should not be there. */
  leaks: string[];
  /** How many answers told of a failure. */
  errors: number;
}

function search({ leaks }: Run, where: string, text: string): void {
  leaks.push(...secretsIn(text, SECRETS).map((found) => `${where}: ${found}`));
}

async function ask(run: Run, where: string, query: string, variables: object = {}): Promise<GraphqlAnswer> {
  const { body } = await run.server.api.raw(query, variables);
  const text = JSON.stringify(body);
  search(run, where, text);
  run.leaks.push(...insideIn(text.replaceAll(PROSE, "")).map((found) => `${where}: ${found}`));
  return body;
}

/** @returns the fields of the result, whichever member of its union it is */
async function mutate(run: Run, name: string, about: string, variables: object): Promise<Record<string, any>> {
  const { data, errors } = await ask(run, `${name} ${about}`, run.operations.mutation(name), variables);
  const fields = Object.entries<any>(data?.[name] ?? { errors }).map(([key, value]) => [key.replace(/^[^_]+_/, ""), value]);
  const result = Object.fromEntries(fields) as Record<string, any>;
  if (typeof result["error"] === "string" && result["error"] !== "") run.errors += 1;
  return result;
}

/** What knows no secrets, but must be among what is asked for. It matches no event. */
async function makeRules(run: Run): Promise<void> {
  const matchers = [{ field: "service", operator: "EQUALS", value: "nothing" }];
  await mutate(run, "createSilence", "silence", { input: { reason: "quiet", duration: "PT1H", matchers } });
  const contact = await mutate(run, "createContact", "contact", { input: { name: "contact" } });
  const contactIds = [contact["contact"].id];
  await mutate(run, "createContactGroup", "group", { input: { name: "group", contactIds } });
  await mutate(run, "createEscalationPolicy", "policy", { input: { name: "policy", steps: [{ delay: "PT5M", contactIds }] } });
  await mutate(run, "createAlertRule", "alert rule", { input: { name: "alert rule", matchers, contactIds } });
  await mutate(run, "createInhibitionRule", "rule", { input: { name: "rule", whileOpen: ["monitor.down"], matchers, sameFields: ["source"] } });
}

/** Subscribes to everything; at its end, what was heard is searched. */
async function openFeed(run: Run) {
  const heard: string[] = [];
  const socket = new WebSocket(`${run.server.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } }));
  await eventually(() => heard.some((text) => text.includes("connection_ack")));
  for (const { name, query } of run.operations.subscriptions) socket.send(JSON.stringify({ id: name, type: "subscribe", payload: { query } }));
  const end = async () => {
    await eventually(() => heard.length > 1000);
    socket.terminate();
    for (const text of heard) search(run, "subscription", text);
  };
  return { end };
}

/** Makes all subjects, a trigger that names whoever it can, and an access token. */
async function makeEverything(run: Run): Promise<void> {
  const pace = { perSecond: 10_000, burst: 10_000, timeout: "PT10S" };
  for (const subject of groups.flat()) {
    const { name, owner, config, account } = subject;
    const input = { name, config: inputOf(subject) };
    const made = await (isAccount(subject)
      ? mutate(run, "createProviderAccount", name, { input })
      : mutate(run, "createChannel", name, { input: { ...input, accountId: account?.id ?? null, pace } }));
    subject.id = (made["providerAccount"] ?? made["channel"])?.id;
    expect(subject.id, JSON.stringify(made)).toBeDefined();
    expect(textsIn(made), "secretsSet").toEqual(expect.arrayContaining(secretFields(owner).filter((field) => field in config)));
  }
  await mutate(run, "createChannel", "LOG", { input: { name: "LOG", config: { log: true } } });
  const recipients = channels.flatMap(recipientsOf);
  expect((await mutate(run, "updateTrigger", "custom", { eventType: "custom", input: { recipients } }))["eventType"]).toBeDefined();
  const made = await mutate(run, "createAccessToken", "VIEWER", { input: { name: "x", role: "VIEWER" } });
  expect(made["token"], JSON.stringify(made)).toMatch(/./);
}

/** Tests what is saved and what is not with every way to fail. */
async function failEveryWay(run: Run, group: Subject[]): Promise<void> {
  for (const subject of group) {
    const { name: about, id, account, ways, moreWays } = subject;
    const saved = isAccount(subject) ? "testProviderAccount" : "testChannel";
    const given = { config: inputOf(subject), ...(isAccount(subject) ? {} : { accountId: account?.id ?? null }) };
    for (const { name, arm } of ways) {
      arm();
      await mutate(run, saved, `${about} ${name}`, { id });
    }
    for (const { name, arm } of moreWays) {
      arm();
      await mutate(run, `${saved}Config`, `${about} ${name}`, given);
    }
  }
}

/** Sends events to all channels, each event with one way to fail. */
async function failByEvents({ server: { api } }: Run): Promise<void> {
  const types = { "accepted, ALL": "service.health.down", "400 FLAT": "service.health.recovered" };
  const events = { ...types, "404 FLAT": "custom", "302": "custom", "503 cut off": "custom", "410 FLAT": "custom" };
  for (const [way, type] of Object.entries(events)) {
    for (const { ways, moreWays } of channels) ([...ways, ...moreWays].find(({ name }) => name === way) ?? ways[0])?.arm();
    const { event } = await api.emit({ type, service: "shop", title: `by ${way}`, details: { way } });
    const isTried = async () => (await api.deliveries(event?.id ?? "")).every(({ tries, state }) => tries > 0 || state !== "PENDING");
    await eventually(isTried, 30_000);
  }
}

/** What is wrong, what is taken, and what is in use. */
async function changeWrongly(run: Run, subject: Subject): Promise<void> {
  const { name, id } = subject;
  const thing = isAccount(subject) ? "ProviderAccount" : "Channel";
  const [create, update] = [`create${thing}`, `update${thing}`];
  const wrong = wrongConfigs(subject);
  for (const [at, one] of wrong.entries()) await mutate(run, update, `${name} wrongly ${at}`, { id, input: { config: inputOf(subject, one) } });
  await mutate(run, create, name, { input: { name: `${name} wrong`, config: inputOf(subject, wrong.at(-1)) } });
  await mutate(run, create, `${name} again`, { input: { name, config: inputOf(subject) } });
  const literal = `{ name: "x", config: ${literalInputOf(subject)} }`;
  await ask(run, `${create} ${name} in the query`, `mutation { ${create}(input: ${literal}) { __typename } }`);
  if (isAccount(subject)) return void (await mutate(run, "deleteProviderAccount", name, { id }));
  for (const copy of [`copy of ${name}`, name]) await mutate(run, "duplicateChannel", name, { id, name: copy });
  for (const accountId of [groups.flat().find(isAccount)?.id, id, null]) await mutate(run, "updateChannel", name, { id, input: { accountId } });
}

async function sendNonsense(run: Run): Promise<void> {
  for (const path of ["/v1/events", "/graphql"]) {
    for (const body of [{ type: "custom", title: "x" }, [{ type: 1 }], "{", { query: "{ nope" }]) {
      search(run, path, JSON.stringify((await run.server.api.post(path, body)).body));
    }
  }
}

/** What needs no GraphQL. */
async function readPages(run: Run): Promise<void> {
  for (const path of ["/metrics", "/health", "/ready", "/graphql"]) {
    search(run, path, await (await fetch(run.server.url + path, { headers: { accept: "text/html" } })).text());
  }
}

async function searchFiles(run: Run, dataDir: string): Promise<void> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) search(run, `file ${entry.name}`, (await readFile(join(entry.parentPath, entry.name))).toString("latin1"));
  }
}
