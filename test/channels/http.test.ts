import { createServer } from "node:https";
import type { AddressInfo, LookupFunction } from "node:net";
import { generate } from "selfsigned";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttp, type CreateHttpOptions, type HttpOptions, type HttpRequest, type HttpResponse } from "../../src/providers/http.ts";
import { DeliveryError, type DeliveryFailure } from "../../src/providers/provider.ts";
import { type Answer, deadPort, type FakeHttp, startFakeHttp } from "./fakeHttp.ts";
import { NOW } from "./messages.ts";

const never = new AbortController().signal;

function client(options: Partial<CreateHttpOptions> = {}) {
  const { http, close } = createHttp({ allowPrivate: true, ...options });
  onTestFinished(close);
  return (request: Partial<HttpRequest> & { url: string }, more: Partial<HttpOptions> = {}) =>
    http({ method: "POST", body: "{}", ...request }, { signal: never, now: NOW, ...more });
}

async function fakeWith(...answers: Answer[]): Promise<FakeHttp> {
  const fake = await startFakeHttp();
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...answers);
  return fake;
}

async function failureOf(response: Promise<HttpResponse>): Promise<DeliveryFailure> {
  const error: unknown = await response.then(() => expect.fail("accepted"), (reason: unknown) => reason);
  if (error instanceof DeliveryError) return error.failure;
  throw error;
}

/** A resolver that gives these addresses for every name. */
const resolving = (...addresses: string[]): LookupFunction => (_, options, callback) => {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  if (options.all) callback(null, found);
};

test("gives a 2xx answer with lower-case header names", async () => {
  const fake = await fakeWith({ status: 201, headers: { "X-Some": "a" }, body: "äö" });
  expect(await client()({ url: `${fake.url}/a?b=c`, headers: { "X-Own": "1" } })).toMatchObject({ status: 201, body: "äö", headers: { "x-some": "a" } });
  expect(fake.requests[0]).toMatchObject({ method: "POST", path: "/a", headers: { "x-own": "1", "user-agent": "Carillon" } });
});

test("a 2xx answer that repeats credentials comes without them, and with all else", async () => {
  const fake = await fakeWith(({ path, query, headers, body }) => ({ status: 200, body: JSON.stringify({ id: `${path}?${query} ${headers["authorization"]}`, said: body.toString(), wait: true }) }));
  const [inPath, inQuery, inHeader, inBody] = ["path", "query", "header", "body"].map((name) => `${name}-0123456789-secret`);
  const url = `${fake.url}/rooms/room-12345/${inPath}?wait=true&key=${inQuery}`;
  const { body } = await client()({ url, headers: { authorization: `Bearer ${inHeader}` }, body: JSON.stringify({ token: inBody }), secrets: [inBody ?? ""] });
  expect(JSON.parse(body)).toEqual({ id: "/rooms/room-12345/***?wait=true&key=*** ***", said: '{"token":"***"}', wait: true });
});

test("keeps connections and bounds them per origin", async () => {
  const fake = await fakeWith("HANG", "HANG");
  const send = client({ connectionsPerOrigin: 2 });
  const controller = new AbortController();
  const failures = [1, 2, 3].map(() => failureOf(send({ url: fake.url }, { signal: controller.signal })));
  while (fake.requests.length < 2) await fake.arrival();
  controller.abort();
  // The third waited for a connection, so it is certain that nothing of it was sent.
  expect((await Promise.all(failures)).map(({ outcome }) => outcome)).toEqual(["UNKNOWN", "UNKNOWN", "TRANSIENT"]);
  await send({ url: fake.url });
  expect(fake.requests).toHaveLength(3);
});

test("reads 64 KiB of an endless answer", async () => {
  const fake = await fakeWith("ENDLESS");
  expect((await client()({ url: fake.url })).body).toHaveLength(65_536);
});

test("a refusal whose text is lost is still a refusal", async () => {
  const fake = await fakeWith("CUT_OFF_403");
  expect(await failureOf(client()({ url: fake.url }))).toMatchObject({ outcome: "PERMANENT", status: "403", message: "forb" });
});

test("user and password of the URL become Basic authorization, and stay out of errors", async () => {
  const fake = await fakeWith(({ headers }) => ({ status: 400, body: `${headers.authorization} p%40ss%2Fword p@ss/word` }));
  const failure = await failureOf(client()({ url: fake.url.replace("://", "://someone:p%40ss%2Fword@") }));
  expect(fake.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("someone:p@ss/word").toString("base64")}`);
  expect(failure.message).toBe("*** *** ***");
});

test("the message is the provider's words without markup and controls, at most 500 characters", async () => {
  const page = `<html><style>b{}</style><b>Out of\u0007 order</b>${"é ".repeat(600)}</html>`;
  const fake = await fakeWith({ status: 400, headers: { "content-type": "text/html; charset=utf-8" }, body: page });
  const { message } = await failureOf(client()({ url: fake.url }));
  expect(message).toMatch(/^Out of order é/);
  expect(message.length).toBeLessThanOrEqual(500);
});

test("explain can turn a 2xx into a failure and change what the status says", async () => {
  const fake = await fakeWith({ status: 200, body: "no" }, { status: 500, body: "x", headers: { "retry-after": "3" } });
  const send = client();
  expect(await failureOf(send({ url: fake.url }, { explain: () => ({ message: "said no" }) }))).toMatchObject({ outcome: "PERMANENT", message: "said no", status: "200" });
  const changed = await failureOf(send({ url: fake.url }, { explain: () => ({ outcome: "RATE_LIMITED", retryAfterMs: undefined }) }));
  expect(changed).toMatchObject({ outcome: "RATE_LIMITED", retryAfterMs: 3000, message: "x" });
});

test.each([300, 301, 302, 303, 304, 307, 308])("%d is a failure", async (status) => {
  const fake = await fakeWith({ status, headers: { location: "http://127.0.0.1/x" } });
  expect(await failureOf(client()({ url: fake.url }))).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/Redirects/) });
});

describe("connecting", () => {
  test("a name that does not resolve is transient", async () => {
    const lookup: LookupFunction = (_, __, callback) => callback(Object.assign(new Error("x"), { code: "ENOTFOUND" }), []);
    expect(await failureOf(client({ lookup })({ url: "http://no.example/secretpath" }))).toEqual({
      outcome: "TRANSIENT",
      message: "no.example could not be reached (ENOTFOUND).",
      hint: "There is no such host name. Check its spelling.",
    });
  });

  test("time-out while connecting is transient, and nothing is sent afterwards", async () => {
    const fake = await fakeWith();
    let answer: (() => void) | undefined;
    const lookup: LookupFunction = (_, __, callback) => {
      const found = () => callback(null, [{ address: "127.0.0.1", family: 4 }]);
      // The first look-up waits for the test, later ones do not.
      if (answer) found();
      else answer = found;
    };
    const controller = new AbortController();
    const send = client({ lookup, connectionsPerOrigin: 1 });
    const url = fake.url.replace("127.0.0.1", "slow.example");
    const failure = failureOf(send({ url, body: "late" }, { signal: controller.signal }));
    controller.abort();
    expect(await failure).toMatchObject({ outcome: "TRANSIENT", message: "No connection to slow.example in time." });
    answer?.();
    await send({ url, body: "next" });
    expect(fake.requests.map(({ body }) => body.toString())).toEqual(["next"]);
  });

  test("an aborted signal sends nothing", async () => {
    const fake = await fakeWith();
    expect(await failureOf(client()({ url: fake.url }, { signal: AbortSignal.abort() }))).toMatchObject({ outcome: "TRANSIENT" });
    expect(fake.requests).toHaveLength(0);
  });

  test("own connect time-out is transient", async () => {
    const lookup: LookupFunction = () => {};
    expect(await failureOf(client({ lookup, connectTimeoutMs: 50 })({ url: "http://slow.example" }))).toMatchObject({ outcome: "TRANSIENT" });
  });

  test("an untrusted certificate is permanent, TLS on a plain port transient", async () => {
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], { keySize: 2048 });
    const server = createServer({ key, cert }, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const failure = await failureOf(client()({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` }));
    expect(failure).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/self-signed/) });
    const fake = await fakeWith();
    expect(await failureOf(client()({ url: fake.url.replace("http:", "https:") }))).toMatchObject({ outcome: "TRANSIENT" });
  });

  test("a bad URL and bad headers are permanent", async () => {
    const fake = await fakeWith();
    expect(await failureOf(client()({ url: "not a url secret" }))).toMatchObject({ outcome: "PERMANENT", message: expect.not.stringMatching(/secret/) });
    expect(await failureOf(client()({ url: fake.url, headers: { "x-a": "secret\nx" } }))).toMatchObject({ outcome: "PERMANENT", message: expect.not.stringMatching(/secret/) });
  });
});

describe("address rules", () => {
  test.each(["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://0/", "http://0x0a9fea9fe/", "http://2852039166/", "http://[::ffff:a9fe:a9fe]/", "http://[64:ff9b::a9fe:a9fe]/"])(
    "%s is never contacted",
    async (url) => {
      expect(await failureOf(client()({ url }))).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/cannot be targets/) });
    },
  );

  test("private addresses only where allowed, written or resolved", async () => {
    const fake = await fakeWith();
    const { port } = new URL(fake.url);
    const send = client({ allowPrivate: false, lookup: resolving("127.0.0.1") });
    for (const host of ["127.0.0.1", "0x7f.1", "017700000001", "2130706433", "[::ffff:127.0.0.1]", "inside.example"]) {
      expect(await failureOf(send({ url: `http://${host}:${port}/` }))).toMatchObject({ outcome: "PERMANENT", hint: expect.stringMatching(/private/) });
    }
    expect(fake.requests).toHaveLength(0);
    await client({ lookup: resolving("127.0.0.1") })({ url: `http://inside.example:${port}/` });
    expect(fake.requests).toHaveLength(1);
  });

  test("of several addresses only allowed ones are connected to", async () => {
    const fake = await fakeWith();
    const send = client({ lookup: resolving("169.254.169.254", "127.0.0.1") });
    await send({ url: fake.url.replace("127.0.0.1", "both.example") });
    expect(await failureOf(client({ lookup: resolving("169.254.169.254") })({ url: "http://meta.example/" }))).toMatchObject({
      outcome: "PERMANENT",
      message: expect.not.stringMatching(/169/),
    });
  });

  test("a refused connection tells the host only", async () => {
    const failure = await failureOf(client()({ url: `http://127.0.0.1:${await deadPort()}/secret?token=secret`, headers: { "x-key": "secret" } }));
    expect(JSON.stringify(failure)).not.toContain("secret");
  });
});
