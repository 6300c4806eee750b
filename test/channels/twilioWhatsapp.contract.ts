import { twilioWhatsapp } from "../../src/providers/twilioWhatsapp.ts";
import { asProvider, type ContractCase } from "./case.ts";
import { account, checkErrors, checkKeys, checkNumber, invalidAccount, messageErrors, refuse, refused, twilioAccept } from "./twilioFake.ts";

const TEMPLATE_WORDS = 200;

function checkVariables(given: string): void {
  const invalid = refuse(21656, "The ContentVariables Parameter is invalid");
  let variables: Record<string, unknown>;
  try {
    variables = JSON.parse(given) as Record<string, unknown>;
  } catch {
    throw invalid;
  }
  const values = Object.values(variables);
  if (Object.keys(variables).join() !== "1,2") throw invalid;
  for (const value of values) {
    if (typeof value !== "string" || value.trim() === "" || /[\n\r\t]| {5}/.test(value)) throw invalid;
    if (/\p{Surrogate}|[\u0000-\u001f\u007f-\u009f]/u.test(value)) throw invalid;
    if (value.length > 1600) throw refuse(21658, "Parameter exceeded character limit");
  }
  if (values.join("").length + TEMPLATE_WORDS > 1024) throw refuse(63021, "Channel invalid content error");
}

export const acceptWhatsapp = twilioAccept("Messages", (form) => {
  checkKeys(form, ["To", "From", "Body", "ContentSid", "ContentVariables"]);
  const { To, From, Body, ContentSid, ContentVariables } = form;
  checkNumber("To", To, "whatsapp:");
  checkNumber("From", From, "whatsapp:");
  if (ContentSid === undefined) {
    if (ContentVariables !== undefined) throw refuse(92005, "ContentSid Required");
    if (Body === undefined || Body.trim() === "") throw refuse(21602, "Message body is required");
    if (Buffer.byteLength(Body) > 1600) throw refuse(21617, "The concatenated message body exceeds the 1600 character limit");
    return;
  }
  if (Body !== undefined) throw refuse(90015, "Body and Template are provided");
  if (!/^HX[0-9a-f]{32}$/.test(ContentSid)) throw refuse(21655, "The ContentSid is Invalid");
  if (ContentVariables === undefined) throw refuse(21656, "The ContentVariables Parameter is invalid");
  checkVariables(ContentVariables);
});

export const twilioWhatsappCase: ContractCase = {
  provider: asProvider(twilioWhatsapp),
  accept: acceptWhatsapp,
  config: (url) => ({ from: "whatsapp:+1 415 523 8886", to: "whatsapp:+1-555-123-0001", contentSid: "HX0123456789abcdef0123456789abcdef", ...account(url) }),
  // Free text is what shows the form; a template's variables are in twilioWhatsapp.test.ts.
  goldenConfig: (url) => ({ from: "+14155238886", to: "+15551230001", ...account(url) }),
  invalid: [
    { field: "from", value: "MG0123456789abcdef0123456789abcdef", message: /phone number/ },
    { field: "from", value: "messenger:123456789", message: /phone number/ },
    { field: "to", value: "whatsapp:015551230001", message: /\+ and country code/ },
    { field: "to", value: "@alice", message: /phone number/ },
    { field: "contentSid", value: "HX12", message: /content template's SID/ },
    { field: "contentSid", value: "alert_template", message: /HX and 32/ },
    ...invalidAccount,
  ],
  errors: [
    ...messageErrors,
    refused(400, 63016, "Outside messaging window", /24 hours.*content template/),
    refused(400, 63007, "Twilio could not find a Channel with the specified From address", /WhatsApp sender/),
    refused(400, 63021, "Channel invalid content error", /1,024/),
    refused(400, 21655, "The ContentSid is Invalid", /content template/),
    refused(400, 21656, "The ContentVariables Parameter is invalid", /variables/),
  ],
  checkErrors,
  reference: "SM00112233445566778899aabbccddeeff",
  goldenHeaders: ["content-type", "authorization"],
};
