import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildClientSchema, getIntrospectionQuery, getNamedType, isLeafType, isObjectType, isRequiredArgument, isUnionType } from "graphql";
import type { GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLOutputType } from "graphql";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { configFields, configKey } from "../../src/channels/channelConfig.ts";
import type { ConfigOwner } from "../../src/channels/channelConfig.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { ACCOUNTS, PROVIDERS } from "../../src/providers/registry.ts";
import { CANARY } from "../channels/case.ts";
import type { ContractCase } from "../channels/case.ts";
import { CASES } from "../channels/cases.ts";
import { Complaint, startFakeHttp } from "../channels/fakeHttp.ts";
import type { Answer, FakeHttp, Reply, SeenRequest } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import type { SmtpFault, SmtpSink } from "../channels/smtpSink.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { insideIn, secretsIn } from "./safety.ts";

/**
 * A known string in every secret field of every kind of channel and provider account; every way to fail, by receivers that
 * throw back what they were sent; then everything that leaves the server, and all that it writes, is searched for the strings.
 */

type Config = Record<string, unknown>;

const PASSWORD = "CANARYpassword0123456789abcdef";
const ADMIN_TOKEN = "CANARYadmin0123456789abcdefghij";
const SECRET_KEY = Buffer.from("CANARYkey0123456789abcdefghijklm");
/** Put before the host of every URL that is secret, where the kind takes that. */
const URL_LOGIN = ["CANARYurluser0123456789abc", "CANARYurlpass0123456789abc"] as const;
const PLANTED = [...new Set([CANARY, PASSWORD, ...URL_LOGIN, ...CASES.flatMap(({ secrets }) => secrets ?? [])])];
const SECRETS = [...PLANTED, ADMIN_TOKEN, SECRET_KEY.toString()];
const receivers: AsyncDisposable[] = [];
/** Kinds whose receiver was sent a secret and threw it back. */
const echoed = new Set<string>();

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function changeTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => changeTexts(one, change));
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changeTexts(one, change)])) : value;
}

const secretFields = (owner: ConfigOwner) => configFields(owner).filter(({ secret }) => secret).map(({ name }) => name);

/** KIND.field of every secret field that holds something planted, or of all. */
const holding = ({ owner, config }: Subject) => secretFields(owner).flatMap((name) => (secretsIn(JSON.stringify(config[name] ?? null), PLANTED).length > 0 ? [`${owner.kind}.${name}`] : []));
/** One of them stands in the standard that a case is made from; no other answer may hold it. */
const EXAMPLES = new Set([...PROVIDERS, ...ACCOUNTS].flatMap((owner) => configFields(owner).map(({ meta }) => JSON.stringify(meta.example))));
const allSecretFields = [...PROVIDERS, ...ACCOUNTS].flatMap((owner) => secretFields(owner).map((name) => `${owner.kind}.${name}`));

// What receivers answer.

/** All of a request that holds a secret, as a provider might quote it: the shortest first, as answers are cut. */
function echoOf(kind: string, { path, query, headers, body }: SeenRequest): string {
  const basic = Buffer.from((headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
  const form = [...new URLSearchParams(body.toString())].flat();
  const json = headers["content-type"]?.includes("json") && body.length > 0 ? textsIn(JSON.parse(body.toString())) : [];
  const pieces = [path, decodeURIComponent(path), ...path.split("/"), query.toString(), ...query.values(), ...textsIn(headers), ...basic.split(":"), basic, ...form, ...json, body.toString("utf8", 0, 2000)];
  const telling = [...new Set(pieces)].filter((piece) => secretsIn(piece, PLANTED).length > 0);
  if (telling.length > 0) echoed.add(kind);
  return telling.sort((a, b) => a.length - b.length).join(" ");
}

const JSON_HEADERS = { "content-type": "application/json" };
const flat = (text: string) => ({ ok: false, success: false, status: text, error: text, description: text, message: text, errors: [text], id: text, code: text, hint: text, errcode: text, detailed_error: text, details: [["WARNING", "now", text]] });
const SHAPES: ((text: string) => { headers: Record<string, string>; body: string })[] = [
  (text) => ({ headers: JSON_HEADERS, body: JSON.stringify(flat(text)) }),
  (text) => ({ headers: JSON_HEADERS, body: JSON.stringify({ ...flat(text), error: flat(text), errors: { a: [text], b: text }, messages: [{ status: "4", "error-text": text }] }) }),
  (text) => ({ headers: { "content-type": "text/plain" }, body: text }),
  (text) => ({ headers: { "content-type": "text/html" }, body: `<html><title>Error</title><p>${text}</p></html>` }),
];

/** A documented answer of the provider with what it was sent in it: in place of one of its texts, or behind each. */
function infect(reply: Reply, echo: string, which: number | "ALL"): Reply {
  if (!/^[{[]/.test(reply.body ?? "")) return { ...reply, body: `${reply.body ?? ""} ${echo}` };
  const body: unknown = JSON.parse(reply.body ?? "");
  const count = textsIn(body).length;
  let at = 0;
  return { ...reply, body: JSON.stringify(changeTexts(body, (text) => (which === "ALL" ? `${text} ${echo}` : at++ === which % count ? echo : text))) };
}

/** One way in which a receiver can fail: `arm` makes it do so for what comes next. */
interface Way {
  name: string;
  arm: () => void;
}

/** Ways that are the same for all HTTP kinds. */
function commonWays({ provider: { kind } }: ContractCase, fake: FakeHttp, shapes: number[]): Way[] {
  const echo = (status: number, shape: number, more: Record<string, string> = {}) => (request: SeenRequest) => {
    const { headers, body } = (SHAPES[shape] as (typeof SHAPES)[number])(echoOf(kind, request));
    return { status, headers: { ...headers, location: `https://example.com${request.path}?${request.query}`, ...more }, body };
  };
  const cutOff = { "content-length": "90000", connection: "close" };
  const answers: [string, Answer][] = [
    ...[200, 400, 401, 403, 404, 410, 429, 500].flatMap((status) => shapes.map((shape): [string, Answer] => [`${status} ${shape}`, echo(status, shape)])),
    ...[301, 302, 307].map((status): [string, Answer] => [`${status}`, echo(status, 0)]),
    ...[200, 400, 503].map((status): [string, Answer] => [`${status} cut off`, echo(status, 2, cutOff)]),
    ...(["CUT_OFF", "CUT_OFF_403", "RESET", "GARBAGE"] as const).map((answer): [string, Answer] => [answer, answer]),
  ];
  return answers.map(([name, answer]) => ({ name, arm: () => void (fake.script = Array.from({ length: 5 }, () => answer)) }));
}

/** The kind's own answers, good and bad, each with what was sent in it. */
function documentedWays({ provider: { kind }, accept }: ContractCase, fake: FakeHttp, errors: ContractCase["errors"]): Way[] {
  const good = (request: SeenRequest): Reply => {
    try {
      return accept(request);
    } catch (error) {
      return (error as Complaint).reply;
    }
  };
  const documented = [{ name: "accepted", answers: [good, good, good] as Answer[] }, ...errors.filter(({ answers }) => !answers.includes("HANG"))];
  return documented.flatMap(({ name, answers }) =>
    (["ALL", 0, 1] as const).map((which) => {
      const script = answers.map((answer): Answer => (typeof answer === "string" ? answer : (request) => infect(typeof answer === "function" ? answer(request) : answer, echoOf(kind, request), which)));
      return { name: `${name}, ${which}`, arm: () => void (fake.script = [...script]) };
    }),
  );
}

function mailWays(smtp: SmtpSink): Way[] {
  const login = `\0user\0${PASSWORD}`;
  const echo = [PASSWORD, encodeURIComponent(login), ...[login, PASSWORD].map((text) => Buffer.from(text).toString("base64"))].join(" ");
  const refusals = (["AUTH", "MAIL", "RCPT", "DATA_END"] as const).flatMap((on) => ["421 4.3.2", "450 4.2.0", "535 5.7.8", "550 5.1.1"].map((code): SmtpFault => ({ on, reply: `${code} ${echo}` })));
  const others: SmtpFault[] = [{ on: "RCPT", recipient: "b@example.com", reply: `550 ${echo}` }, { on: "DATA_END", reply: `250 2.0.0 ${echo}` }, { on: "CONNECT", reply: `554 ${echo}` }, { on: "DATA", drop: true }, { on: "DATA_END", drop: true }];
  return [...refusals, ...others].map((fault) => ({ name: JSON.stringify(fault), arm: () => (smtp.cutConnections(), smtp.fail(fault)) }));
}

// What is made of each kind.

/** A channel or an account with a receiver of its own. */
interface Subject {
  name: string;
  owner: ConfigOwner;
  config: Config;
  /** The subject that is its account. */
  account?: Subject;
  id?: string;
  invalid: ContractCase["invalid"];
  /** Ways to fail for what is saved, and further ones for what is not. */
  ways: Way[];
  moreWays: Way[];
}

const pick = (config: Config, names: readonly string[]) => Object.fromEntries(Object.entries(config).filter(([name]) => names.includes(name)));
const isAccount = ({ owner }: Subject) => ACCOUNTS.includes(owner as never);
const inputOf = ({ owner, config }: Subject) => ({ [configKey(owner.kind)]: config });

/** An account and the channel that takes all it can from there. */
function byAccount(provider: Provider, config: Config, rest: Pick<Subject, "invalid" | "ways">, moreWays: Way[]): Subject[] {
  if (!provider.account) return [];
  const names = Object.keys(provider.account.config.shape);
  const account = { name: `account of ${provider.kind}`, owner: provider.account, config: pick(config, names), ...rest, moreWays };
  const own = pick(config, Object.keys(config).filter((name) => !names.includes(name)));
  return [account, { name: `${provider.kind} by account`, owner: provider, config: own, account, ...rest, moreWays: [] }];
}

/** The shortest config that the kind takes, with a login in each of its secret URLs. */
function shortConfig(provider: Provider, config: Config): Config {
  const urls = configFields(provider).filter(({ secret, meta }) => secret && meta.format === "url").map(({ name }) => name);
  const required = pick(config, [...configFields(provider).filter((field) => field.required).map(({ name }) => name), "apiBaseUrl", "serverUrl"]);
  const login = { ...required, ...Object.fromEntries(urls.map((name) => [name, String(config[name]).replace("//", `//${URL_LOGIN.join(":")}@`)])) };
  return [login, required, config].find((one) => provider.config.safeParse(one).success) as Config;
}

async function httpSubjects(contract: ContractCase): Promise<Subject[][]> {
  const { provider, invalid, errors, checkErrors = [] } = contract;
  const fakes = await Promise.all([1, 2, 3].map(() => startFakeHttp(contract.accept)));
  receivers.push(...fakes);
  const [own, shared, short] = fakes as [FakeHttp, FakeHttp, FakeHttp];
  return [
    [{ name: provider.kind, owner: provider, config: contract.config(own.url), invalid, ways: commonWays(contract, own, [0]), moreWays: [...commonWays(contract, own, [1, 2, 3]), ...documentedWays(contract, own, errors)] }],
    byAccount(provider, contract.config(shared.url), { invalid: [], ways: commonWays(contract, shared, [0]) }, documentedWays(contract, shared, checkErrors)),
    [{ name: `${provider.kind} in short`, owner: provider, config: shortConfig(provider, contract.config(short.url)), invalid: [], ways: commonWays(contract, short, [0]), moreWays: [] }],
  ];
}

async function mailSubjects(provider: Provider): Promise<Subject[][]> {
  const sinks = await Promise.all([1, 2].map(() => startSmtpSink({ tls: "NONE", auth: { user: "user", password: PASSWORD } })));
  receivers.push(...sinks);
  const [own, shared] = sinks as [SmtpSink, SmtpSink];
  const config = ({ host, port }: SmtpSink) => ({ host, port, tls: "NONE", user: "user", password: PASSWORD, from: "a@example.com", to: ["b@example.com", "c@example.com"] });
  const invalid = [{ field: "port", value: 0, message: /./ }, { field: "user", value: null, message: /./ }];
  return [[{ name: "EMAIL", owner: provider, config: config(own), invalid, ways: mailWays(own), moreWays: [] }], byAccount(provider, config(shared), { invalid: [], ways: mailWays(shared) }, [])];
}

// What is asked of the server: operations made from its own schema, so that what is new is asked for as well.

type Fields = Record<string, GraphQLField<unknown, unknown>>;

const isConnection = (type: GraphQLOutputType) => getNamedType(type).name.endsWith("Connection");

/** Every field of a type that needs no argument, and those of the objects in it down to a depth; of all configs, everything. */
function select(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  // Members of a union may have fields of one name and several types.
  if (isUnionType(named)) return `{ __typename ${named.getTypes().map((member) => `... on ${member.name} { ${fieldsOf(member.getFields(), depth, `${member.name}_`)} }`).join(" ")} }`;
  return `{ __typename ${fieldsOf((named as GraphQLObjectType).getFields(), depth)} }`;
}

function fieldsOf(fields: Fields, depth: number, prefix?: string): string {
  const open = Object.values(fields).filter(({ name, args }) => !args.some(isRequiredArgument) && name !== "edges" && name !== "token");
  return open.map(({ name, type }) => {
    const left = isLeafType(getNamedType(type)) || isUnionType(getNamedType(type)) || /^(nodes|pageInfo|issues)$/.test(name) ? depth : depth - 1;
    return left < 0 || (prefix === undefined && left < depth && isConnection(type)) ? "" : `${prefix === undefined ? "" : `${prefix}${name}: `}${name} ${select(type, left)}`;
  }).join(" ");
}

function operation(kind: "query" | "mutation" | "subscription", { name, args, type }: GraphQLField<unknown, unknown>): string {
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  return `${kind} ${variables && `(${variables})`} { ${name} ${given && `(${given})`} ${select(type, 1)} }`;
}

// The test.

let subjects: Subject[][];
afterAll(async () => void (await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()))));
beforeAll(async () => {
  const http = CASES.filter(({ provider }) => PROVIDERS.some(({ kind }) => kind === provider.kind)).map(httpSubjects);
  const mail = PROVIDERS.filter(({ kind }) => kind === "EMAIL").map(mailSubjects);
  subjects = (await Promise.all([...mail, ...http])).flat().filter((group) => group.length > 0);
});

it("something is planted in every secret field of every kind", () => {
  expect([...new Set(subjects.flat().flatMap(holding))].sort()).toEqual([...new Set(allSecretFields)].sort());
  for (const secret of SECRETS) expect(secret.length, secret).toBeGreaterThanOrEqual(12);
});

it("no secret leaves the server, and none is written in clear", { timeout: 120_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-canary-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  await using server = await startServerProcess(dataDir, { ADMIN_TOKEN, SECRET_KEY: SECRET_KEY.toString("base64"), LOG_LEVEL: "trace" });
  const { api } = server;
  const schema = buildClientSchema(await api.run(getIntrospectionQuery()));
  const roots = { query: schema.getQueryType()?.getFields() as Fields, mutation: schema.getMutationType()?.getFields() as Fields, subscription: schema.getSubscriptionType()?.getFields() as Fields };

  const leaks: string[] = [];
  let searched = 0;
  let errors = 0;
  const search = (where: string, text: string) => {
    searched += 1;
    leaks.push(...secretsIn(text, SECRETS).map((found) => `${where}: ${found}`));
  };
  const ask = async (where: string, query: string, variables: object = {}) => {
    const { body } = await api.raw(query, variables);
    const text = JSON.stringify(body).replaceAll(/"example":("[^"]*")/g, (all, shown: string) => (EXAMPLES.has(shown) ? "" : all));
    search(where, text);
    const ours = text.replaceAll(/"(\w+_)?(title|body|guide|description|example|defaultValue|docsUrl|error)":("([^"\\]|\\.)*"|\[[^\]]*\])/g, "");
    leaks.push(...insideIn(ours).map((found) => `${where}: ${found}`));
    return body;
  };
  const mutate = async (name: string, { name: about }: { name: string }, variables: object, way = "") => {
    const field = roots.mutation[name] as Fields[string];
    const { data, errors: wrong } = await ask(`${name} ${about} ${way}`, operation("mutation", field), variables);
    const result = Object.fromEntries(Object.entries<any>(data?.[name] ?? { wrong }).map(([key, value]) => [key.replace(/^[^_]+_/, ""), value]));
    if (typeof result["error"] === "string" && result["error"] !== "") errors += 1;
    return result;
  };

  const heard: string[] = [];
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, ["graphql-transport-ws"]);
  socket.on("message", (data: Buffer) => heard.push(data.toString()));
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${ADMIN_TOKEN}` } }));
  await eventually(() => heard.some((text) => text.includes("connection_ack")));
  for (const [id, field] of Object.entries(roots.subscription)) socket.send(JSON.stringify({ id, type: "subscribe", payload: { query: operation("subscription", field) } }));

  // Everything is made, and whoever a trigger can name is named.
  const channels = subjects.flat().filter((subject) => !isAccount(subject));
  const pace = { perSecond: 10_000, burst: 10_000, timeout: "PT10S" };
  for (const subject of subjects.flat()) {
    const made = await (isAccount(subject)
      ? mutate("createProviderAccount", subject, { input: { name: subject.name, config: inputOf(subject) } })
      : mutate("createChannel", subject, { input: { name: subject.name, config: inputOf(subject), accountId: subject.account?.id ?? null, pace } }));
    subject.id = (made["providerAccount"] ?? made["channel"])?.id;
    expect(subject.id, JSON.stringify(made)).toBeDefined();
    expect(textsIn(made), "secretsSet").toEqual(expect.arrayContaining(secretFields(subject.owner).filter((name) => name in subject.config)));
  }
  await mutate("createChannel", { name: "LOG" }, { input: { name: "LOG", config: { log: true } } });
  const recipients = channels.flatMap(({ id, owner, config }) => {
    const named = pick(config, (owner as Provider).recipientFields ?? []);
    return Object.keys(named).length === 0 ? [] : [{ channelId: id, config: { [configKey(owner.kind)]: named } }];
  });
  expect((await mutate("updateTrigger", { name: "custom" }, { eventType: "custom", input: { recipients } }))["eventType"]).toBeDefined();

  // Every way to fail: for what is saved and what is not, and by events.
  const failEveryWay = async (subject: Subject) => {
    const [saved, unsaved] = isAccount(subject) ? ["testProviderAccount", "testProviderAccountConfig"] : ["testChannel", "testChannelConfig"];
    const testUnsaved = () => ({ config: inputOf(subject), ...(isAccount(subject) ? {} : { accountId: subject.account?.id ?? null }) });
    for (const { name, arm } of subject.ways) {
      arm();
      await mutate(saved as string, subject, { id: subject.id }, name);
    }
    for (const { name, arm } of subject.moreWays) {
      arm();
      await mutate(unsaved as string, subject, testUnsaved(), name);
    }
  };
  await Promise.all(subjects.map(async (group) => {
    for (const subject of group) await failEveryWay(subject);
  }));
  const events = { "accepted, ALL": "service.health.down", "400 0": "service.health.recovered", "404 0": "custom", "302": "custom", "503 cut off": "custom", "410 0": "custom" };
  for (const [way, type] of Object.entries(events)) {
    for (const { ways, moreWays } of channels) ([...ways, ...moreWays].find(({ name }) => name === way) ?? ways[0])?.arm();
    const { event } = await api.emit({ type, service: "shop", title: `by ${way}`, details: { way } });
    await eventually(async () => (await api.deliveries(event?.id ?? "")).every(({ tries, state }) => tries > 0 || state !== "PENDING"), 30_000);
  }

  // What is wrong, what is taken, and what is in use.
  const spoil: ((text: string) => unknown)[] = [(text) => [text], (text) => ({ text }), (text) => `ftp://${text}`, (text) => text.repeat(200)];
  const changeWrongly = async (subject: Subject) => {
    const { name, owner, config, id, invalid } = subject;
    const [create, update] = isAccount(subject) ? ["createProviderAccount", "updateProviderAccount"] : ["createChannel", "updateChannel"];
    const spoilt = secretFields(owner).filter((field) => field in config).flatMap((field) => spoil.map((change) => ({ ...config, [field]: changeTexts(config[field], change) })));
    // What the kind takes would change what is saved, and receivers still quote the old.
    const wrong = [...invalid.map(({ field, value }) => ({ ...config, [field]: value })), { ...config, nonsense: CANARY }, ...spoilt].filter((given) => subject.account || !owner.config.safeParse(given).success);
    for (const [at, given] of wrong.entries()) await mutate(update as string, subject, { id, input: { config: { [configKey(owner.kind)]: given } } }, `wrongly ${at}`);
    await mutate(create as string, subject, { input: { name: `${name} wrong`, config: { [configKey(owner.kind)]: wrong.at(-1) } } });
    await mutate(create as string, subject, { input: { name, config: inputOf(subject) } }, "again");
    const literal = JSON.stringify(Object.values(pick(config, secretFields(owner))));
    await ask(`${create} ${name} in the query`, `mutation { ${create}(input: { name: "x", config: { ${configKey(owner.kind)}: { ${secretFields(owner)[0] ?? "x"}: ${literal.replace(/[{}]|"\w+":/g, "")} } } }) { __typename } }`);
    if (isAccount(subject)) return void (await mutate("deleteProviderAccount", subject, { id }));
    for (const copy of [`copy of ${name}`, name]) await mutate("duplicateChannel", subject, { id, name: copy });
    for (const accountId of [subjects.flat().find(isAccount)?.id, id, null]) await mutate("updateChannel", subject, { id, input: { accountId } });
  };
  for (const subject of subjects.flat()) await changeWrongly(subject);
  for (const path of ["/v1/events", "/graphql"]) for (const body of [{ type: "custom", title: "x" }, [{ type: 1 }], "{", { query: "{ nope" }]) search(path, JSON.stringify((await api.post(path, body)).body));

  // Everything that can be asked, by lists and by id.
  const ids = new Map<string, Set<string>>();
  for (const [name, field] of Object.entries(roots.query).filter(([, { args }]) => !args.some(isRequiredArgument))) {
    for (let first = 100, after: string | null | undefined = null; after !== undefined; ) {
      const { data, errors: wrong } = await ask(`query ${name}`, operation("query", field), isConnection(field.type) ? { first, after } : {});
      if (JSON.stringify(wrong)?.includes("QUERY_TOO_COSTLY") && first > 3) {
        first = Math.ceil(first / 3);
        continue;
      }
      expect(wrong, name).toBeUndefined();
      for (const id of textsIn(data)) {
        const [type = ""] = Buffer.from(id, "base64").toString().split(":");
        if (/^\w+$/.test(type) && isObjectType(schema.getType(type))) ids.set(type, (ids.get(type) ?? new Set()).add(id));
      }
      after = data[name]?.pageInfo?.hasNextPage ? data[name].pageInfo.endCursor : undefined;
    }
  }
  for (const [type, some] of ids) {
    const node = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ${type} ${select(schema.getType(type) as GraphQLObjectType, 1)} } }`;
    expect((await ask(`nodes of ${type}`, node, { ids: [...some].slice(0, 3) })).errors, type).toBeUndefined();
  }
  for (const path of ["/metrics", "/health", "/ready", "/graphql"]) search(path, await (await fetch(server.url + path, { headers: { accept: "text/html" } })).text());
  await eventually(() => heard.length > 1000);
  socket.terminate();
  for (const text of heard) search("subscription", text);

  // What it wrote: the database as it is while running, with its journal, and after the end; the log, and what it printed.
  const searchFiles = async () => {
    for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) search(`file ${entry.name}`, (await readFile(join(entry.parentPath, entry.name))).toString("latin1"));
    }
  };
  await searchFiles();
  expect(await server.stop()).toBe(0);
  await searchFiles();
  for (const line of [...server.stdout().split("\n"), ...server.stderr().split("\n")]) search("log", line);

  // All that was to happen has happened.
  expect([...echoed].sort()).toEqual([...new Set(channels.filter(({ owner }) => owner.kind !== "EMAIL").map(({ owner }) => owner.kind))].sort());
  expect(errors).toBeGreaterThan(3000);
  expect([...ids.keys()].sort()).toEqual(schema.getPossibleTypes(schema.getType("Node") as GraphQLInterfaceType).map(({ name }) => name).sort());
  expect(leaks).toEqual([]);
});
