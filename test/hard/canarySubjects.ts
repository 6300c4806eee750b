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
import { secretsIn } from "./safety.ts";

/** What the canary test makes: something of every kind with known secrets, each with a receiver that throws back what it was sent. */

type Config = Record<string, unknown>;

/** One way in which a receiver can fail: `arm` makes it do so for what comes next. */
export interface Way {
  name: string;
  arm: () => void;
}

/** A channel or an account with a receiver of its own. */
export interface Subject {
  name: string;
  owner: ConfigOwner;
  config: Config;
  /** The subject that is its account. */
  account?: Subject;
  id?: string;
  invalid: ContractCase["invalid"];
  /** Ways to fail for what is saved. */
  ways: Way[];
  /** Further ways, for what is not saved. */
  moreWays: Way[];
}

const PASSWORD = "CANARYpassword0123456789abcdef";

/** Put before the host of every URL that is secret, where the kind takes that. */
const URL_LOGIN = ["CANARYurluser0123456789abc", "CANARYurlpass0123456789abc"] as const;

/** Every text that stands in a secret field of a subject. */
export const PLANTED = [...new Set([CANARY, PASSWORD, ...URL_LOGIN, ...CASES.flatMap(({ secrets }) => secrets ?? [])])];

/** Kinds whose receiver was sent a secret and threw it back. */
export const echoed = new Set<string>();

const receivers: AsyncDisposable[] = [];

/** Starts all receivers. @returns everything to be made, in groups that share a receiver: an account stands before its channel */
export async function startSubjects(): Promise<Subject[][]> {
  const http = CASES.filter(({ provider }) => PROVIDERS.some(({ kind }) => kind === provider.kind)).map(httpSubjects);
  const mail = PROVIDERS.filter(({ kind }) => kind === "EMAIL").map(mailSubjects);
  return (await Promise.all([...mail, ...http])).flat().filter((group) => group.length > 0);
}

/** Ends what `startSubjects` started. */
export async function stopReceivers(): Promise<void> {
  await Promise.all(receivers.map((receiver) => receiver[Symbol.asyncDispose]()));
}

// Reading subjects, and values in general.

/** Names of the secret fields of a kind. */
export const secretFields = (owner: ConfigOwner) =>
  configFields(owner)
    .filter(({ secret }) => secret)
    .map(({ name }) => name);

/** KIND.field of every secret field of every kind of channel and account. */
export const allSecretFields = () => [...PROVIDERS, ...ACCOUNTS].flatMap((owner) => secretFields(owner).map((name) => `${owner.kind}.${name}`));

/** KIND.field of every secret field of the subject that holds something planted. */
export function plantedFields({ owner, config }: Subject): string[] {
  const holding = secretFields(owner).filter((name) => secretsIn(JSON.stringify(config[name] ?? null), PLANTED).length > 0);
  return holding.map((name) => `${owner.kind}.${name}`);
}

/** Whether it is an account and no channel. */
export const isAccount = ({ owner }: Subject) => ACCOUNTS.includes(owner as never);

/** A config of the subject's kind as the API takes it; left out: the subject's own. */
export const inputOf = ({ owner, config }: Subject, given: Config = config) => ({ [configKey(owner.kind)]: given });

/** Its config as it would stand in a query, with all its secrets in the first of the secret fields. */
export function literalInputOf({ owner, config }: Subject): string {
  const [field = "x"] = secretFields(owner);
  const literal = JSON.stringify(Object.values(pick(config, secretFields(owner)))).replace(/[{}]|"\w+":/g, "");
  return `{ ${configKey(owner.kind)}: { ${field}: ${literal} } }`;
}

/** Whom a trigger can name of the channel, as a trigger takes it: the recipients of its config, if its kind has any. */
export function recipientsOf(subject: Subject): object[] {
  const named = pick(subject.config, (subject.owner as Provider).recipientFields ?? []);
  return Object.keys(named).length === 0 ? [] : [{ channelId: subject.id, config: inputOf(subject, named) }];
}

/** The fields of a config that have these names. */
const pick = (config: Config, names: readonly string[]) => Object.fromEntries(Object.entries(config).filter(([name]) => names.includes(name)));

/** Every text in a value, however deep. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A copy of a value with every text in it changed. */
function changeTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => changeTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changeTexts(one, change)]));
}

// What receivers answer.

/** All of a request that holds a secret, as a provider might quote it: the shortest first, as answers are cut. */
function echoOf(kind: string, { path, query, headers, body }: SeenRequest): string {
  const basic = Buffer.from((headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
  const form = [...new URLSearchParams(body.toString())].flat();
  const json = headers["content-type"]?.includes("json") && body.length > 0 ? textsIn(JSON.parse(body.toString())) : [];
  const url = [path, decodeURIComponent(path), ...path.split("/"), query.toString(), ...query.values()];
  const pieces = [...url, ...textsIn(headers), ...basic.split(":"), basic, ...form, ...json, body.toString("utf8", 0, 2000)];
  const telling = [...new Set(pieces)].filter((piece) => secretsIn(piece, PLANTED).length > 0);
  if (telling.length > 0) echoed.add(kind);
  return telling.sort((a, b) => a.length - b.length).join(" ");
}

/** The text wherever one provider or another says what is wrong. */
const flat = (text: string) => ({
  ok: false,
  success: false,
  status: text,
  error: text,
  description: text,
  message: text,
  errors: [text],
  id: text,
  code: text,
  hint: text,
  errcode: text,
  detailed_error: text,
  details: [["WARNING", "now", text]],
});

const nested = (text: string) => ({
  ...flat(text),
  error: flat(text),
  errors: { a: [text], b: text },
  messages: [{ status: "4", "error-text": text }],
});

/** The ways to put a text into an answer. */
const SHAPES = {
  FLAT: (text: string) => ({ type: "application/json", body: JSON.stringify(flat(text)) }),
  NESTED: (text: string) => ({ type: "application/json", body: JSON.stringify(nested(text)) }),
  TEXT: (text: string) => ({ type: "text/plain", body: text }),
  HTML: (text: string) => ({ type: "text/html", body: `<html><title>Error</title><p>${text}</p></html>` }),
};

type Shape = keyof typeof SHAPES;

const CUT_OFF = { "content-length": "90000", connection: "close" };

/** A documented answer of the provider with what it was sent in it: in place of one of its texts, or behind each. */
function infect(reply: Reply, echo: string, which: number | "ALL"): Reply {
  if (!/^[{[]/.test(reply.body ?? "")) return { ...reply, body: `${reply.body ?? ""} ${echo}` };
  const body: unknown = JSON.parse(reply.body ?? "");
  const count = textsIn(body).length;
  let at = 0;
  const infected = changeTexts(body, (text) => {
    if (which === "ALL") return `${text} ${echo}`;
    return at++ === which % count ? echo : text;
  });
  return { ...reply, body: JSON.stringify(infected) };
}

// Ways to fail.

/** Ways that are the same for all HTTP kinds. */
function commonWays({ provider: { kind } }: ContractCase, fake: FakeHttp, shapes: Shape[]): Way[] {
  const echo = (status: number, shape: Shape, more: Record<string, string> = {}) => (request: SeenRequest) => {
    const { type, body } = SHAPES[shape](echoOf(kind, request));
    return { status, headers: { "content-type": type, location: `https://example.com${request.path}?${request.query}`, ...more }, body };
  };
  const statuses = [200, 400, 401, 403, 404, 410, 429, 500];
  const answers: [string, Answer][] = [
    ...statuses.flatMap((status) => shapes.map((shape): [string, Answer] => [`${status} ${shape}`, echo(status, shape)])),
    ...[301, 302, 307].map((status): [string, Answer] => [`${status}`, echo(status, "FLAT")]),
    ...[200, 400, 503].map((status): [string, Answer] => [`${status} cut off`, echo(status, "TEXT", CUT_OFF)]),
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
  const infected = (answer: Answer, which: number | "ALL"): Answer => {
    if (typeof answer === "string") return answer;
    return (request) => infect(typeof answer === "function" ? answer(request) : answer, echoOf(kind, request), which);
  };
  const accepted = { name: "accepted", answers: [good, good, good] as Answer[] };
  const documented = [accepted, ...errors.filter(({ answers }) => !answers.includes("HANG"))];
  return documented.flatMap(({ name, answers }) =>
    (["ALL", 0, 1] as const).map((which) => ({
      name: `${name}, ${which}`,
      arm: () => void (fake.script = answers.map((answer) => infected(answer, which))),
    })),
  );
}

/** Every step of SMTP refused, with the login in the answer. */
function mailWays(smtp: SmtpSink): Way[] {
  const login = `\0user\0${PASSWORD}`;
  const echo = [PASSWORD, encodeURIComponent(login), ...[login, PASSWORD].map((text) => Buffer.from(text).toString("base64"))].join(" ");
  const codes = ["421 4.3.2", "450 4.2.0", "535 5.7.8", "550 5.1.1"];
  const faults: SmtpFault[] = [
    ...(["AUTH", "MAIL", "RCPT", "DATA_END"] as const).flatMap((on) => codes.map((code) => ({ on, reply: `${code} ${echo}` }))),
    { on: "RCPT", recipient: "b@example.com", reply: `550 ${echo}` },
    { on: "DATA_END", reply: `250 2.0.0 ${echo}` },
    { on: "CONNECT", reply: `554 ${echo}` },
    { on: "DATA", drop: true },
    { on: "DATA_END", drop: true },
  ];
  const arm = (fault: SmtpFault) => {
    smtp.cutConnections();
    smtp.fail(fault);
  };
  return faults.map((fault) => ({ name: JSON.stringify(fault), arm: () => arm(fault) }));
}

// What is made of each kind.

/** An account and the channel that takes all it can from there. */
function byAccount(provider: Provider, config: Config, ways: Way[], moreWays: Way[]): Subject[] {
  if (!provider.account) return [];
  const names = Object.keys(provider.account.config.shape);
  const own = pick(config, Object.keys(config).filter((name) => !names.includes(name)));
  const account = { name: `account of ${provider.kind}`, owner: provider.account, config: pick(config, names), invalid: [], ways, moreWays };
  return [account, { name: `${provider.kind} by account`, owner: provider, config: own, account, invalid: [], ways, moreWays: [] }];
}

/** The shortest config that the kind takes, with a login in each of its secret URLs. */
function shortConfig(provider: Provider, config: Config): Config {
  const fields = configFields(provider);
  const required = pick(config, [...fields.filter((field) => field.required).map(({ name }) => name), "apiBaseUrl", "serverUrl"]);
  const urls = fields.filter(({ secret, meta }) => secret && meta.format === "url").map(({ name }) => name);
  const withLogin = (name: string) => String(config[name]).replace("//", `//${URL_LOGIN.join(":")}@`);
  const login = { ...required, ...Object.fromEntries(urls.map((name) => [name, withLogin(name)])) };
  return [login, required, config].find((one) => provider.config.safeParse(one).success) as Config;
}

/** An HTTP kind as its contract case sets it, by an account, and in short. */
async function httpSubjects(contract: ContractCase): Promise<Subject[][]> {
  const { provider, invalid, errors, checkErrors = [] } = contract;
  const { kind } = provider;
  const fakes = await Promise.all([1, 2, 3].map(() => startFakeHttp(contract.accept)));
  receivers.push(...fakes);
  const [own, shared, short] = fakes as [FakeHttp, FakeHttp, FakeHttp];
  const ways = (fake: FakeHttp) => commonWays(contract, fake, ["FLAT"]);
  const moreWays = [...commonWays(contract, own, ["NESTED", "TEXT", "HTML"]), ...documentedWays(contract, own, errors)];
  const inShort = shortConfig(provider, contract.config(short.url));
  return [
    [{ name: kind, owner: provider, config: contract.config(own.url), invalid, ways: ways(own), moreWays }],
    byAccount(provider, contract.config(shared.url), ways(shared), documentedWays(contract, shared, checkErrors)),
    [{ name: `${kind} in short`, owner: provider, config: inShort, invalid: [], ways: ways(short), moreWays: [] }],
  ];
}

/** Mail with a login, by itself and by an account. */
async function mailSubjects(provider: Provider): Promise<Subject[][]> {
  const sinks = await Promise.all([1, 2].map(() => startSmtpSink({ tls: "NONE", auth: { user: "user", password: PASSWORD } })));
  receivers.push(...sinks);
  const [own, shared] = sinks as [SmtpSink, SmtpSink];
  const letter = { from: "a@example.com", to: ["b@example.com", "c@example.com"] };
  const config = ({ host, port }: SmtpSink) => ({ host, port, tls: "NONE", user: "user", password: PASSWORD, ...letter });
  const invalid = [
    { field: "port", value: 0, message: /./ },
    { field: "user", value: null, message: /./ },
  ];
  return [
    [{ name: "EMAIL", owner: provider, config: config(own), invalid, ways: mailWays(own), moreWays: [] }],
    byAccount(provider, config(shared), mailWays(shared), []),
  ];
}

/** What no field takes, with the secret in it. */
const SPOIL: ((text: string) => unknown)[] = [(text) => [text], (text) => ({ text }), (text) => `ftp://${text}`, (text) => text.repeat(200)];

/** The subject's config with one thing wrong with it, in every way. */
export function wrongConfigs({ owner, config, account, invalid }: Subject): Config[] {
  const given = secretFields(owner).filter((field) => field in config);
  const spoilt = given.flatMap((field) => SPOIL.map((change) => ({ ...config, [field]: changeTexts(config[field], change) })));
  const wrong = [...invalid.map(({ field, value }) => ({ ...config, [field]: value })), { ...config, nonsense: CANARY }, ...spoilt];
  // What the kind takes would change what is saved, and receivers still quote the old.
  return wrong.filter((one) => account || !owner.config.safeParse(one).success);
}
