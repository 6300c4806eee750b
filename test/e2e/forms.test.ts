import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** A front end that knows nothing of any kind: it draws each form from the API alone, fills it with what the API shows as examples, and creates. */

interface Field {
  name: string;
  title: string;
  description: string;
  type: string;
  required: boolean;
  secret: boolean;
  fromAccount: boolean;
  format: string | null;
  example: string | null;
  options: string[];
  defaultValue: string | null;
}

interface Kind {
  kind: string;
  configKey: string;
  title: string;
  guide: string[];
  accountKind: string | null;
  fields: Field[];
}

const FIELDS = "fields { name title description type required secret fromAccount format example options defaultValue }";

let server: TestServer;
let kinds: Kind[];
let accountKinds: Kind[];
beforeAll(async () => {
  server = await startTestServer();
  const data = await server.api.run<any>(`{ channelKinds { kind configKey title guide accountKind ${FIELDS} } providerAccountKinds { kind configKey title ${FIELDS} } }`);
  kinds = data.channelKinds;
  accountKinds = data.providerAccountKinds;
});
afterAll(() => server[Symbol.asyncDispose]());

const INPUT_TYPES: Record<string, string> = { url: "url", email: "text", host: "text", port: "number", phone: "tel" };

/** One control as HTML. @throws {Error} when the API does not tell enough to draw it */
function draw(field: Field): string {
  const text = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const attributes = `name="${field.name}"${field.required ? " required" : ""} placeholder="${text(field.example ?? field.defaultValue ?? "")}"`;
  const control = () => {
    if (field.type === "BOOLEAN") return `<input type="checkbox" ${attributes}${field.defaultValue === "true" ? " checked" : ""}>`;
    if (field.type === "ENUM") return `<select ${attributes}>${field.options.map((option) => `<option${option === field.defaultValue ? " selected" : ""}>${option}</option>`).join("")}</select>`;
    if (field.type === "INTEGER") return `<input type="number" step="1" ${attributes}>`;
    if (field.type === "STRING_LIST") return `<textarea data-one-a-line ${attributes}></textarea>`;
    if (field.type === "OBJECT_LIST") return `<fieldset data-pairs ${attributes}></fieldset>`;
    if (field.type !== "STRING") throw new Error(`no control for ${field.type}`);
    if (field.secret) return `<input type="password" autocomplete="off" ${attributes}>`;
    return field.format === "multiline" ? `<textarea ${attributes}></textarea>` : `<input type="${INPUT_TYPES[field.format ?? ""] ?? "text"}" ${attributes}>`;
  };
  return `<label>${text(field.title)} ${control()} <small>${text(field.description)}</small></label>`;
}

/** What someone would give who takes over every example. @throws {Error} when the form gives no hint what a required field takes */
function fill(field: Field): unknown {
  const shown = field.example ?? field.defaultValue ?? field.options[0];
  if (shown === undefined) throw new Error(`nothing shows what ${field.name} takes`);
  if (field.type === "INTEGER") return Number(shown);
  if (field.type === "BOOLEAN") return shown === "true";
  return field.type === "STRING_LIST" ? [shown] : shown;
}

function fillAll(fields: Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, fill(field)]));
}

const create = async (input: object) =>
  (await server.api.run<any>(`mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ... on CreateChannelPayload { channel { kind } } ... on Error { message } } }`, { input })).createChannel;

it("every form can be drawn", () => {
  expect(kinds.length).toBeGreaterThanOrEqual(27);
  for (const kind of [...kinds, ...accountKinds]) {
    expect(kind.title).not.toBe("");
    for (const field of kind.fields) {
      expect(draw(field), `${kind.kind}.${field.name}`).toMatch(/^<label>\S.+<small>\S.+\.<\/small><\/label>$/s);
      if (field.type === "ENUM") expect(field.options.length, `${kind.kind}.${field.name}`).toBeGreaterThan(1);
    }
  }
  for (const kind of kinds) expect(kind.guide.length, kind.kind).toBeGreaterThan(0);
});

describe("channels", () => {
  it("every kind can be created by its required fields", async () => {
    for (const { kind, configKey, fields } of kinds) {
      const required = fields.filter((field) => field.required);
      const config = { [configKey]: fields.length === 0 ? true : fillAll(required) };
      expect(await create({ name: `${kind} required`, config }), kind).toEqual({ channel: { kind } });
    }
  });

  it("every optional field that shows an example can be given as well", async () => {
    for (const { kind, configKey, fields } of kinds) {
      const required = fields.filter((field) => field.required);
      for (const field of fields.filter(({ required: needed, example, defaultValue, type }) => !needed && (example ?? defaultValue) !== null && type !== "OBJECT_LIST")) {
        const result = await create({ name: `${kind} ${field.name}`, config: { [configKey]: fillAll([...required, field]) } });
        // Some come in pairs, such as a user and a password: the answer then names the other.
        if (result.message) expect(result.message, `${kind}.${field.name}`).toMatch(new RegExp(`^config\\.${configKey}\\.\\w+: \\S`));
        else expect(result).toEqual({ channel: { kind } });
      }
    }
  });

  it("a required field that is left empty is named in the answer", async () => {
    for (const { kind, configKey, fields } of kinds) {
      for (const field of fields.filter(({ required }) => required)) {
        const rest = fields.filter((other) => other.required && other !== field);
        const { body } = await server.api.raw(`mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ... on CreateChannelPayload { channel { kind } } ... on Error { message } } }`, { input: { name: `${kind} without`, config: { [configKey]: fillAll(rest) } } });
        expect(body.data?.createChannel.message ?? body.errors?.[0]?.message, `${kind}.${field.name}`).toContain(field.name);
      }
    }
  });
});

describe("provider accounts", () => {
  it("every kind can be created, and gives its channels all that they then need not have", async () => {
    for (const account of accountKinds) {
      const { createProviderAccount } = await server.api.run<any>(
        `mutation ($input: CreateProviderAccountInput!) { createProviderAccount(input: $input) { ... on CreateProviderAccountPayload { providerAccount { id kind } } ... on Error { message } } }`,
        { input: { name: account.kind, config: { [account.configKey]: fillAll(account.fields.filter(({ required }) => required)) } } },
      );
      expect(createProviderAccount.providerAccount, `${account.kind} ${createProviderAccount.message}`).toMatchObject({ kind: account.kind });
      const users = kinds.filter(({ accountKind }) => accountKind === account.kind);
      expect(users).not.toEqual([]);
      for (const { kind, configKey, fields } of users) {
        const own = fields.filter(({ required, fromAccount }) => required && !fromAccount);
        expect(await create({ name: `${kind} by account`, accountId: createProviderAccount.providerAccount.id, config: { [configKey]: fillAll(own) } }), kind).toEqual({ channel: { kind } });
      }
    }
  });
});
