import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import type { FakeHttp } from "../channels/fakeHttp.ts";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Provider accounts: credentials in one place; and recipients that a trigger sets. With Telegram, which has both. */

const TOKEN = "123456789:AAfirstTokenFirstTokenFirstToken";
const OTHER_TOKEN = "987654321:AAotherTokenOtherTokenOtherToken";

let server: TestServer;
let telegram: FakeHttp;
beforeAll(async () => {
  server = await startTestServer();
  telegram = await startFakeHttp(() => ({ status: 200, body: JSON.stringify({ ok: true, result: { message_id: 1 } }) }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await telegram[Symbol.asyncDispose]();
});

const ERROR = "... on Error { code message } ... on ValidationError { issues { path message } }";
const CREATE = `mutation ($input: CreateProviderAccountInput!) { createProviderAccount(input: $input) { __typename ... on CreateProviderAccountPayload { providerAccount { id name kind config { ... on TelegramAccountConfig { apiBaseUrl secretsSet } } channels { name } } } ${ERROR} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateProviderAccountInput!) { updateProviderAccount(id: $id, input: $input) { __typename ... on UpdateProviderAccountPayload { providerAccount { name } } ${ERROR} } }`;
const DELETE = `mutation ($id: ID!, $evenIfUsed: Boolean) { deleteProviderAccount(id: $id, evenIfUsed: $evenIfUsed) { __typename ... on DeleteProviderAccountPayload { deletedId } ... on Error { code message } } }`;
const CHANNEL = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { __typename ... on CreateChannelPayload { channel { id account { name } config { ... on TelegramConfig { chatId apiBaseUrl secretsSet } } } } ${ERROR} } }`;
const CHANGE_CHANNEL = `mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { __typename ... on UpdateChannelPayload { channel { id enabled disabledReason account { name } config { ... on TelegramConfig { chatId secretsSet } } } } ${ERROR} } }`;

let names = 0;
async function createAccount(config: object = { telegram: { botToken: TOKEN, apiBaseUrl: telegram.url } }): Promise<any> {
  const { createProviderAccount } = await server.api.run<any>(CREATE, { input: { name: `Account ${(names += 1)}`, config } });
  return createProviderAccount.providerAccount ?? createProviderAccount;
}
async function createChannel(accountId: string | null, config: object = { telegram: { chatId: "42" } }, more: object = {}): Promise<any> {
  const { createChannel: result } = await server.api.run<any>(CHANNEL, { input: { name: `Channel ${(names += 1)}`, accountId, config, ...more } });
  if (result.channel) onTestFinished(async () => void (await server.api.run(`mutation ($id: ID!) { deleteChannel(id: $id) { __typename } }`, { id: result.channel.id })));
  return result.channel ?? result;
}
const changeChannel = async (id: string, input: object) => (await server.api.run<any>(CHANGE_CHANNEL, { id, input })).updateChannel;
const test = async (id: string) => (await server.api.run<any>(`mutation ($id: ID!) { testChannel(id: $id) { ... on TestChannelPayload { delivered error } } }`, { id })).testChannel;
const lastRequest = () => telegram.requests.at(-1);

describe("a provider account", () => {
  it("gives its credentials to the channels that name it, and shows none of them", async () => {
    const account = await createAccount();
    expect(account).toMatchObject({ kind: "TELEGRAM", config: { apiBaseUrl: telegram.url, secretsSet: ["botToken"] }, channels: [] });
    const channel = await createChannel(account.id);
    expect(channel).toMatchObject({ account: { name: account.name }, config: { chatId: "42", apiBaseUrl: null, secretsSet: [] } });
    expect(await test(channel.id)).toEqual({ delivered: true, error: null });
    expect(lastRequest()?.path).toBe(`/bot${TOKEN}/sendMessage`);
  });

  it("changes in one place for all", async () => {
    const account = await createAccount();
    const channels = [await createChannel(account.id), await createChannel(account.id, { telegram: { chatId: "43" } })];
    const { updateProviderAccount } = await server.api.run<any>(UPDATE, { id: account.id, input: { config: { telegram: { botToken: OTHER_TOKEN, apiBaseUrl: telegram.url } } } });
    expect(updateProviderAccount.__typename).toBe("UpdateProviderAccountPayload");
    for (const { id } of channels) {
      await test(id);
      expect(lastRequest()?.path).toBe(`/bot${OTHER_TOKEN}/sendMessage`);
    }
  });

  it("keeps a secret that an update leaves out", async () => {
    const account = await createAccount();
    const channel = await createChannel(account.id);
    await server.api.run(UPDATE, { id: account.id, input: { name: `${account.name} renamed`, config: { telegram: { apiBaseUrl: `${telegram.url}/relay` } } } });
    await test(channel.id);
    expect(lastRequest()?.path).toBe(`/relay/bot${TOKEN}/sendMessage`);
  });

  it("goes behind what the channel has of its own", async () => {
    const account = await createAccount();
    const channel = await createChannel(account.id, { telegram: { chatId: "42", botToken: OTHER_TOKEN } });
    await test(channel.id);
    expect(lastRequest()?.path).toBe(`/bot${OTHER_TOKEN}/sendMessage`);
  });

  it("takes the place of a channel's own credentials when the channel moves to it, and back", async () => {
    const account = await createAccount();
    const channel = await createChannel(null, { telegram: { chatId: "42", botToken: OTHER_TOKEN, apiBaseUrl: telegram.url } });
    const moved = await changeChannel(channel.id, { accountId: account.id });
    expect(moved.channel).toMatchObject({ account: { name: account.name }, config: { chatId: "42", secretsSet: [] } });
    await test(channel.id);
    expect(lastRequest()?.path).toBe(`/bot${TOKEN}/sendMessage`);

    expect(await changeChannel(channel.id, { accountId: null })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "config.telegram.botToken" }] });
    const back = await changeChannel(channel.id, { accountId: null, config: { telegram: { chatId: "42", botToken: OTHER_TOKEN, apiBaseUrl: telegram.url } } });
    expect(back.channel).toMatchObject({ account: null, config: { secretsSet: ["botToken"] } });
    await test(channel.id);
    expect(lastRequest()?.path).toBe(`/bot${OTHER_TOKEN}/sendMessage`);
  });

  it("is copied by name with its channel", async () => {
    const account = await createAccount();
    const channel = await createChannel(account.id);
    const { duplicateChannel } = await server.api.run<any>(`mutation ($id: ID!, $name: String!) { duplicateChannel(id: $id, name: $name) { ... on DuplicateChannelPayload { channel { account { name } } } } }`, { id: channel.id, name: `Copy ${names}` });
    expect(duplicateChannel.channel.account.name).toBe(account.name);
  });

  it("is checked: form, kind and name", async () => {
    expect(await createAccount({ telegram: { botToken: "nonsense" } })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "config.telegram.botToken", message: expect.stringContaining("@BotFather") }] });
    expect(await createAccount({ telegram: {} })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "config.telegram.botToken" }] });
    const account = await createAccount();
    const { createProviderAccount } = await server.api.run<any>(CREATE, { input: { name: account.name, config: { telegram: { botToken: TOKEN } } } });
    expect(createProviderAccount).toMatchObject({ code: "CONFLICT", message: expect.stringContaining(account.name) });
    const { updateProviderAccount } = await server.api.run<any>(UPDATE, { id: account.id, input: { config: { smtp: { host: "mail.example.com", from: "a@example.com" } } } });
    expect(updateProviderAccount).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "config.smtp", message: expect.stringContaining('must be "telegram"') }] });
  });

  it("of another kind, or none, is refused by a channel", async () => {
    const smtp = await createAccount({ smtp: { host: "mail.example.com", from: "a@example.com" } });
    expect(await createChannel(smtp.id)).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "accountId", message: expect.stringContaining("kind TELEGRAM") }] });
    expect(await createChannel(smtp.id, { log: true })).toMatchObject({ issues: [{ path: "accountId", message: expect.stringContaining("must be left out") }] });
    expect(await createChannel(Buffer.from("ProviderAccount:nope").toString("base64"))).toMatchObject({ issues: [{ path: "accountId", message: "must be the id of a provider account" }] });
    expect(await createChannel(Buffer.from("Channel:nope").toString("base64"))).toMatchObject({ issues: [{ path: "accountId" }] });
  });

  it("is not deleted while it is used, unless told to, which switches its channels off until they have others", async () => {
    const account = await createAccount();
    const channel = await createChannel(account.id);
    const refused = (await server.api.run<any>(DELETE, { id: account.id })).deleteProviderAccount;
    expect(refused).toMatchObject({ code: "CONFLICT", message: expect.stringMatching(/used by the channel "Channel \d+"/) });
    expect((await server.api.run<any>(DELETE, { id: account.id, evenIfUsed: true })).deleteProviderAccount).toMatchObject({ deletedId: account.id });

    const { channel: left } = await server.api.run<any>(`query ($id: ID!) { channel(id: $id) { enabled disabledReason account { name } } }`, { id: channel.id });
    expect(left).toEqual({ enabled: false, disabledReason: `Its provider account "${account.name}" was deleted.`, account: null });
    expect(await changeChannel(channel.id, { enabled: true })).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "config.telegram.botToken" }] });
    const mended = await changeChannel(channel.id, { enabled: true, config: { telegram: { chatId: "42", botToken: TOKEN, apiBaseUrl: telegram.url } } });
    expect(mended.channel).toMatchObject({ enabled: true, disabledReason: null });
    expect((await server.api.run<any>(DELETE, { id: account.id })).deleteProviderAccount).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is tested on its own, saved or not, with the provider's own words", async () => {
    const account = await createAccount();
    const fields = "accepted status error hint durationMs";
    const saved = async () => (await server.api.run<any>(`mutation ($id: ID!) { testProviderAccount(id: $id) { ... on TestProviderAccountPayload { ${fields} } } }`, { id: account.id })).testProviderAccount;
    const before = telegram.requests.length;
    expect(await saved()).toMatchObject({ accepted: true, status: "200", error: null });
    expect(telegram.requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([`GET /bot${TOKEN}/getMe`]);

    telegram.script.push({ status: 401, body: JSON.stringify({ ok: false, error_code: 401, description: "Unauthorized" }) });
    expect(await saved()).toMatchObject({ accepted: false, status: "401", error: "Unauthorized", hint: expect.stringContaining("token is wrong") });

    const TEST = `mutation ($config: ProviderAccountConfigInput!, $accountId: ID) { testProviderAccountConfig(config: $config, accountId: $accountId) { ... on TestProviderAccountConfigPayload { ${fields} } ${ERROR} } }`;
    const unsaved = (await server.api.run<any>(TEST, { config: { telegram: { apiBaseUrl: telegram.url } }, accountId: account.id })).testProviderAccountConfig;
    expect(unsaved).toMatchObject({ accepted: true });
    expect((await server.api.run<any>(TEST, { config: { telegram: { apiBaseUrl: telegram.url } } })).testProviderAccountConfig).toMatchObject({ code: "VALIDATION_FAILED" });
    const { history } = await server.api.run<any>(`{ history { nodes { title } } }`);
    expect(history.nodes.filter(({ title }: { title: string }) => title.includes("account"))).toEqual([]);
  });

  it("is used by the test of a config that is not saved", async () => {
    const account = await createAccount();
    const TEST = `mutation ($config: ChannelConfigInput!, $accountId: ID) { testChannelConfig(config: $config, accountId: $accountId) { ... on TestChannelConfigPayload { delivered } ${ERROR} } }`;
    expect((await server.api.run<any>(TEST, { config: { telegram: { chatId: "44" } }, accountId: account.id })).testChannelConfig).toEqual({ delivered: true });
    expect(lastRequest()?.path).toBe(`/bot${TOKEN}/sendMessage`);
    expect((await server.api.run<any>(TEST, { config: { telegram: { chatId: "44" } } })).testChannelConfig).toMatchObject({ issues: [{ path: "config.telegram.botToken" }] });
  });

  it("is listed with the channels that use it", async () => {
    const account = await createAccount();
    const channel = await createChannel(account.id);
    const { providerAccounts, providerAccount, node } = await server.api.run<any>(
      `query ($id: ID!) { providerAccounts(first: 100) { nodes { id channels { id } } } providerAccount(id: $id) { name } node(id: $id) { ... on ProviderAccount { name } } }`,
      { id: account.id },
    );
    expect(providerAccounts.nodes).toContainEqual({ id: account.id, channels: [{ id: channel.id }] });
    expect([providerAccount.name, node.name]).toEqual([account.name, account.name]);
  });
});

describe("a trigger's recipients", () => {
  const SET = `mutation ($eventType: String!, $input: UpdateTriggerInput!) { updateTrigger(eventType: $eventType, input: $input) { ... on UpdateTriggerPayload { eventType { recipients { channel { id } config { ... on TelegramRecipient { chatId topicId } } } } } ${ERROR} } }`;
  const set = async (eventType: string, recipients: unknown) => (await server.api.run<any>(SET, { eventType, input: { recipients } })).updateTrigger;
  const chats = () => telegram.requests.map(({ body }) => (JSON.parse(body.toString()) as { chat_id: number }).chat_id);

  it("get its events in place of the channel's own, the recovery included; other events go where they always went", async () => {
    const channel = await createChannel(null, { telegram: { botToken: TOKEN, chatId: "100", apiBaseUrl: telegram.url } }, { pace: { perSecond: 1000, burst: 1000 } });
    onTestFinished(async () => void (await server.api.run(`mutation { resetTrigger(eventType: "service.health.down") { __typename } }`)));
    const result = await set("service.health.down", [{ channelId: channel.id, config: { telegram: { chatId: "-200" } } }]);
    expect(result.eventType.recipients).toEqual([{ channel: { id: channel.id }, config: { chatId: "-200", topicId: null } }]);

    telegram.requests.length = 0;
    await server.api.emit({ type: "service.health.down", service: "web" });
    await server.api.settled();
    await server.api.emit({ type: "deploy.failure", service: "web" });
    await server.api.settled();
    await server.api.emit({ type: "service.health.recovered", service: "web" });
    await server.api.settled();
    expect(chats()).toEqual([-200, 100, -200]);

    await set("service.health.down", null);
    telegram.requests.length = 0;
    await server.api.emit({ type: "service.health.down", service: "db" });
    await server.api.settled();
    expect(chats()).toEqual([100]);
  });

  it("do not switch the channel off when the provider says that they are gone", async () => {
    const channel = await createChannel(null, { telegram: { botToken: TOKEN, chatId: "100", apiBaseUrl: telegram.url } });
    onTestFinished(async () => void (await server.api.run(`mutation { resetTrigger(eventType: "deploy.failure") { __typename } }`)));
    await set("deploy.failure", [{ channelId: channel.id, config: { telegram: { chatId: "-200" } } }]);
    telegram.script.push({ status: 403, body: JSON.stringify({ ok: false, error_code: 403, description: "Forbidden: the group chat was deleted" }) });
    await server.api.emit({ type: "deploy.failure", service: "elsewhere" });
    await server.api.settled();
    expect(await server.api.run(`query ($id: ID!) { channel(id: $id) { enabled } }`, { id: channel.id })).toEqual({ channel: { enabled: true } });
  });

  it("are checked", async () => {
    const channel = await createChannel(null, { telegram: { botToken: TOKEN, chatId: "100", apiBaseUrl: telegram.url } });
    const { channels } = await server.api.run<any>(`{ channels { nodes { id kind } } }`);
    const inbox = channels.nodes.find(({ kind }: { kind: string }) => kind === "INBOX").id;
    const at = (channelId: string, config: object) => [{ channelId, config }];
    expect(await set("deploy.failure", at(channel.id, { telegram: { chatId: "nonsense!" } }))).toMatchObject({ issues: [{ path: "recipients.0.config.telegram.chatId" }] });
    expect(await set("deploy.failure", at(channel.id, { telegram: {} }))).toMatchObject({ issues: [{ path: "recipients.0.config", message: expect.stringContaining("at least one") }] });
    expect(await set("deploy.failure", at(channel.id, { email: { to: ["a@example.com"] } }))).toMatchObject({ issues: [{ path: "recipients.0.config", message: expect.stringContaining('must be "telegram"') }] });
    expect(await set("deploy.failure", at(inbox, { email: { to: ["a@example.com"] } }))).toMatchObject({ issues: [{ message: expect.stringContaining("no recipient") }] });
    expect(await set("deploy.failure", at(Buffer.from("Channel:nope").toString("base64"), { telegram: { chatId: "1" } }))).toMatchObject({ issues: [{ path: "recipients.0.channelId" }] });
    expect(await set("deploy.failure", [...at(channel.id, { telegram: { chatId: "1" } }), ...at(channel.id, { telegram: { chatId: "2" } })])).toMatchObject({ issues: [{ path: "recipients.1.channelId" }] });
    expect(await set("service.health.recovered", at(channel.id, { telegram: { chatId: "1" } }))).toMatchObject({ issues: [{ path: "recipients", message: expect.stringContaining("service.health.down") }] });
  });
});

describe("a channel's pace", () => {
  it("is its kind's unless it sets its own, and holds at once when it changes", async () => {
    const channel = await createChannel(null, { telegram: { botToken: TOKEN, chatId: "300", apiBaseUrl: telegram.url } });
    const PACE = "pace { concurrency perSecond burst timeout }";
    const pace = async () => (await server.api.run<any>(`query ($id: ID!) { channel(id: $id) { ${PACE} } }`, { id: channel.id })).channel.pace;
    expect(await pace()).toEqual({ concurrency: 1, perSecond: 20 / 60, burst: 5, timeout: "PT15S" });

    const emit = async (count: number) => server.api.run(`mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { __typename } }`, { input: Array.from({ length: count }, (_, at) => ({ type: "deploy.failure", details: { build: `${names} ${at}` } })) });
    telegram.requests.length = 0;
    await emit(8);
    await expect.poll(() => telegram.requests.length).toBe(5);
    await changeChannel(channel.id, { pace: { perSecond: 500, burst: 500, timeout: "PT3S" } });
    expect(await pace()).toEqual({ concurrency: 1, perSecond: 500, burst: 500, timeout: "PT3S" });
    await expect.poll(() => telegram.requests.length).toBe(8);
    await changeChannel(channel.id, { pace: null });
    expect(await pace()).toMatchObject({ burst: 5 });
  });

  it("is checked", async () => {
    const channel = await createChannel(null, { telegram: { botToken: TOKEN, chatId: "300", apiBaseUrl: telegram.url } });
    for (const [field, value] of [["concurrency", 0], ["perSecond", 0], ["burst", 0], ["timeout", "PT10M"]] as const) {
      expect(await changeChannel(channel.id, { pace: { [field]: value } }), field).toMatchObject({ issues: [{ path: `pace.${field}`, message: expect.stringContaining("must be from") }] });
    }
  });
});
