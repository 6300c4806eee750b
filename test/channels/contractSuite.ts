import fc from "fast-check";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { configFields } from "../../src/channels/channelConfig.ts";
import { createHttp } from "../../src/providers/http.ts";
import { type Account, DeliveryError, type DeliveryFailure, type FieldMeta, type Receipt } from "../../src/providers/provider.ts";
import type { Message, Severity } from "../../src/render/message.ts";
import { CANARY, type ContractCase, type ErrorCase, startFake, unusedWays } from "./case.ts";
import { deadPort, type FakeHttp, type SeenRequest } from "./fakeHttp.ts";
import { LONGEST, makeMessage, makeStage, makeStrange, NOW, STRANGE_TEXTS, STRANGEST } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

/** Parses the config, renders and sends, as the dispatcher does. */
async function deliver({ provider, ...contract }: ContractCase, url: string, message: Message, signal = new AbortController().signal): Promise<Receipt> {
  const config = provider.config.parse(contract.config(url));
  const { payload } = provider.render(message, config);
  return provider.send(payload, { ...unusedWays, config, message, http, signal, now: NOW });
}

function referenceOf({ reference }: ContractCase, message: Message): string | undefined {
  return typeof reference === "function" ? reference(message) : reference;
}

/** A stage of the same problem; later ones know what the provider called the first. */
function stageOf(contract: ContractCase, reason: "FIRST" | "ONGOING" | "RECOVERY", severity: Severity, rich: boolean): Message {
  const first = makeStage("FIRST", severity, rich);
  return reason === "FIRST" ? first : { ...makeStage(reason, severity, rich), thread: referenceOf(contract, first) ?? null };
}

function expectFailure(failure: DeliveryFailure, { hint, message, ...rest }: ErrorCase["expect"]): void {
  for (const [key, value] of Object.entries(rest)) expect(failure[key as keyof DeliveryFailure], key).toBe(value);
  if (hint) expect(failure.hint).toMatch(hint);
  if (message) expect(failure.message).toMatch(message);
  if (!("disableChannel" in rest)) expect(failure.disableChannel).toBeFalsy();
}

async function failureOf(contract: ContractCase, receipt: Promise<Receipt>): Promise<DeliveryFailure> {
  const error = await receipt.then(
    (value) => expect.fail(`accepted: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw error;
  for (const said of [String(error), error.stack, JSON.stringify(error), JSON.stringify(error.failure), error.failure.hint]) {
    for (const secret of contract.secrets ?? [CANARY]) expect(said ?? "").not.toContain(secret);
  }
  expect(error.failure.message).not.toBe("");
  expect(error.failure.message.length).toBeLessThanOrEqual(500);
  return error.failure;
}

async function fakeOf(contract: ContractCase): Promise<FakeHttp> {
  const fake = await startFake(contract);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

function golden(request: SeenRequest, { goldenHeaders, readBody = bodyOf }: ContractCase) {
  const { method, path, query, headers } = request;
  const search = query.size > 0 ? `?${query}` : "";
  const shown = Object.fromEntries(goldenHeaders.map((name) => [name, headers[name]]));
  return { request: `${method} ${path}${search}`, headers: shown, body: readBody(request) };
}

/** Long texts by their beginning, length and end: the whole would fill the golden file, and these show where it was cut. */
function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length <= 400 ? value : `${value.slice(0, 100)}… ${value.length} UTF-16 units …${value.slice(-100)}`;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

function bodyOf({ headers, body }: SeenRequest): unknown {
  const text = body.toString();
  if (headers["content-type"]?.startsWith("application/json")) return JSON.parse(text) as unknown;
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(text));
  return text;
}

/** What every HTTP channel kind is held to. */
export function testContract(contract: ContractCase): void {
  describe(contract.provider.kind, () => testKind(contract));
}

function testKind(contract: ContractCase): void {
  const { provider } = contract;
  const { kind } = provider;
  const secrets = contract.secrets ?? [CANARY];

  describe("config", () => {
    const fields = Object.entries(provider.config.shape as Record<string, z.ZodType>);
    const valid = contract.config("https://relay.example/some/path");

    test("every field is described, and every secret one holds the canary in these tests", () => {
      for (const [name, schema] of fields) {
        const meta = schema.meta() as FieldMeta | undefined;
        expect(meta?.title, name).toBeTruthy();
        expect(meta?.description, name).toMatch(/\.$/);
        const value = JSON.stringify(valid[name]);
        const planted = secrets.some((secret) => value.includes(secret) || value.includes(Buffer.from(secret).toString("base64")));
        expect(planted, name).toBe(meta?.secret === true);
      }
    });

    test("every example is one that the field takes, and every field that must be given has one", () => {
      for (const { name, schema, meta, required } of configFields(provider)) {
        if (required) expect(meta.example ?? schema.def.type, name).toMatch(/./);
        if (meta.example === undefined) continue;
        const value = exampleValue(schema, meta.example);
        expect(schema.safeParse(value).error?.issues, `${name}: ${meta.example}`).toBeUndefined();
      }
    });

    test("valid input is taken, on any host", () => {
      expect(provider.config.safeParse(valid).error).toBeUndefined();
    });

    test.each(contract.invalid)("$field is checked: $value", ({ field, value, message }) => {
      const { error } = provider.config.safeParse({ ...valid, [field]: value });
      expect(error?.issues[0]?.path[0]).toBe(field);
      expect(error?.issues.map((issue) => issue.message).join("; ")).toMatch(message);
      for (const secret of secrets) expect(JSON.stringify(error?.issues)).not.toContain(secret);
    });

    test("a URL that is shown holds no user and password", () => {
      for (const { name, schema, meta } of configFields(provider)) {
        if (meta.format !== "url" || meta.secret) continue;
        expect(schema.safeParse("https://user:password@relay.example/path").error?.issues[0]?.message, name).toMatch(/must not hold a user and password/);
      }
    });

    test("every string has a greatest length", () => {
      for (const [name, schema] of fields) {
        if (typeof valid[name] !== "string") continue;
        expect(schema.safeParse("1".repeat(100_000)).success, name).toBe(false);
      }
    });

    test("the guide leads through it", () => {
      expect(provider.guide.length).toBeGreaterThan(1);
      expect(provider.docs).toMatch(/^https:/);
    });
  });

  describe.each([true, false])("rich %s", (rich) => {
    test("golden requests", async () => {
      const fake = await fakeOf(contract);
      const requests: Record<string, unknown> = {};
      const keep = async (name: string, message: Message) => {
        const receipt = await deliver({ ...contract, config: contract.goldenConfig ?? contract.config }, fake.url, message);
        expect(receipt.reference).toBe(referenceOf(contract, message));
        expect(receipt.status).toMatch(/^2\d\d/);
        const request = fake.requests.at(-1);
        if (request) requests[name] = shortened(golden(request, contract));
      };
      for (const reason of ["FIRST", "ONGOING", "RECOVERY"] as const) {
        for (const severity of ["INFO", "WARNING", "CRITICAL"] as const) await keep(`${reason} ${severity}`, stageOf(contract, reason, severity, rich));
      }
      await keep("LONGEST", makeMessage({ rich, ...LONGEST }));
      await keep("STRANGEST", makeMessage({ rich, ...STRANGEST }));
      expect(fake.complaints).toEqual([]);
      await expect(`${JSON.stringify(requests, null, 2)}\n`).toMatchFileSnapshot(`golden/${kind}.${rich ? "rich" : "plain"}.json`);
    });

    test.each(Object.entries(STRANGE_TEXTS))("strange text: %s", async (_, strange) => {
      const fake = await fakeOf(contract);
      const message = makeStrange(strange, rich);
      await deliver(contract, fake.url, message);
      expect(fake.complaints).toEqual([]);
      const { text } = provider.render(message, provider.config.parse(contract.config(fake.url)));
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/\p{Surrogate}/u);
    });

    test("any text at all", async () => {
      const fake = await fakeOf(contract);
      const anyText = fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
        fc.string({ unit: fc.constantFrom("&", "<", ">", "*", "_", "\n", "https://x.y/", "👩‍🚀", "@", "\\", "\u0301"), maxLength: 6000, size: "max" }),
      );
      await fc.assert(
        fc.asyncProperty(anyText, anyText, anyText, async (title, body, fact) => {
          const facts = [{ label: fact, value: body }, { label: title, value: fact }];
          const receipt = await deliver(contract, fake.url, makeMessage({ rich, title, body, facts, displayName: fact, emoji: title.slice(0, 4) })).catch(String);
          expect({ complaints: fake.complaints.splice(0), receipt }).toMatchObject({ complaints: [], receipt: { status: expect.stringMatching(/^2/) } });
        }),
        // Shrinking such long texts takes minutes and tells little more.
        { numRuns: 60, endOnFailure: true },
      );
    });
  });

  test("rendering is pure", () => {
    const config = provider.config.parse(contract.config("https://relay.example"));
    const message = makeMessage();
    const before = JSON.stringify(message);
    expect(provider.render(message, config)).toEqual(provider.render(message, config));
    expect(JSON.stringify(message)).toBe(before);
  });

  test("receipts keep secrets", async () => {
    const fake = await fakeOf(contract);
    const receipt = JSON.stringify(await deliver(contract, fake.url, makeMessage()));
    for (const secret of secrets) expect(receipt).not.toContain(secret);
  });

  describe("errors", () => {
    test.each(contract.errors)("$name", async ({ answers, expect: expected }) => {
      const fake = await fakeOf(contract);
      fake.script.push(...answers);
      expectFailure(await failureOf(contract, deliver(contract, fake.url, makeMessage())), expected);
      expect(fake.complaints).toEqual([]);
    });

    test("a redirect is not followed", async () => {
      const fake = await fakeOf(contract);
      fake.script.push({ status: 302, headers: { location: "/elsewhere" } });
      const failure = await failureOf(contract, deliver(contract, fake.url, makeMessage()));
      expect(failure).toMatchObject({ outcome: "PERMANENT", status: "302", hint: expect.stringMatching(/Redirects are not followed/) });
      expect(fake.requests).toHaveLength(1);
    });

    test.each(["CUT_OFF", "RESET", "GARBAGE"] as const)("%s: unknown", async (answer) => {
      const fake = await fakeOf(contract);
      fake.script.push(answer);
      expect(await failureOf(contract, deliver(contract, fake.url, makeMessage()))).toMatchObject({ outcome: "UNKNOWN" });
      expect(fake.requests).toHaveLength(1);
    });

    test("no answer in time: unknown", async () => {
      const fake = await fakeOf(contract);
      fake.script.push("HANG");
      const controller = new AbortController();
      const arrival = fake.arrival();
      const failure = failureOf(contract, deliver(contract, fake.url, makeMessage(), controller.signal));
      await arrival;
      controller.abort();
      expect(await failure).toMatchObject({ outcome: "UNKNOWN", message: expect.stringMatching(/no answer came in time/) });
    });

    test("nobody there: transient", async () => {
      const failure = await failureOf(contract, deliver(contract, `http://127.0.0.1:${await deadPort()}`, makeMessage()));
      expect(failure).toMatchObject({ outcome: "TRANSIENT", message: "127.0.0.1 could not be reached (ECONNREFUSED)." });
    });

    test.each([200, 400, 401, 404, 429, 500])("an answer of %d that repeats the request does not leak secrets", async (status) => {
      const fake = await fakeOf(contract);
      fake.script.push(({ method, path, query, headers, body }) => ({
        status,
        body: `Cannot ${method} ${path}?${query} ${encodeURIComponent(path)} ${path.replace("/bot", "token ")} ${JSON.stringify(headers)} ${body.toString("utf8", 0, 20)}`,
      }));
      if (status === 200 && contract.takesAny2xx) return;
      await failureOf(contract, deliver(contract, fake.url, makeMessage()));
    });
  });

  describe.runIf(provider.account)("account", () => {
    const check = async (url: string): Promise<Receipt> => {
      const account = provider.account as Account;
      const given = contract.config(url);
      const own = Object.fromEntries(Object.keys(account.config.shape).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
      return account.check({ ...unusedWays, config: account.config.parse(own), http, signal: new AbortController().signal, now: NOW });
    };

    test("its fields are among the kind's, and not the ones that say who gets it", () => {
      const names = Object.keys(provider.account?.config.shape ?? {});
      expect(Object.keys(provider.config.shape)).toEqual(expect.arrayContaining(names));
      expect(names.filter((name) => provider.recipientFields?.includes(name))).toEqual([]);
    });

    test("good credentials pass the check", async () => {
      const fake = await fakeOf(contract);
      const receipt = await check(fake.url);
      expect(receipt.status).toMatch(/^2\d\d|^not checked/);
      expect(fake.complaints).toEqual([]);
      for (const secret of secrets) expect(JSON.stringify(receipt)).not.toContain(secret);
    });

    test.each(contract.checkErrors ?? [])("$name", async ({ answers, expect: expected }) => {
      const fake = await fakeOf(contract);
      fake.script.push(...answers);
      expectFailure(await failureOf(contract, check(fake.url)), expected);
    });
  });

  test("what a trigger may set is there, and no secret", () => {
    for (const name of provider.recipientFields ?? []) {
      const field = configFields(provider).find((one) => one.name === name);
      expect(field, name).toBeDefined();
      expect(field?.secret, name).toBe(false);
    }
  });
}

/** An example as a form would send it. */
function exampleValue(schema: z.ZodType, example: string): unknown {
  const { type, innerType, in: input } = schema.def as { type: string; innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? input;
  if (inner) return exampleValue(inner, example);
  if (type === "array") return [example];
  return type === "number" || type === "int" ? Number(example) : example;
}
