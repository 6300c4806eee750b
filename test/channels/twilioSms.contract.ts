import { twilioSms } from "../../src/providers/twilioSms.ts";
import { asProvider, type ContractCase } from "./case.ts";
import { account, checkErrors, checkKeys, checkNumber, invalidAccount, messageErrors, refuse, refused, twilioAccept } from "./twilioFake.ts";

const accept = twilioAccept("Messages", (form) => {
  checkKeys(form, ["To", "From", "MessagingServiceSid", "Body"]);
  const { To, From, MessagingServiceSid, Body } = form;
  checkNumber("To", To);
  if ((From === undefined) === (MessagingServiceSid === undefined)) throw refuse(21603, "exactly one of 'From' and 'MessagingServiceSid' is required");
  if (MessagingServiceSid !== undefined && !/^MG[0-9a-f]{32}$/.test(MessagingServiceSid)) throw refuse(21705, "The Messaging Service Sid is invalid");
  if (From !== undefined && !/^(\+[1-9]\d{6,14}|\d{5,6}|(?=.*[A-Za-z])[A-Za-z0-9 _&+-]{1,11})$/.test(From)) throw refuse(21212, "Invalid 'From' Number");
  if (Body === undefined || Body.trim() === "") throw refuse(21602, "Message body is required");
  if (Buffer.byteLength(Body) > 1600) throw refuse(21617, "The concatenated message body exceeds the 1600 character limit");
});

export const twilioSmsCase: ContractCase = {
  provider: asProvider(twilioSms),
  accept,
  config: (url) => ({ from: "+1 (555) 123-0002", to: "+44 (0)20 7946 0000", ...account(url) }),
  invalid: [
    { field: "from", value: "", message: /must be a phone number/ },
    { field: "from", value: "0151 234567", message: /with \+ and country code/ },
    { field: "from", value: "1234", message: /5 or 6 digits/ },
    { field: "from", value: "TwelveLetter", message: /at most 11/ },
    { field: "from", value: "Größe", message: /letters and digits/ },
    { field: "to", value: "555 1230001", message: /\+ and country code/ },
    { field: "to", value: "+0155512300", message: /\+ and country code/ },
    { field: "to", value: "+1234567890123456", message: /one phone number/ },
    { field: "to", value: "+15551230001, +15551230002", message: /one phone number/ },
    { field: "to", value: "Alice", message: /one phone number/ },
    ...invalidAccount,
  ],
  errors: [
    ...messageErrors,
    refused(400, 21703, "The Messaging Service does not have a phone number available", /sender pool/),
    refused(400, 21705, "The Messaging Service Sid is invalid", /MG/),
  ],
  checkErrors,
  reference: "SM00112233445566778899aabbccddeeff",
  goldenHeaders: ["content-type", "authorization"],
};
