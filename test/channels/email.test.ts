import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { email } from "../../src/providers/email.ts";
import { createMail, type SmtpServer } from "../../src/providers/mail.ts";
import { DeliveryError, type DeliveryFailure, type Receipt } from "../../src/providers/provider.ts";
import type { Message } from "../../src/render/message.ts";
import { unusedWays } from "./case.ts";
import { deadPort } from "./fakeHttp.ts";
import { SMTP_FAULTS, type SinkMessage, type SmtpFault, type SmtpSink, startSmtpSink } from "./smtpSink.ts";

const NOW = new Date("2026-11-21T10:00:00Z");
/** Found nowhere but in the login: characters that change in URLs, base64 and regular expressions. */
const CANARY = "kan&rie /vögel+$1=ä";
const AUTH = { user: "alerts@example.com", password: CANARY };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that answers as told, listening on a free port. */
async function rawServer(talk: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    talk(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => server.close());
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

async function sinkOf(options: Parameters<typeof startSmtpSink>[0]): Promise<SmtpSink> {
  const sink = await startSmtpSink(options);
  closers.push(() => sink[Symbol.asyncDispose]());
  return sink;
}

function mailer(authorities: string[] = []) {
  const made = createMail({ hostname: "carillon.example.com", authorities });
  closers.push(() => made.close());
  return made;
}

function message(change: Partial<Message> = {}): Message {
  return {
    id: "01983f2a-7c00-7000-8000-0000000000a1",
    reason: "FIRST",
    title: "Disk almost full on web-1",
    body: "/var is 93 % full.\nIt was 80 % an hour ago.\n\nFree some space.",
    facts: [
      { label: "Service", value: "web-1" },
      { label: "Customer", value: "ACME & Söhne" },
    ],
    severity: "CRITICAL",
    recovered: false,
    emoji: "💾",
    displayName: "Rack 7",
    rich: true,
    event: {
      id: "01983f2a-7c00-7000-8000-0000000000e1",
      type: "disk.full",
      category: "resources",
      status: "FIRING",
      source: "web-1",
      service: "web-1",
      customer: "ACME & Söhne",
      message: "/var is 93 % full.",
      details: {},
      occurredAt: NOW,
    },
    condition: { id: "01983f2a-7c00-7000-8000-0000000000c1", openedAt: NOW, count: 1 },
    thread: null,
    acknowledgeUrl: null,
    ...change,
  };
}

type Config = z.output<typeof email.config>;

function configFor(sink: { host: string; port: number }, change: Record<string, unknown> = {}): Config {
  return email.config.parse({ host: sink.host, port: sink.port, tls: "NONE", from: "Carillon <alerts@example.com>", to: ["ops@example.com"], ...change });
}

async function send(config: Config, what: Message, made = mailer(), signal?: AbortSignal): Promise<Receipt> {
  const { payload } = email.render(what, config);
  return email.send(payload, { ...unusedWays, config, message: what, mail: made.mail, signal: signal ?? AbortSignal.timeout(10_000), now: NOW });
}

async function failureOf(sent: Promise<unknown>): Promise<DeliveryFailure> {
  const error = await sent.then(
    () => expect.unreachable("it was delivered"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  const { failure } = error as DeliveryError;
  expect(leaks(error)).toBe(false);
  expect(failure.message.length).toBeLessThanOrEqual(500);
  expect(failure.message).not.toMatch(/\p{Cc}/u);
  return failure;
}

/** Whether the password is anywhere in the error, in clear or as it goes over the wire. */
function leaks(error: unknown): boolean {
  const seen = JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause ?? null, (error as DeliveryError).failure]);
  return [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString("base64"), Buffer.from(`\0${AUTH.user}\0${CANARY}`).toString("base64")].some((form) =>
    seen.includes(JSON.stringify(form).slice(1, -1)),
  );
}

function header(mail: SinkMessage | undefined, name: string): string | undefined {
  return mail?.parsed.headers.find(({ key }) => key === name.toLowerCase())?.value;
}

describe("the way to the server", () => {
  test.each(["NONE", "STARTTLS", "IMPLICIT"] as const)("%s with a login", async (tls) => {
    const sink = await sinkOf({ tls, auth: AUTH });
    const receipt = await send(configFor(sink, { tls, ...AUTH, verifyCertificate: false }), message());
    expect(receipt).toEqual({ status: "250 2.0.0 OK queued as 1", reference: "<01983f2a-7c00-7000-8000-0000000000a1@example.com>" });
    const [mail] = await sink.waitFor(1);
    expect(mail).toMatchObject({ secure: tls !== "NONE", user: AUTH.user, envelope: { from: "alerts@example.com", to: ["ops@example.com"] } });
    expect(sink.clients).toEqual(["carillon.example.com"]);
    expect(sink.violations).toEqual([]);
  });

  test("a certificate of a trusted authority passes", async () => {
    for (const tls of ["STARTTLS", "IMPLICIT"] as const) {
      const sink = await sinkOf({ tls });
      const receipt = await send(configFor({ host: "localhost", port: sink.port }, { tls }), message(), mailer([sink.certificate]));
      expect(receipt.status).toMatch(/^250 /);
    }
  });

  test.each(["STARTTLS", "IMPLICIT"] as const)("%s refuses a self-signed certificate for good", async (tls) => {
    const sink = await sinkOf({ tls, auth: AUTH });
    const failure = await failureOf(send(configFor(sink, { tls, ...AUTH }), message()));
    expect(failure.outcome).toBe("PERMANENT");
    expect(failure.message).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(failure.hint).toContain("verifyCertificate");
    expect(sink.messages).toEqual([]);
  });

  test("a trusted certificate for another name is refused for good", async () => {
    const sink = await sinkOf({ tls: "IMPLICIT", host: "127.0.0.2" });
    const failure = await failureOf(send(configFor(sink, { tls: "IMPLICIT" }), message(), mailer([sink.certificate])));
    expect(failure).toMatchObject({ outcome: "PERMANENT", message: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID") });
  });

  test("STARTTLS is never skipped", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const failure = await failureOf(send(configFor(sink, { tls: "STARTTLS", verifyCertificate: false }), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", hint: expect.stringContaining("does not offer STARTTLS") });
    expect(sink.messages).toEqual([]);
  });

  test("NONE does not encrypt even where it could", async () => {
    const sink = await sinkOf({ tls: "STARTTLS" });
    const failure = await failureOf(send(configFor(sink), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", status: "530 5.7.0", hint: expect.stringContaining("STARTTLS") });
  });

  test("IMPLICIT on a port that starts in clear is explained", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const failure = await failureOf(send(configFor(sink, { tls: "IMPLICIT" }), message()));
    expect(failure).toMatchObject({ outcome: "TRANSIENT", hint: expect.stringContaining("587") });
  });

  test("a wrong password is permanent, says why and is nowhere in the error", async () => {
    const sink = await sinkOf({ tls: "NONE", auth: { ...AUTH, password: "another" } });
    const failure = await failureOf(send(configFor(sink, AUTH), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", status: "535 5.7.8", message: "535 5.7.8 Username and password not accepted", hint: expect.stringContaining("app password") });
  });

  test("a server that repeats the password in its answer leaks nothing", async () => {
    const plain = Buffer.from(`\0${AUTH.user}\0${CANARY}`).toString("base64");
    for (const echo of [CANARY, Buffer.from(CANARY).toString("base64"), plain]) {
      const sink = await sinkOf({ tls: "NONE", auth: AUTH });
      sink.fail({ on: "AUTH", reply: `535 5.7.8 AUTH PLAIN ${echo} refused` });
      const failure = await failureOf(send(configFor(sink, AUTH), message()));
      expect(failure.message).toBe("535 5.7.8 AUTH PLAIN *** refused");
      sink.fail({ on: "RCPT", reply: `550 5.1.1 ${echo} is unknown`, recipient: "bob@example.com" });
      const receipt = await send(configFor(sink, { ...AUTH, to: ["ops@example.com", "bob@example.com"] }), message());
      expect(receipt.status).toContain("bob@example.com (550 5.1.1 *** is unknown)");
    }
  });

  test("a login that the server does not offer is not sent", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const failure = await failureOf(send(configFor(sink, AUTH), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", hint: expect.stringContaining("leave user and password empty") });
  });

  test("a server that wants a login says so", async () => {
    const sink = await sinkOf({ tls: "STARTTLS", auth: AUTH });
    const failure = await failureOf(send(configFor(sink, { tls: "STARTTLS", verifyCertificate: false }), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", hint: "The server wants a login: give user and password." });
  });

  test("a refused connection and an unknown host are transient", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    expect(await failureOf(send(configFor({ host: "127.0.0.1", port }), message()))).toMatchObject({ outcome: "TRANSIENT", hint: expect.stringContaining("Nothing answers") });
    expect(await failureOf(send(configFor({ host: "localhost", port }), message()))).toMatchObject({ outcome: "TRANSIENT", message: expect.stringContaining("ECONNREFUSED") });
    expect(await failureOf(send(configFor({ host: "no-such-host.invalid", port }), message()))).toMatchObject({ outcome: "TRANSIENT" });
  });

  test("the address rules hold for mail too", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const made = createMail({ hostname: "carillon.example.com", allowPrivate: false });
    closers.push(() => made.close());
    for (const host of ["127.0.0.1", "localhost"]) {
      const failure = await failureOf(send(configFor({ host, port: sink.port }), message(), made));
      expect(failure).toMatchObject({ outcome: "PERMANENT", message: expect.stringContaining("private network"), hint: expect.any(String) });
    }
    expect(await failureOf(send(configFor({ host: "169.254.169.254", port: 25 }), message()))).toMatchObject({ outcome: "PERMANENT" });
    expect(sink.messages).toEqual([]);
  });

  test("something that is no SMTP server is transient and its words are cut", async () => {
    const other = await rawServer((socket) => socket.end(`HTTP/1.1 400 Bad Request\u0000\u001b[31m ${"x".repeat(2_000)}\r\n\r\n`));
    expect((await failureOf(send(configFor(other), message()))).outcome).toBe("TRANSIENT");
  });
});

describe("one connection for several mails", () => {
  test("mails in a row share it, and one that the server has closed meanwhile is replaced unseen", async () => {
    const sink = await sinkOf({ tls: "STARTTLS", auth: AUTH });
    const config = configFor(sink, { tls: "STARTTLS", ...AUTH, verifyCertificate: false });
    const made = mailer();
    await send(config, message(), made);
    await send(config, message({ id: "b" }), made);
    expect(sink.messages[0]?.session).toBe(sink.messages[1]?.session);
    sink.cutConnections();
    await send(config, message({ id: "c" }), made);
    sink.fail({ on: "MAIL", reply: "421 4.4.2 Idle for too long" });
    await send(config, message({ id: "d" }), made);
    expect(new Set(sink.messages.map(({ session }) => session)).size).toBe(3);
  });

  test("another password is another connection", async () => {
    const sink = await sinkOf({ tls: "NONE", auth: AUTH });
    const made = mailer();
    await send(configFor(sink, AUTH), message(), made);
    expect((await failureOf(send(configFor(sink, { ...AUTH, password: "wrong" }), message(), made))).status).toBe("535 5.7.8");
  });

  test("at most four at once to a server, the rest wait their turn", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const made = mailer();
    await Promise.all(Array.from({ length: 40 }, (_, at) => send(configFor(sink), message({ id: `mail-${at}` }), made)));
    expect(new Set(sink.messages.map(({ parsed }) => parsed.messageId)).size).toBe(40);
    expect(new Set(sink.messages.map(({ session }) => session)).size).toBeLessThanOrEqual(4);
  });

  test("after close nothing is sent any more", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const made = mailer();
    await send(configFor(sink), message(), made);
    await made.close();
    expect((await failureOf(send(configFor(sink), message(), made))).outcome).toBe("TRANSIENT");
  });
});

describe("what servers answer", () => {
  const retryLater = 5 * 60_000;
  const table: [string, SmtpFault, Partial<DeliveryFailure>][] = [
    ["421 at the greeting", { on: "CONNECT", reply: "421 4.3.2 Too busy" }, { outcome: "TRANSIENT", status: "421 4.3.2" }],
    ["554 at the greeting", { on: "CONNECT", reply: "554 5.7.1 Your address is blocked" }, { outcome: "PERMANENT", status: "554 5.7.1" }],
    ["421 in between", SMTP_FAULTS.CLOSING, { outcome: "TRANSIENT", status: "421 4.3.2" }],
    ["421 4.7.0", { on: "MAIL", reply: "421 4.7.0 Try again later" }, { outcome: "RATE_LIMITED", retryAfterMs: retryLater }],
    ["450 greylisted", SMTP_FAULTS.GREYLISTED, { outcome: "TRANSIENT", status: "450 4.2.0", retryAfterMs: retryLater }],
    ["450 4.2.1", { on: "RCPT", reply: "450 4.2.1 Receiving mail at a rate that is too high" }, { outcome: "RATE_LIMITED", retryAfterMs: retryLater }],
    ["450 without more", { on: "RCPT", reply: "450 mailbox busy" }, { outcome: "TRANSIENT", status: "450", retryAfterMs: undefined }],
    ["451 4.7.1", SMTP_FAULTS.TOO_FAST, { outcome: "RATE_LIMITED", status: "451 4.7.1", retryAfterMs: retryLater }],
    ["451 4.3.0 after the dot", { on: "DATA_END", reply: "451 4.3.0 Queue file write error" }, { outcome: "TRANSIENT", status: "451 4.3.0" }],
    ["452", { on: "RCPT", reply: "452 4.5.3 Too many recipients" }, { outcome: "TRANSIENT", status: "452 4.5.3" }],
    ["454 at the login", SMTP_FAULTS.LOGIN_UNAVAILABLE, { outcome: "TRANSIENT", status: "454 4.7.0" }],
    ["530", { on: "MAIL", reply: "530 5.7.57 Client not authenticated" }, { outcome: "PERMANENT", hint: expect.anything() as string }],
    ["534", { on: "AUTH", reply: "534 5.7.9 Application-specific password required" }, { outcome: "PERMANENT", hint: expect.stringContaining("app password") as string }],
    ["535", SMTP_FAULTS.LOGIN_REFUSED, { outcome: "PERMANENT", status: "535 5.7.8", hint: expect.stringContaining("app password") as string }],
    ["538", { on: "AUTH", reply: "538 5.7.11 Encryption required" }, { outcome: "PERMANENT", hint: expect.stringContaining("STARTTLS") as string }],
    ["550", SMTP_FAULTS.NO_SUCH_USER, { outcome: "PERMANENT", status: "550 5.1.1", message: "550 5.1.1 No such user here" }],
    ["550 after the dot", { on: "DATA_END", reply: "550 5.7.26 Unauthenticated mail" }, { outcome: "PERMANENT", hint: expect.stringContaining("policy") as string }],
    ["552 for a recipient", SMTP_FAULTS.TOO_MANY_RECIPIENTS, { outcome: "TRANSIENT", status: "552 5.5.3" }],
    ["552 for the mail", SMTP_FAULTS.TOO_BIG, { outcome: "PERMANENT", status: "552 5.3.4" }],
    ["553", { on: "MAIL", reply: "553 5.1.8 Sender not allowed" }, { outcome: "PERMANENT", status: "553 5.1.8" }],
    ["555", { on: "MAIL", reply: "555 5.5.4 Unsupported option" }, { outcome: "PERMANENT", status: "555 5.5.4" }],
    ["cut at the greeting", { on: "CONNECT", drop: true }, { outcome: "TRANSIENT" }],
    ["cut at the login", { on: "AUTH", drop: true }, { outcome: "TRANSIENT" }],
    ["cut before DATA", { on: "RCPT", drop: true }, { outcome: "TRANSIENT" }],
    ["cut within the mail", SMTP_FAULTS.DROPPED_IN_DATA, { outcome: "UNKNOWN", message: expect.stringContaining("may have been delivered") as string }],
    ["cut after the final dot", SMTP_FAULTS.DROPPED_AFTER_DOT, { outcome: "UNKNOWN" }],
  ];
  test.each(table)("%s", async (_name, fault, expected) => {
    const sink = await sinkOf({ tls: "NONE", auth: AUTH });
    sink.fail(fault);
    const made = mailer();
    const config = configFor(sink, AUTH);
    expect(await failureOf(send(config, message(), made))).toMatchObject(expected);
    expect(sink.messages).toEqual([]);
    // The fault is gone, and nothing of it stays behind.
    expect((await send(config, message(), made)).status).toBe("250 2.0.0 OK queued as 1");
  });

  test.each<[string, SmtpFault, DeliveryFailure["outcome"]]>([
    ["before the greeting", { on: "CONNECT", hang: true }, "TRANSIENT"],
    ["at the login", { on: "AUTH", hang: true }, "TRANSIENT"],
    ["at a recipient", { on: "RCPT", hang: true }, "TRANSIENT"],
    ["after the final dot", SMTP_FAULTS.SILENT_AFTER_DOT, "UNKNOWN"],
  ])("a server silent %s, given up", async (_name, fault, outcome) => {
    const sink = await sinkOf({ tls: "NONE", auth: AUTH });
    sink.fail(fault);
    const started = Date.now();
    expect((await failureOf(send(configFor(sink, AUTH), message(), mailer(), AbortSignal.timeout(300)))).outcome).toBe(outcome);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  test("an abort before the start and one while waiting for a connection send nothing", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    expect((await failureOf(send(configFor(sink), message(), mailer(), AbortSignal.abort()))).outcome).toBe("TRANSIENT");
    const made = mailer();
    sink.fail({ on: "MAIL", hang: true, times: 4 });
    const stuck = Array.from({ length: 4 }, () => failureOf(send(configFor(sink), message(), made, AbortSignal.timeout(1_500))));
    expect((await failureOf(send(configFor(sink), message(), made, AbortSignal.timeout(300)))).outcome).toBe("TRANSIENT");
    expect((await Promise.all(stuck)).map(({ outcome }) => outcome)).toEqual(Array(4).fill("TRANSIENT"));
    expect((await send(configFor(sink), message(), made)).status).toMatch(/^250/);
    expect(sink.messages).toHaveLength(1);
  });

  test("refused for one of two: delivered to the other, and the receipt says so", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    sink.fail({ ...SMTP_FAULTS.NO_SUCH_USER, recipient: "bob@example.com" });
    const receipt = await send(configFor(sink, { to: ["ops@example.com, bob@example.com"] }), message());
    expect(receipt.status).toBe("Refused for bob@example.com (550 5.1.1 No such user here); else 250 2.0.0 OK queued as 1");
    expect(sink.messages[0]?.envelope.to).toEqual(["ops@example.com"]);
  });

  test("all refused: worth another try as long as one refusal is temporary", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    sink.fail({ ...SMTP_FAULTS.NO_SUCH_USER, recipient: "bob@example.com" });
    sink.fail({ ...SMTP_FAULTS.TOO_MANY_RECIPIENTS, recipient: "ops@example.com" });
    const failure = await failureOf(send(configFor(sink, { to: ["ops@example.com", "bob@example.com"] }), message()));
    expect(failure).toMatchObject({ outcome: "TRANSIENT", status: "552 5.5.3" });
    expect(failure.message).toBe("ops@example.com (552 5.5.3 Too many recipients); bob@example.com (550 5.1.1 No such user here)");
  });

  test("a long answer of many lines comes out as one short line", async () => {
    const wordy = await rawServer((socket) => {
      socket.write("220 wordy\r\n");
      socket.on("data", () => socket.write(`${"550-5.7.1 Refused,\u0007 see our pages.\r\n".repeat(100)}550 5.7.1 End.\r\n`));
    });
    const failure = await failureOf(send(configFor(wordy, { tls: "STARTTLS" }), message()));
    expect(failure).toMatchObject({ outcome: "PERMANENT", status: "550 5.7.1", message: expect.stringMatching(/^550-?\s?5\.7\.1 Refused, see our pages\. Refused/) });
  });

  test("the hint fits the provider", async () => {
    // No network: only the reading of the reply depends on the host.
    const { readFailure, Interruption } = await import("../../src/providers/smtpFailure.ts");
    const refused = Object.assign(new Error("Invalid login"), { code: "EAUTH", response: "535-5.7.8 Username and Password not accepted.\n535 5.7.8 Learn more", command: "AUTH PLAIN" });
    const server = (host: string): SmtpServer => ({ host, port: 587, tls: "STARTTLS", ...AUTH, verifyCertificate: true });
    expect(readFailure(new Interruption(refused, false), server("smtp.gmail.com")).hint).toContain("myaccount.google.com/apppasswords");
    expect(readFailure(new Interruption(refused, false), server("smtp.office365.com")).hint).toContain("Microsoft");
    expect(readFailure(new Interruption(refused, false), server("mail.notgmail.com")).hint).toContain("app password");
  });
});

describe("the mail", () => {
  async function sent(what: Message, change: Record<string, unknown> = {}): Promise<SinkMessage> {
    const sink = await sinkOf({ tls: "NONE" });
    await send(configFor(sink, change), what);
    expect(sink.violations).toEqual([]);
    const [mail] = sink.messages;
    return mail ?? expect.unreachable();
  }

  test("rich: a text part and an HTML part; plain: the text alone, with the same words", async () => {
    const rich = await sent(message());
    expect(header(rich, "content-type")).toMatch(/^multipart\/alternative/);
    expect(rich.parsed.html).toContain("💾 Disk almost full on web-1");
    expect(rich.parsed.html).toContain("ACME &amp; Söhne");
    const plain = await sent(message({ rich: false }));
    expect(header(plain, "content-type")).toMatch(/^text\/plain; charset=utf-8/i);
    expect(plain.parsed.html).toBeUndefined();
    expect(plain.parsed.text?.trim()).toBe(rich.parsed.text?.trim());
    expect(email.render(message(), configFor({ host: "x", port: 1 })).text.trim()).toBe(plain.parsed.text?.replaceAll("\r\n", "\n").trim());
  });

  test("follow-ups and the recovery answer the first mail, and stay apart from other conditions", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const config = configFor(sink);
    const first = await send(config, message());
    const thread = first.reference ?? null;
    await send(config, message({ id: "second", reason: "ONGOING", thread }));
    await send(config, message({ id: "third", reason: "RECOVERY", recovered: true, thread, title: "Recovered: disk on web-1" }));
    await send(config, message({ id: "other" }));
    const ids = sink.messages.map(({ parsed }) => parsed.messageId);
    expect(ids[0]).toBe(thread);
    expect(new Set(ids).size).toBe(4);
    expect(sink.messages.map(({ parsed }) => parsed.inReplyTo)).toEqual([undefined, ids[0], ids[0], undefined]);
    expect(sink.messages.map(({ parsed }) => parsed.references)).toEqual([undefined, ids[0], ids[0], undefined]);
    expect(sink.messages.map(({ parsed }) => parsed.subject)).toEqual([
      "[Rack 7] Disk almost full on web-1",
      "Re: [Rack 7] Disk almost full on web-1",
      "Re: [Rack 7] Recovered: disk on web-1",
      "[Rack 7] Disk almost full on web-1",
    ]);
  });

  test("a retry is the same mail: same Message-ID, same octets", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    sink.fail(SMTP_FAULTS.DROPPED_AFTER_DOT);
    await failureOf(send(configFor(sink), message()));
    await send(configFor(sink), message());
    await send(configFor(sink), message());
    expect(sink.messages.map(({ parsed }) => parsed.messageId)).toEqual(Array(2).fill("<01983f2a-7c00-7000-8000-0000000000a1@example.com>"));
    expect(sink.messages[0]?.raw).toBe(sink.messages[1]?.raw);
  });

  test("says that it is automatic, and how urgent", async () => {
    const headers = async (change: Partial<Message>) => {
      const mail = await sent(message(change));
      return ["auto-submitted", "x-auto-response-suppress", "x-priority", "importance", "priority"].map((name) => header(mail, name));
    };
    expect(await headers({ severity: "CRITICAL" })).toEqual(["auto-generated", "All", "1", "high", "urgent"]);
    expect(await headers({ severity: "WARNING" })).toEqual(["auto-generated", "All", "3", "normal", "normal"]);
    expect(await headers({ severity: "INFO" })).toEqual(["auto-generated", "All", "5", "low", "non-urgent"]);
    expect(await headers({ severity: "CRITICAL", recovered: true })).toEqual(["auto-generated", "All", "3", "normal", "normal"]);
  });

  test("no header can be smuggled in", async () => {
    const evil = "x\r\nBcc: thief@evil.example\n\rX-Evil: 1\u0085X-Evil: 2\u2028X-Evil: 3";
    const sink = await sinkOf({ tls: "NONE" });
    await send(configFor(sink), message({ id: evil, title: evil, displayName: evil, emoji: evil, thread: `<a@b>\r\nX-Evil: 4`, event: { ...message().event, type: evil } }));
    const [mail] = sink.messages;
    expect(mail?.parsed.headers.map(({ key }) => key).sort()).toEqual(
      ["auto-submitted", "content-type", "date", "from", "importance", "message-id", "mime-version", "priority", "subject", "to", "x-auto-response-suppress", "x-priority"].sort(),
    );
    expect(mail?.envelope.to).toEqual(["ops@example.com"]);
    expect(sink.recipients).toEqual(["ops@example.com"]);
    expect(sink.violations).toEqual([]);
  });

  test("ctx.mail itself refuses line breaks in any header", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const { mail } = mailer();
    const server: SmtpServer = { host: sink.host, port: sink.port, tls: "NONE", verifyCertificate: true };
    const good = { from: "a@example.com", to: ["b@example.com"], subject: "s", text: "t", messageId: "<1@example.com>", headers: {}, date: NOW };
    for (const change of [
      { subject: "a\r\nBcc: x@evil.example" },
      { from: "a@example.com\nX: 1" },
      { to: ["b@example.com\r\nRCPT TO:<x@evil.example>"] },
      { messageId: "<1@example.com>\r\nX: 1" },
      { inReplyTo: "<1@example.com>\nX: 1" },
      { headers: { "X-A": "1\nX-B: 2" } },
      { headers: { "X-A\r\nX-B": "2" } },
      { from: "a@example.com, b@example.com" },
      { to: ["nobody"] },
      { to: [] },
    ]) {
      expect((await failureOf(mail(server, { ...good, ...change }, { signal: AbortSignal.timeout(5_000) }))).outcome).toBe("PERMANENT");
    }
    expect(sink.messages).toEqual([]);
  });

  test("everything is escaped in HTML", async () => {
    const tag = `<script>alert("x")</script><img src=x onerror='y'>&amp;`;
    const { parsed } = await sent(message({ title: tag, body: tag, facts: [{ label: tag, value: tag }], displayName: tag, emoji: "<b>", event: { ...message().event, type: tag } }));
    expect(parsed.html).not.toMatch(/<script|<img|<b>/i);
    expect(parsed.html).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
    expect(parsed.html).toContain("&amp;amp;");
    // Nothing is loaded or linked.
    expect(parsed.html).not.toMatch(/<[^>]*\b(src|href|background)=|url\(/i);
    expect(parsed.text).toContain(tag);
  });

  const strange: [string, string][] = [
    ["100,000 characters without a break", "x".repeat(100_000)],
    ["100,000 characters of another script", "語".repeat(100_000)],
    ["joined emoji", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿❤️‍🔥 ".repeat(300).trim()],
    ["lone surrogates", "a\ud800b\udc00c"],
    ["NUL and other controls", "a\u0000b\u0007c\u001bd\u007fe\u0085f"],
    ["a template", "{{x}} {% raw %} ${y} %s"],
    ["right to left", "القرص ممتلئ \u202etxt.exe"],
    ["dots alone in a line", "one\n.\n..\n.two\r\n.\r\nthree"],
    ["line ends of all kinds", "a\rb\nc\r\nd\u2028e"],
    ["something like a boundary", "----_NmP-0-Part_1--\n--\n--x\nContent-Type: text/plain\n\nFrom the start"],
    ["something like an encoded word", "=?utf-8?Q?Bcc:_x?= =3D =\n="],
  ];
  test.each(strange)("%s", { timeout: 120_000 }, async (_name, text) => {
    for (const rich of [true, false]) {
      const what = message({ title: text, body: text, facts: [{ label: text, value: text }], rich });
      const mail = await sent(what);
      const expected = email.render(what, configFor({ host: "x", port: 1 }));
      expect(mail.parsed.text?.replaceAll("\r\n", "\n").trim()).toBe(expected.text.trim());
      expect(mail.parsed.subject).toBe(expected.payload.subject);
      if (rich) expect(mail.parsed.html?.replaceAll("\r\n", "\n").trim()).toBe(expected.payload.html?.trim());
      expect(`${mail.parsed.subject}${mail.parsed.text}${mail.parsed.html}`).not.toMatch(/[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/u);
    }
  });

  test("any text at all becomes a mail that keeps the rules", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const made = mailer();
    const any = fc.string({ unit: "binary", maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(any, any, any, fc.boolean(), async (title, body, name, rich) => {
        const what = message({ title, body, displayName: name, facts: [{ label: name, value: title }], rich });
        await send(configFor(sink), what, made);
        const rendered = email.render(what, configFor(sink));
        const mail = sink.messages.at(-1);
        expect(mail?.parsed.subject).toBe(rendered.payload.subject);
        expect(mail?.parsed.text?.replaceAll("\r\n", "\n").trim()).toBe(rendered.text.trim());
      }),
      { numRuns: 60 },
    );
    expect(sink.violations).toEqual([]);
  });

  test("names and domains of other scripts", async () => {
    const { raw, envelope, parsed } = await sent(message(), { from: '"Müller, Zoë" <alarm@müller.example>', to: ["ops@bücher.example"] });
    // The sink shows the domains as people read them; on the wire they are ASCII.
    expect(envelope).toEqual({ from: "alarm@müller.example", to: ["ops@bücher.example"] });
    expect(raw).toContain("<alarm@xn--mller-kva.example>");
    expect(parsed.from?.name).toBe("Müller, Zoë");
    expect(parsed.messageId).toBe("<01983f2a-7c00-7000-8000-0000000000a1@xn--mller-kva.example>");
    expect(raw).toMatch(/^From: =\?/m);
  });

  test("looks like this", async () => {
    const sink = await sinkOf({ tls: "NONE" });
    const config = configFor(sink);
    for (const rich of [true, false]) {
      const { reference } = await send(config, message({ rich }));
      const later = { rich, thread: reference ?? null, condition: { id: "c", openedAt: NOW, count: 4 } };
      await send(config, message({ ...later, id: "follow-up", reason: "ONGOING", body: "Still 93 % full, seen 4 times since 10:00 UTC." }));
      await send(config, message({ ...later, id: "recovery", reason: "RECOVERY", recovered: true, emoji: "✅", title: "Recovered: disk on web-1", body: "It lasted 40 minutes.", facts: [] }));
    }
    const names = ["rich-problem", "rich-follow-up", "rich-recovery", "plain-problem", "plain-follow-up", "plain-recovery"];
    for (const [at, name] of names.entries()) {
      await expect(sink.messages[at]?.raw.replaceAll("\r\n", "\n")).toMatchFileSnapshot(`golden/email-${name}.eml`);
    }
  });
});

describe("config", () => {
  const good = { host: "smtp.example.com", from: "alerts@example.com", to: ["ops@example.com"] };

  test("stays an object with a shape, and every field describes itself", () => {
    expect(email.config).toBeInstanceOf(z.ZodObject);
    for (const [name, field] of Object.entries(email.config.shape)) {
      expect(z.globalRegistry.get(field), name).toMatchObject({ title: expect.any(String), description: expect.any(String) });
    }
    expect(z.globalRegistry.get(email.config.shape.password)).toMatchObject({ secret: true });
    expect(email.config.shape.to).toBeInstanceOf(z.ZodArray);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["the least", {}, { tls: "STARTTLS", verifyCertificate: true, to: ["ops@example.com"] }],
    ["a name in From", { from: "Carillon <alerts@example.com>" }, { from: "Carillon <alerts@example.com>" }],
    ["a comma in the name", { from: '"Ops, Team" <alerts@example.com>' }, {}],
    ["lists in a list, names, repeats", { to: ["a@example.com, Bob <b@example.com>,", "A@example.com;c@example.com"] }, { to: ["a@example.com", "b@example.com", "c@example.com"] }],
    ["a hundred recipients", { to: [Array.from({ length: 100 }, (_, at) => `u${at}@example.com`).join(",")] }, {}],
    ["a local relay", { host: " localhost ", tls: "NONE", to: ["root@localhost"], from: "root@localhost" }, { host: "localhost" }],
    ["IPv4", { host: "192.0.2.1", port: 2525 }, { port: 2525 }],
    ["IPv6", { host: "2001:db8::1" }, {}],
    ["an underscore and a final dot", { host: "mail_relay.internal." }, {}],
    ["a login", { user: "u", password: "p w" }, { user: "u", password: "p w" }],
    ["an empty login, as forms send it", { user: "", password: "" }, {}],
    ["tags and scripts in addresses", { to: ["a+b=c@example.com", "zoë@müller.example"] }, { to: ["a+b=c@example.com", "zoë@müller.example"] }],
  ])("takes %s", (_name, change, expected) => {
    const once = email.config.parse({ ...good, ...change });
    expect(once).toMatchObject(expected);
    expect(email.config.parse(once)).toEqual(once);
  });

  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ["no host", { host: "" }, "host", /SMTP server/],
    ["a URL as host", { host: "smtp://smtp.example.com" }, "host", /without smtp:\/\//],
    ["a port in the host", { host: "smtp.example.com:587" }, "host", /without the port/],
    ["a line break in the host", { host: "a\r\nb" }, "host", /alone/],
    ["port 0", { port: 0 }, "port", /1 to 65535/],
    ["port 65536", { port: 65536 }, "port", /1 to 65535/],
    ["half a port", { port: 25.5 }, "port", /whole number/],
    ["another mode", { tls: "SSL" }, "tls", /STARTTLS/],
    ["a user alone", { user: "u" }, "password", /must be given along with/],
    ["a password alone", { password: "p" }, "user", /must be given along with/],
    ["NUL in the password", { user: "u", password: "a\0b" }, "password", /control characters/],
    ["no sender", { from: "" }, "from", /sender/],
    ["two senders", { from: "a@example.com, b@example.com" }, "from", /exactly one/],
    ["a sender without address", { from: "Carillon" }, "from", /exactly one/],
    ["a line break in From", { from: "a@example.com\r\nBcc: x@evil.example" }, "from", /line breaks/],
    ["no recipient", { to: [] }, "to", /at least one/],
    ["only commas", { to: [" , ,"] }, "to", /at least one/],
    ["a recipient without domain", { to: ["ops"] }, "to.0", /"ops" is not a mail address/],
    ["the second of a list", { to: ["ops@example.com, b@@example.com"] }, "to.1", /"b@@example.com"/],
    ["no comma between two", { to: ["a@example.com b@example.com"] }, "to.0", /is not a mail address/],
    ["a line break in To", { to: ["a@example.com\r\nDATA"] }, "to.0", /is not a mail address/],
    ["101 recipients", { to: Array.from({ length: 101 }, (_, at) => `u${at}@example.com`) }, "to", /at most 100/],
    ["a long local part", { to: [`${"x".repeat(65)}@example.com`] }, "to.0", /is not a mail address/],
    ["an endless text", { to: ["x".repeat(40_000)] }, "to.0", /./],
    ["a string for the list", { to: "ops@example.com" }, "to", /array/],
  ])("refuses %s", (_name, change, path, text) => {
    const { error } = email.config.safeParse({ ...good, ...change });
    const issue = error?.issues.find((one) => one.path.join(".") === path);
    expect(issue?.message).toMatch(text);
  });

  test("the port follows the mode", async () => {
    const asked: number[] = [];
    for (const tls of ["NONE", "STARTTLS", "IMPLICIT"] as const) {
      const config = email.config.parse({ ...good, tls });
      const { payload } = email.render(message(), config);
      const mail = async (server: SmtpServer) => (asked.push(server.port), { status: "250 OK", refused: [] });
      await email.send(payload, { ...unusedWays, config, message: message(), mail, signal: new AbortController().signal, now: NOW });
    }
    expect(asked).toEqual([25, 587, 465]);
  });
});

describe("the account's check", () => {
  const account = email.account as NonNullable<typeof email.account>;
  const check = (sink: { host: string; port: number }, change: Record<string, unknown> = {}, signal = AbortSignal.timeout(10_000)) => {
    const config = account.config.parse({ host: sink.host, port: sink.port, tls: "NONE", from: "alerts@example.com", verifyCertificate: false, ...change });
    return account.check({ ...unusedWays, config, checkMail: mailer().checkMail, signal, now: NOW });
  };

  test.each(["NONE", "STARTTLS", "IMPLICIT"] as const)("logs in by %s and sends nothing", async (tls) => {
    const sink = await sinkOf({ tls, auth: AUTH });
    expect(await check(sink, { tls, user: AUTH.user, password: AUTH.password })).toEqual({ status: "logged in" });
    expect(sink.messages).toEqual([]);
  });

  test("only connects where there is no login", async () => {
    expect(await check(await sinkOf({ tls: "NONE" }))).toEqual({ status: "connected" });
  });

  test("tells a wrong password from a server that is not there, and a hanging one from both", async () => {
    const sink = await sinkOf({ tls: "NONE", auth: { ...AUTH, password: "another" } });
    expect(await failureOf(check(sink, { user: AUTH.user, password: AUTH.password }))).toMatchObject({ outcome: "PERMANENT", status: expect.stringContaining("535") });
    expect(await failureOf(check({ host: "127.0.0.1", port: await deadPort() }))).toMatchObject({ outcome: "TRANSIENT" });
    expect(await failureOf(check(await sinkOf({ tls: "NONE" }), {}, AbortSignal.abort()))).toMatchObject({ outcome: "TRANSIENT" });
  });
});
