import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "./apiClient.ts";
import type { ApiClient } from "./apiClient.ts";
import { startTestServer } from "./testServer.ts";

/** The whole configuration as a document: out of one server, into another, and kept in git. */

async function start(): Promise<ApiClient> {
  const server = await startTestServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server.api;
}

type Document = Record<string, any>;

async function exported(api: ApiClient, passphrase?: string): Promise<Document> {
  const { exportConfiguration } = await api.run<any>(`query ($passphrase: String) { exportConfiguration(passphrase: $passphrase) { ... on ExportConfigurationPayload { document } ... on Error { message } } }`, { passphrase });
  return exportConfiguration.document ?? exportConfiguration;
}

interface Imported {
  applied?: boolean;
  changes?: { action: string; section: string; name: string; customer: string | null; differences: { path: string; before: string | null; after: string | null }[] }[];
  code?: string;
  message?: string;
  issues?: { path: string; message: string; code: string }[];
}

async function imported(api: ApiClient, document: Document, options: object = {}): Promise<Imported> {
  const { importConfiguration } = await api.run<any>(
    `mutation ($input: ImportConfigurationInput!) { importConfiguration(input: $input) {
      ... on ImportConfigurationPayload { applied changes { action section name customer differences { path before after } } } ... on Error { code message } ... on ValidationError { issues { path message code } } } }`,
    { input: { document, ...options } },
  );
  return importConfiguration as Imported;
}

const create = (api: ApiClient, mutation: string, input: object, selection = "__typename") =>
  api.run<any>(`mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { ... on ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Payload { ${selection} } ... on Error { message } } }`, { input }).then((data) => data[mutation]);

/** One of everything that can be set, with references between them. */
async function setEverything(api: ApiClient, url: string): Promise<void> {
  await create(api, "registerEventType", { name: "printer.jam", title: "Paper jam", severity: "WARNING", condition: true, fingerprint: ["service"] });
  const { account } = await create(api, "createProviderAccount", { name: "bot", config: { telegram: { botToken: "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11" } } }, "account: providerAccount { id }");
  const { contact } = await create(api, "createContact", { name: "Ann", severities: ["CRITICAL", "WARNING"] }, "contact { id }");
  const { group } = await create(api, "createContactGroup", { name: "On call", contactIds: [contact.id] }, "group: contactGroup { id }");
  await create(api, "createContactGroup", { name: "Everybody", groupIds: [group.id] });
  await api.createChannel("Ann's Telegram", { telegram: { chatId: "-100123" } }, { accountId: account.id, contactId: contact.id, enabled: false });
  const hook = await api.createChannel("Hook", { webhook: { url, secret: "a-secret-of-sixteen" } }, {
    pace: { concurrency: 3, timeout: "PT20S" }, quietHours: { timeZone: "Europe/Berlin", windows: [{ start: "22:00", end: "06:00", days: ["MON"] }] }, minimumSeverity: "WARNING", services: ["web"],
  });
  await api.run(`mutation ($id: ID!) { setChannelOverride(id: $id, target: { category: "updates" }, enabled: false) { __typename } }`, { id: hook });
  await api.run(`mutation ($id: ID!) { updateTrigger(eventType: "backup.failure", input: { cooldown: "PT1H", channelIds: [$id], severity: CRITICAL }) { __typename } }`, { id: hook });
  await create(api, "createInhibitionRule", { name: "host", whileOpen: ["monitor.down"], matchers: [{ field: "type", operator: "EQUALS", value: "service.health.down" }], sameFields: ["source"] });
  const { policy } = await create(api, "createEscalationPolicy", { name: "Duty", reminder: "PT4H", steps: [{ delay: "PT5M", contactIds: [contact.id] }, { delay: "PT10M", groupIds: [group.id], channelIds: [hook] }] }, "policy: escalationPolicy { id }");
  await create(api, "createAlertRule", { name: "printers", matchers: [{ field: "type", operator: "EQUALS", value: "printer.jam" }], groupIds: [group.id], channelIds: [hook], stop: true, escalationPolicyId: policy.id });
  const spare = await api.createChannel("Spare", { log: true });
  await api.run(`mutation ($id: ID!, $fallbackId: ID) { updateChannel(id: $id, input: { fallbackId: $fallbackId }) { ... on Error { message } } }`, { id: hook, fallbackId: spare });
  // Of a customer, under a name that is taken elsewhere.
  const { contact: theirs } = await create(api, "createContact", { name: "Ann", customer: "acme" }, "contact { id }");
  await api.createChannel("Hook", { webhook: { url } }, { contactId: theirs.id });
  await create(api, "createSilence", { reason: "nightly", matchers: [{ field: "service", operator: "EQUALS", value: "batch" }], schedule: { timeZone: "UTC", windows: [{ start: "02:00", end: "03:00" }] } });
  await api.run(`mutation { updateSettings(input: { displayName: "Office", infoCooldown: "PT20M" }) { __typename } }`);
}

describe("a configuration", () => {
  it("that is imported into a new server is the one that was exported, and once more it changes nothing", async () => {
    const [one, other] = [await start(), await start()];
    await using receiver = await startFakeHttp();
    await setEverything(one, receiver.url);
    const passphrase = "correct horse battery";
    const document = await exported(one, passphrase);
    expect(document).toMatchObject({
      carillon: 1,
      settings: { displayName: "Office", infoCooldown: "PT20M" },
      eventTypes: [{ name: "printer.jam" }],
      contactGroups: [{ name: "Everybody", groups: ["On call"] }, { name: "On call", contacts: ["Ann"] }],
      channels: [{ name: "Ann's Telegram", account: "bot", contact: "Ann" }, { name: "Hook", fallback: "Spare", pace: { timeout: "PT20S" }, overrides: [{ category: "updates", enabled: false }] }, { name: "Hook", customer: "acme", contact: "Ann" }, { name: "Inbox" }, { name: "Spare" }],
      escalationPolicies: [{ name: "Duty", reminder: "PT4H", steps: [{ delay: "PT5M", contacts: ["Ann"] }, { delay: "PT10M", groups: ["On call"], channels: ["Hook"] }] }],
      triggers: [{ eventType: "backup.failure", cooldown: "PT1H", channels: ["Hook"] }],
      alertRules: [{ name: "printers", groups: ["On call"], channels: ["Hook"], stop: true, escalationPolicy: "Duty" }],
    });
    expect(JSON.stringify(document)).not.toContain(receiver.url);

    const first = await imported(other, document, { passphrase });
    expect(first.message).toBeUndefined();
    expect(first.applied).toBe(true);
    expect(first.changes?.filter(({ action }) => action === "CREATE").map(({ section, name }) => `${section} ${name}`)).toEqual([
      "eventTypes printer.jam", "providerAccounts bot", "contacts Ann", "contacts Ann", "contactGroups Everybody", "contactGroups On call", "channels Ann's Telegram", "channels Hook", "channels Hook", "channels Spare",
      "triggers backup.failure", "inhibitionRules host", "escalationPolicies Duty", "alertRules printers", "silences nightly",
    ]);
    expect(await exported(other)).toEqual(await exported(one));
    expect(await imported(other, document, { passphrase })).toEqual({ applied: true, changes: [] });
    // Its secrets as well: the message arrives where the first server's would.
    await other.emit({ type: "backup.failure", service: "web", severity: "CRITICAL" });
    await eventually(() => receiver.requests.length === 1);
  });

  it("is only shown by a dry run, with every difference", async () => {
    const api = await start();
    const document = await exported(api);
    document.channels.push({ name: "Log", config: { log: true }, minimumSeverity: "WARNING" });
    document.settings.displayName = "Elsewhere";
    const shown = await imported(api, document, { dryRun: true });
    expect(shown.applied).toBe(false);
    expect(shown.changes).toMatchObject([
      { action: "UPDATE", section: "settings", differences: [{ path: "displayName", before: '""', after: '"Elsewhere"' }] },
      { action: "CREATE", section: "channels", name: "Log" },
    ]);
    expect((await exported(api)).channels).toHaveLength(1);
    const done = await imported(api, document);
    expect(done.changes).toEqual(shown.changes);
    // At once in force.
    await api.emit({ type: "deploy.failure", service: "x" });
    await eventually(async () => (await api.history()).some(({ channelName }) => channelName === "Log"));
  });

  it("leaves alone what it does not name, unless it is to prune", async () => {
    const api = await start();
    await using receiver = await startFakeHttp();
    await setEverything(api, receiver.url);
    const passphrase = "to come back with";
    const [before, withSecrets] = [await exported(api), await exported(api, passphrase)];
    expect(await imported(api, { carillon: 1, channels: [{ name: "Hook", minimumSeverity: "CRITICAL" }] })).toMatchObject({ changes: [{ action: "UPDATE", name: "Hook", differences: [{ path: "minimumSeverity", before: '"WARNING"', after: '"CRITICAL"' }] }] });
    const pruned = await imported(api, { carillon: 1, contacts: [], alertRules: [] }, { prune: true });
    expect(pruned.changes?.map(({ action, section, name }) => `${action} ${section} ${name}`)).toEqual(["DELETE contacts Ann", "DELETE contacts Ann", "UPDATE contactGroups On call", "DELETE channels Ann's Telegram", "DELETE channels Hook", "UPDATE escalationPolicies Duty", "DELETE alertRules printers"]);
    // Without its secrets a channel that is gone cannot come back.
    expect((await imported(api, before)).issues).toMatchObject([{ path: "document.channels.2.config.webhook.url" }]);
    expect((await imported(api, withSecrets, { passphrase })).message).toBeUndefined();
    expect(await exported(api)).toEqual(before);
  });

  it("is pruned of what is over already, and knows triggers by any name of their types", async () => {
    const server = await startTestServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const { api } = server;
    const silence = (reason: string, duration: string) => ({ reason, matchers: [{ field: "service", operator: "EQUALS", value: reason }], duration, schedule: { timeZone: "UTC", windows: [{ start: "02:00", end: "03:00" }] } });
    await create(api, "createSilence", silence("over", "P1D"));
    await create(api, "createSilence", silence("on", "P9D"));
    server.clock.advance(2 * 86_400_000);
    expect((await exported(api)).silences).toMatchObject([{ reason: "on" }]);
    const document = { carillon: 1, silences: [], triggers: [{ eventType: "backup_fail", cooldown: "PT2H" }] };
    expect((await imported(api, document, { prune: true })).changes?.map(({ action, section, name }) => `${action} ${section} ${name}`)).toEqual(["CREATE triggers backup.failure", "DELETE silences on"]);
    expect(await imported(api, document, { prune: true })).toEqual({ applied: true, changes: [] });
    expect((await exported(api)).triggers).toMatchObject([{ eventType: "backup.failure", cooldown: "PT2H" }]);
    expect((await imported(api, { carillon: 1, triggers: [{ eventType: "backup_fail" }, { eventType: "backup.failure" }] })).issues).toMatchObject([{ path: "document.triggers.1.eventType" }]);
  });

  it("with secrets in plain text sets them, and says no more than that they are others", async () => {
    const api = await start();
    await using receiver = await startFakeHttp();
    const document = { carillon: 1, channels: [{ name: "New", config: { webhook: { url: receiver.url } } }] };
    expect((await imported(api, document)).changes).toMatchObject([{ action: "CREATE", name: "New" }]);
    const secret = "another-secret-of-32-characters!";
    const again = await imported(api, { carillon: 1, channels: [{ name: "New", config: { webhook: { url: `${receiver.url}/other`, secret } } }] });
    expect(again.changes).toMatchObject([{ action: "UPDATE", differences: expect.arrayContaining([expect.objectContaining({ path: "secrets" })]) }]);
    expect(JSON.stringify(again)).not.toContain(secret);
  });

  it("that is wrong anywhere changes nothing, and says where", async () => {
    const api = await start();
    const before = await exported(api);
    const channel = (item: object) => ({ carillon: 1, eventTypes: [{ name: "made.first", title: "made first" }], channels: [{ name: "New", config: { log: true }, ...item }] });
    const wrong: [Document, RegExp | string, object?][] = [
      [{}, "document.carillon"],
      [{ carillon: 2 }, "document.carillon"],
      [{ carillon: 1, chanels: [] }, "document.chanels"],
      [{ carillon: 1, channels: {} }, "document.channels"],
      [{ carillon: 1, channels: [{ config: { log: true } }] }, "document.channels.0.name"],
      [{ carillon: 1, channels: [{ name: "A", config: { log: true } }, { name: "A", config: { log: true } }] }, "document.channels.1.name"],
      [{ carillon: 1, settings: { nonsense: 1 } }, "document.settings.nonsense"],
      [{ carillon: 1, settings: { infoCooldown: "soon" } }, "document.settings.infoCooldown"],
      [{ carillon: 1, settings: { historyDays: -1 } }, "document.settings.historyDays"],
      [channel({ nonsense: 1 }), "document.channels.0.nonsense"],
      [channel({ config: {} }), "document.channels.0.config"],
      [channel({ config: null }), "document.channels.0.config"],
      [channel({ config: { webhook: "x" } }), /^document\.channels\.0\.config/],
      [channel({ config: { nonsense: {} } }), "document.channels.0.config"],
      [channel({ customer: 5 }), "document.channels.0.customer"],
      [channel({ overrides: [null] }), "document.channels.0.overrides"],
      [channel({ overrides: "all" }), "document.channels.0.overrides"],
      [{ carillon: 1, triggers: [{ eventType: "backup.failure", recipients: [{ channel: "Inbox", config: null }] }] }, "document.triggers.0.recipients.0.config"],
      [{ carillon: 1, silences: [{ reason: "r", matchers: [{ field: "service", operator: "EQUALS", value: "x" }], startsAt: "never", schedule: { timeZone: "UTC", windows: [{ start: "01:00", end: "02:00" }] } }] }, "document.silences.0.startsAt"],
      [{ carillon: 1, settings: JSON.parse(`{"a":`.repeat(60) + "1" + "}".repeat(60)) }, "document"],
      [channel({ config: { webhook: {} } }), "document.channels.0.config.webhook.url"],
      [channel({ config: { log: true, inbox: true } }), /^document\.channels\.0\.config/],
      [channel({ account: "nobody" }), "document.channels.0.account"],
      [channel({ contact: { name: "x" } }), "document.channels.0.contact"],
      [channel({ pace: { timeout: "P1Y" } }), "document.channels.0.pace.timeout"],
      [channel({ overrides: [{ eventType: "no.such", enabled: true }] }), /^document\.channels\.0\./],
      [channel({ overrides: [{ category: "updates" }] }), "document.channels.0.overrides.0.enabled"],
      [channel({ quietHours: { timeZone: "Mars/Olympus", windows: [] } }), /^document\.channels\.0\.quietHours/],
      [channel({ secrets: "a.b.c" }), "passphrase"],
      [{ ...channel({ secrets: "a.b.c" }), encryption: { kdf: "scrypt", salt: "0123456789" } }, "passphrase", { passphrase: "of the wrong kind" }],
      [{ carillon: 1, contactGroups: [{ name: "A", groups: ["B"] }, { name: "B", groups: ["A"] }] }, /^document\.contactGroups\.\d\.groupIds/],
      [{ carillon: 1, alertRules: [{ name: "R", contacts: ["nobody"] }] }, "document.alertRules.0.contacts.0"],
      [{ carillon: 1, triggers: [{ eventType: "no.such", enabled: false }] }, "document.triggers.0"],
      [{ carillon: 1, inhibitionRules: [{ name: "I", whileOpen: ["no.such"], matchers: [], sameFields: [] }] }, /^document\.inhibitionRules\.0\./],
    ];
    for (const [document, path, options] of wrong) {
      const answer = await imported(api, document, options);
      const paths = answer.issues?.map((issue) => issue.path) ?? [];
      expect(paths.some((one) => (typeof path === "string" ? one === path : path.test(one))), `${JSON.stringify(document)} gave ${JSON.stringify(answer)}`).toBe(true);
      expect(await exported(api)).toEqual(before);
    }
  });

  it("is not exported with a passphrase that is too short", async () => {
    expect(await exported(await start(), "short")).toEqual({ message: "passphrase: must be 12 to 1000 characters" });
  });
});
