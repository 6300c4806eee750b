import { twilioVoice } from "../../src/providers/twilioVoice.ts";
import { asProvider, type ContractCase, json } from "./case.ts";
import { account, checkErrors, checkKeys, checkNumber, commonErrors, error, invalidAccount, refuse, refused, twilioAccept } from "./twilioFake.ts";

const XML_CHARACTERS = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What is said, of a document read as strictly as an XML parser does. */
function parseTwiml(twiml: string): string {
  const invalid = refuse(12100, "Document parse failure");
  if (!XML_CHARACTERS.test(twiml)) throw invalid;
  const [, attributes = "", text = ""] = /^<Response><Say((?: [a-z]+="[^"<&]*")*)>([^<>]*)<\/Say><\/Response>$/.exec(twiml) ?? [];
  if (text === "") throw invalid;
  const names = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, name, value]) => `${name}=${value}`);
  for (const one of names) if (!/^(voice=(man|woman|Polly\.\w+)|language=[a-z]{2}-[A-Z]{2}|loop=\d+)$/.test(one)) throw refuse(12200, `Schema validation warning: ${one}`);
  return text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
    const found = ENTITIES[name];
    if (found === undefined || end !== ";") throw invalid;
    return found;
  });
}

const accept = twilioAccept("Calls", (form) => {
  checkKeys(form, ["To", "From", "Twiml"]);
  const { To, From, Twiml = "" } = form;
  checkNumber("To", To);
  checkNumber("From", From);
  if (Twiml.length > 4000) throw refuse(32018, "Twiml size exceeded maximum allowed value of 4000 characters");
  const said = parseTwiml(Twiml);
  if (said.trim() === "") throw refuse(13520, "Say: Invalid text");
  if (Buffer.byteLength(said) > 3000 || encodeURIComponent(said).length > 4500) throw refuse(13521, "<Say> element character limits exceeded");
  if (/https?:\/\/|\n|\p{Extended_Pictographic}/iu.test(said)) throw refuse(13520, "Say: cannot be read out");
});

export const twilioVoiceCase: ContractCase = {
  provider: asProvider(twilioVoice),
  accept,
  config: (url) => ({ from: "+15551230002", to: "+15551230001", voice: "Polly.Joanna", language: "en-US", repeats: 3, ...account(url) }),
  goldenConfig: (url) => ({ from: "+15551230002", to: "+15551230001", ...account(url) }),
  invalid: [
    { field: "from", value: "Carillon", message: /phone number/ },
    { field: "from", value: "12345", message: /phone number/ },
    { field: "to", value: "015551230001", message: /\+ and country code/ },
    { field: "to", value: "+1555\"><Dial>", message: /one phone number/ },
    { field: "voice", value: "Joanna", message: /Polly\.Joanna/ },
    { field: "voice", value: 'man"/><Hangup', message: /one of Twilio's voices/ },
    { field: "language", value: "English", message: /en-US/ },
    { field: "language", value: "en_US", message: /en-US/ },
    { field: "repeats", value: 0, message: /1 to 10/ },
    { field: "repeats", value: 11, message: /1 to 10/ },
    { field: "repeats", value: 1.5, message: /whole/ },
    ...invalidAccount,
  ],
  errors: [
    ...commonErrors,
    refused(400, 21201, "No 'To' number specified", /country code/),
    refused(400, 21210, "'From' phone number not verified", /verified there/),
    refused(400, 21213, "'From' phone number is required", /number of this Twilio account/),
    refused(400, 21215, "Geo Permission configuration is not permitting call", /geographic permissions/),
    refused(400, 13227, "Geo Permission configuration is not permitting call", /geographic permissions/),
    refused(400, 21219, "'To' phone number not verified", /trial account/),
    refused(400, 32018, "Twiml size exceeded maximum allowed value", /too long/),
    { name: "10004", answers: [error(429, 10004, "Call concurrency limit exceeded")], expect: { outcome: "RATE_LIMITED", hint: /too many calls/, retryAfterMs: undefined } },
    { name: "400 10004", answers: [error(400, 10004, "Call concurrency limit exceeded")], expect: { outcome: "RATE_LIMITED", hint: /too many calls/ } },
    { name: "22005", answers: [error(400, 22005, "Call Queue Full")], expect: { outcome: "TRANSIENT", hint: /later/, retryAfterMs: 3_600_000 } },
    { name: "201 failed", answers: [json(201, { sid: "CA00112233445566778899aabbccddeeff", status: "failed" })], expect: { outcome: "PERMANENT", message: /failed/ } },
  ],
  checkErrors,
  reference: "CA00112233445566778899aabbccddeeff",
  goldenHeaders: ["content-type", "authorization"],
};
