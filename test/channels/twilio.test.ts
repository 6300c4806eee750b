import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { DeliveryError, type Receipt } from "../../src/providers/provider.ts";
import { twilioAccount } from "../../src/providers/twilio.ts";
import { twilioSms } from "../../src/providers/twilioSms.ts";
import { twilioVoice } from "../../src/providers/twilioVoice.ts";
import { twilioWhatsapp } from "../../src/providers/twilioWhatsapp.ts";
import type { Message } from "../../src/render/message.ts";
import { type ContractCase, json, startFake, unusedWays } from "./case.ts";
import { makeMessage, makeStage, makeStrange, NOW, STRANGE_TEXTS } from "./messages.ts";
import { account, SID } from "./twilioFake.ts";
import { twilioSmsCase } from "./twilioSms.contract.ts";
import { twilioVoiceCase } from "./twilioVoice.contract.ts";
import { twilioWhatsappCase } from "./twilioWhatsapp.contract.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

const ways = { ...unusedWays, http, signal: new AbortController().signal, now: NOW };

async function fakeOf(contract: ContractCase) {
  const fake = await startFake(contract);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

/** Sends with some fields changed and gives the form that arrived. */
async function deliver(contract: ContractCase, changes: Record<string, unknown>, message: Message): Promise<{ receipt: Receipt; form: Record<string, string> }> {
  const fake = await fakeOf(contract);
  const config = contract.provider.config.parse({ ...contract.config(fake.url), ...changes });
  const { payload } = contract.provider.render(message, config);
  const receipt = await contract.provider.send(payload, { ...ways, config, message });
  expect(fake.complaints).toEqual([]);
  return { receipt, form: Object.fromEntries(new URLSearchParams(fake.requests[0]?.body.toString())) };
}

describe("account", () => {
  /** The check with the auth token of the account itself. */
  async function check(answer?: object): Promise<{ receipt: Receipt; path: string | undefined }> {
    const fake = await fakeOf(twilioSmsCase);
    if (answer) fake.script.push(json(200, answer));
    const { apiKeySid: _, ...given } = account(fake.url);
    const receipt = await twilioAccount.check({ ...ways, config: twilioAccount.config.parse(given) });
    expect(fake.complaints).toEqual([]);
    return { receipt, path: fake.requests[0]?.path };
  }

  test("an auth token is checked by asking for the account", async () => {
    expect(await check()).toEqual({ receipt: { status: "200" }, path: `/relay/2010-04-01/Accounts/${SID}.json` });
  });

  test.each(["suspended", "closed"])("a %s account does not pass", async (status) => {
    const error: unknown = await check({ sid: SID, status }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeliveryError);
    expect((error as DeliveryError).failure).toMatchObject({ outcome: "PERMANENT", message: `The account is ${status}.`, hint: expect.stringMatching(/credit/) });
  });
});

describe("numbers", () => {
  const to = (value: string) => twilioSms.config.shape.to.parse(value);

  test.each(["+1 555 123 0001", "+1 (555) 123-0001", " +1.555.123.0001 ", "\u202A+1\u00A0555\u2011123\u20110001\u202C"])("%s is taken", (value) => {
    expect(to(value)).toBe("+15551230001");
  });

  test("a trunk zero in brackets goes", () => expect(to("+44 (0)20 7946 0000")).toBe("+442079460000"));

  test.each([
    ["+1 (555) 123-0002", "+15551230002"],
    ["12345", "12345"],
    ["123-456", "123456"],
    ["Rack 7", "Rack 7"],
    ["A-B_C&D+1", "A-B_C&D+1"],
    ["MG0123456789abcdef0123456789abcdef", "MG0123456789abcdef0123456789abcdef"],
  ])("sender %s is taken", (value, expected) => expect(twilioSms.config.shape.from.parse(value)).toBe(expected));

  test.each(["whatsapp:+15551230001", "WhatsApp: +1 555 123 0001", "+15551230001"])("%s is taken for WhatsApp", (value) => {
    expect(twilioWhatsapp.config.shape.to.parse(value)).toBe("+15551230001");
  });
});

describe("SMS", () => {
  test("a messaging service is named as such", async () => {
    const { form, receipt } = await deliver(twilioSmsCase, { from: "MG0123456789abcdef0123456789abcdef" }, makeMessage());
    expect(form).toMatchObject({ To: "+442079460000", MessagingServiceSid: "MG0123456789abcdef0123456789abcdef" });
    expect(form).not.toHaveProperty("From");
    expect(receipt.status).toBe("201 queued");
  });

  test("typographic characters do not make a text dearer", async () => {
    const { form } = await deliver(twilioSmsCase, {}, makeMessage({ title: "“Disk” full – pve1…", body: "x".repeat(5000), facts: [] }));
    expect(form["Body"]).toMatch(/^\[Rack 7\] "Disk" full - pve1\.\.\.\n\nx+\.\.\.$/);
    expect(form["Body"]?.length).toBeGreaterThan(1590);
  });

  test("where other letters need the wide alphabet anyway they stay", async () => {
    const { form } = await deliver(twilioSmsCase, {}, makeMessage({ title: "Диск – полон…", body: "Диск – полон…", facts: [] }));
    expect(form["Body"]).toBe("[Rack 7] Диск – полон…");
  });
});

describe("voice", () => {
  const said = (changes: Partial<Message>) => twilioVoice.render(makeMessage(changes), twilioVoice.config.parse(twilioVoiceCase.config("http://x.example"))).text;

  test("the message is said as sentences, with hosts for URLs and without emoji", () => {
    const body = "💾 See https://user:pass@pve1.example:8006/disks?id=1.\nOr (http://[::1]/), or https://a.example/b/ now!";
    expect(said({ title: "Disk full", body })).toBe("Rack 7. Disk full. See pve1.example. Or (), or a.example now!");
  });

  test("a body that only repeats the title is said once", () => {
    expect(said({ title: "Disk full", body: "Disk full" })).toBe("Rack 7. Disk full.");
    expect(said({ title: "🔥", body: "🔥", displayName: "🔔" })).toBe("storage.disk.full.");
  });

  test("voice, language and repeats are attributes", async () => {
    const { form } = await deliver(twilioVoiceCase, {}, makeStage("RECOVERY", "INFO", true));
    expect(form["Twiml"]).toMatch(/^<Response><Say voice="Polly\.Joanna" language="en-US" loop="3">Rack 7\. Recovered: disk usage on pve1\. .*<\/Say><\/Response>$/);
  });

  test.each(["ж", "<", "&", "x", "漢", "a b "])("much of %s stays within every limit", async (letter) => {
    await deliver(twilioVoiceCase, {}, makeMessage({ body: letter.repeat(6000) }));
  });
});

describe("WhatsApp", () => {
  test("a template gets the title and the text as variables on one line each", async () => {
    const { form } = await deliver(twilioWhatsappCase, {}, makeMessage({ body: "It's full.\n\nNow." }));
    expect(form).toMatchObject({ To: "whatsapp:+15551230001", From: "whatsapp:+14155238886", ContentSid: "HX0123456789abcdef0123456789abcdef" });
    expect(form).not.toHaveProperty("Body");
    expect(JSON.parse(form["ContentVariables"] ?? "")).toEqual({
      1: "Disk almost full on pve1",
      2: "It's full. Now. · Host: pve1 · Usage: 98 % of 40 GB <limit 90 %> (Rack 7)",
    });
  });

  test("a variable is never empty", async () => {
    const { form } = await deliver(twilioWhatsappCase, {}, makeMessage({ title: "Full", body: "Full", facts: [] }));
    expect(JSON.parse(form["ContentVariables"] ?? "")).toEqual({ 1: "Full", 2: "Full (Rack 7)" });
  });

  test("marks in free text are kept from being marks, and URLs are kept whole", async () => {
    const { form } = await deliver(twilioWhatsappCase, { contentSid: undefined }, makeMessage({ title: "*x*", body: "*a* snake_case_name https://x.example/_a_", facts: [], emoji: "" }));
    expect(form["Body"]).toBe("*∗x∗*\n\n*\u2060a* snake_case_name https://x.example/_a_\n\nRack 7");
  });

  test("a long text is cut to the limit, facts and all", async () => {
    const facts = Array.from({ length: 40 }, (_, index) => ({ label: `Label ${index}`, value: "*value* ".repeat(20) }));
    const { form } = await deliver(twilioWhatsappCase, { contentSid: undefined }, makeMessage({ body: "x".repeat(5000), facts }));
    expect(Buffer.byteLength(form["Body"] ?? "")).toBe(1600);
    expect(form["Body"]).toMatch(/x…\n\nLabel 0: .*\n…: 29 more\n\nRack 7$/s);
  });

  test.each(Object.entries(STRANGE_TEXTS))("free text with strange text: %s", async (_, strange) => {
    for (const rich of [true, false]) await deliver(twilioWhatsappCase, { contentSid: undefined }, makeStrange(strange, rich));
  });
});
