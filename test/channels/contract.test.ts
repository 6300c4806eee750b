import { existsSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createHttp } from "../../src/providers/http.ts";
import { DeliveryError, type DeliveryFailure, type FieldMeta, type Receipt } from "../../src/providers/provider.ts";
import { PROVIDERS } from "../../src/providers/registry.ts";
import type { Message } from "../../src/render/message.ts";
import { CANARY, type ContractCase, startFake } from "./case.ts";
import { CASES, KINDS_WITH_OWN_TEST } from "./cases.ts";
import { deadPort, type FakeHttp, type SeenRequest } from "./fakeHttp.ts";
import { makeMessage, makeStage, makeStrange, NOW, STRANGE_TEXTS } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

/** Parses the config, renders and sends, as the dispatcher does. */
async function deliver(contract: ContractCase, url: string, message: Message, signal = new AbortController().signal): Promise<Receipt> {
  const { provider } = contract;
  const config = provider.config.parse(contract.config(url));
  const { payload } = provider.render(message, config);
  const unused = () => {
    throw new Error("not for this kind");
  };
  return provider.send(payload, { config, message, http, mail: unused, inbox: unused, print: unused, signal, now: NOW });
}

async function failureOf(receipt: Promise<Receipt>): Promise<DeliveryFailure> {
  const error = await receipt.then(
    (value) => expect.fail(`accepted: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw error;
  for (const said of [String(error), error.stack, JSON.stringify(error), JSON.stringify(error.failure), error.failure.hint]) {
    expect(said ?? "").not.toContain(CANARY);
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

function golden({ method, path, query, headers, body }: SeenRequest, names: string[]) {
  const search = query.size > 0 ? `?${query}` : "";
  const shown = Object.fromEntries(names.map((name) => [name, headers[name]]));
  return { request: `${method} ${path}${search}`, headers: shown, body: JSON.parse(body.toString()) as unknown };
}

test("every kind has a contract case or a test file of its own", () => {
  const covered = new Set([...CASES.map(({ provider }) => provider.kind), ...Object.keys(KINDS_WITH_OWN_TEST)]);
  expect(PROVIDERS.map(({ kind }) => kind).filter((kind) => !covered.has(kind))).toEqual([]);
  for (const file of Object.values(KINDS_WITH_OWN_TEST)) expect(existsSync(new URL(file, import.meta.url)), file).toBe(true);
});

describe.each(CASES.map((contract) => ({ kind: contract.provider.kind, contract })))("$kind", ({ kind, contract }) => {
  const { provider } = contract;

  describe("config", () => {
    const fields = Object.entries(provider.config.shape as Record<string, z.ZodType>);
    const valid = contract.config("https://relay.example/some/path");

    test("every field is described, and every secret one holds the canary in these tests", () => {
      for (const [name, schema] of fields) {
        const meta = schema.meta() as FieldMeta | undefined;
        expect(meta?.title, name).toBeTruthy();
        expect(meta?.description, name).toMatch(/\.$/);
        const value = JSON.stringify(valid[name]);
        const planted = value.includes(CANARY) || value.includes(Buffer.from(CANARY).toString("base64"));
        expect(planted, name).toBe(meta?.secret === true);
      }
    });

    test("valid input is taken, on any host", () => {
      expect(provider.config.safeParse(valid).error).toBeUndefined();
    });

    test.each(contract.invalid)("$field is checked: $value", ({ field, value, message }) => {
      const { error } = provider.config.safeParse({ ...valid, [field]: value });
      expect(error?.issues[0]?.path[0]).toBe(field);
      expect(error?.issues.map((issue) => issue.message).join("; ")).toMatch(message);
      expect(JSON.stringify(error?.issues)).not.toContain(CANARY);
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
      for (const reason of ["FIRST", "ONGOING", "RECOVERY"] as const) {
        for (const severity of ["INFO", "WARNING", "CRITICAL"] as const) {
          const receipt = await deliver(contract, fake.url, makeStage(reason, severity, rich));
          expect(receipt.reference).toBe(contract.reference);
          expect(receipt.status).toMatch(/^2\d\d/);
          const request = fake.requests.at(-1);
          if (request) requests[`${reason} ${severity}`] = golden(request, contract.goldenHeaders);
        }
      }
      expect(fake.complaints).toEqual([]);
      await expect(`${JSON.stringify(requests, null, 2)}\n`).toMatchFileSnapshot(`golden/${kind}.${rich ? "rich" : "plain"}.json`);
    });

    test.each(Object.entries(STRANGE_TEXTS))("strange text: %s", async (_, strange) => {
      const fake = await fakeOf(contract);
      const message = makeStrange(strange, rich);
      await deliver(contract, fake.url, message);
      expect(fake.complaints).toEqual([]);
      const { text } = provider.render(message, provider.config.parse(contract.config(fake.url)));
      expect(text).not.toContain(CANARY);
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
    expect(JSON.stringify(await deliver(contract, fake.url, makeMessage()))).not.toContain(CANARY);
  });

  describe("errors", () => {
    test.each(contract.errors)("$name", async ({ answers, expect: expected }) => {
      const fake = await fakeOf(contract);
      fake.script.push(...answers);
      const failure = await failureOf(deliver(contract, fake.url, makeMessage()));
      const { hint, message, ...rest } = expected;
      for (const [key, value] of Object.entries(rest)) expect(failure[key as keyof DeliveryFailure], key).toBe(value);
      if (hint) expect(failure.hint).toMatch(hint);
      if (message) expect(failure.message).toMatch(message);
      if (!("disableChannel" in rest)) expect(failure.disableChannel).toBeFalsy();
      expect(fake.complaints).toEqual([]);
    });

    test("a redirect is not followed", async () => {
      const fake = await fakeOf(contract);
      fake.script.push({ status: 302, headers: { location: "/elsewhere" } });
      const failure = await failureOf(deliver(contract, fake.url, makeMessage()));
      expect(failure).toMatchObject({ outcome: "PERMANENT", status: "302", hint: expect.stringMatching(/Redirects are not followed/) });
      expect(fake.requests).toHaveLength(1);
    });

    test.each(["CUT_OFF", "RESET", "GARBAGE"] as const)("%s: unknown", async (answer) => {
      const fake = await fakeOf(contract);
      fake.script.push(answer);
      expect(await failureOf(deliver(contract, fake.url, makeMessage()))).toMatchObject({ outcome: "UNKNOWN" });
      expect(fake.requests).toHaveLength(1);
    });

    test("no answer in time: unknown", async () => {
      const fake = await fakeOf(contract);
      fake.script.push("HANG");
      const controller = new AbortController();
      const arrival = fake.arrival();
      const failure = failureOf(deliver(contract, fake.url, makeMessage(), controller.signal));
      await arrival;
      controller.abort();
      expect(await failure).toMatchObject({ outcome: "UNKNOWN", message: expect.stringMatching(/no answer came in time/) });
    });

    test("nobody there: transient", async () => {
      const failure = await failureOf(deliver(contract, `http://127.0.0.1:${await deadPort()}`, makeMessage()));
      expect(failure).toMatchObject({ outcome: "TRANSIENT", message: "127.0.0.1 could not be reached (ECONNREFUSED)." });
    });

    test.each([200, 400, 401, 404, 429, 500])("an answer of %d that repeats the request does not leak secrets", async (status) => {
      const fake = await fakeOf(contract);
      fake.script.push(({ method, path, query, headers, body }) => ({
        status,
        body: `Cannot ${method} ${path}?${query} ${encodeURIComponent(path)} ${path.replace("/bot", "token ")} ${JSON.stringify(headers)} ${body.toString("utf8", 0, 20)}`,
      }));
      // A webhook takes any 200; there is nothing to leak then.
      if (status === 200 && kind === "WEBHOOK") return;
      await failureOf(deliver(contract, fake.url, makeMessage()));
    });
  });
});
