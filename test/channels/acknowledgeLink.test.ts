import { describe, expect, it } from "vitest";
import { email } from "../../src/providers/email.ts";
import { withAcknowledgeLine } from "../../src/render/acknowledgeLink.ts";
import { CASES } from "./cases.ts";
import { makeMessage } from "./messages.ts";

/** The link by which a problem is taken on has to arrive whole, whatever a kind escapes and cuts. */

const URL = "https://alerts.example.com/carillon/acknowledge/AZ-z_sIAcACAAAAAAAAAAQ.tb7k3c0.x-_YQ8mJ2c_4Kw-zH0b1Dg";
const BODIES = { "a short text": "The web server is down.", "a text as long as can be": `${"It is down. ".repeat(1700)}` };

const kinds = CASES.filter(({ provider }) => !provider.withoutLinks);

function payloadOf({ provider, config }: (typeof CASES)[number], rich: boolean, body: string, acknowledgeUrl: string | null): string {
  const parsed = provider.config.parse(config("http://127.0.0.1:9"));
  const { payload, text } = provider.render(makeMessage({ rich, acknowledgeUrl, body: withAcknowledgeLine(body, acknowledgeUrl) }), parsed);
  return `${JSON.stringify(payload)}\n${text}`.replaceAll("\\\\", "\\");
}

describe.each(kinds.map((one) => [one.provider.kind, one] as const))("%s", (_kind, contract) => {
  it.each(Object.entries(BODIES))("has it whole beside %s", (_name, body) => {
    for (const rich of [true, false]) expect(payloadOf(contract, rich, body, URL).includes(URL), `rich: ${rich}\n${payloadOf(contract, rich, body, URL)}`).toBe(true);
  });

  it("has none where there is none", () => {
    expect(payloadOf(contract, true, BODIES["a short text"], null)).not.toMatch(/acknowledge/i);
  });
});

it("is a button in a rich mail, and a line in a plain one", () => {
  const config = email.config.parse({ host: "smtp.example.com", from: "a@example.com", to: ["b@example.com"] });
  const { payload } = email.render(makeMessage({ acknowledgeUrl: URL, body: withAcknowledgeLine("Down.", URL) }), config);
  expect(payload.html).toContain(`<a href="${URL}"`);
  expect(payload.html).not.toContain("Acknowledge: ");
  expect(payload.text).toContain(`\n\nAcknowledge: ${URL}\n`);
});
