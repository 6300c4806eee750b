import { teams } from "../../src/providers/teams.ts";
import { asProvider, CANARY, type ContractCase, json, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const error = (status: number, code: string, message: string) => json(status, { error: { code, message } });
const refuse = (message: string) => new Complaint(message, error(400, "TriggerInputSchemaMismatch", message));

function onlyKeys(value: object, keys: string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw refuse(`key ${key}`);
}

/** Text in which Teams' Markdown finds no mark, and whose line ends are kept. */
function checkText(value: unknown): void {
  if (typeof value !== "string" || value.trim() === "") throw refuse("empty text");
  const bare = value.replace(/https?:\/\/[^\s<>()[\]\\`*]+/g, "u").replace(/\\[!-/:-@[-`{-~]/g, "e");
  if (/[*`]|\](?=[([:])|~~|&#?\w+;/.test(bare)) throw refuse("Markdown mark");
  if (/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/u.test(bare)) throw refuse("italic");
  if (/^(?:[-+](\s|$)|#+(\s|$)|>|\d+[.)]|---)/m.test(bare)) throw refuse("list, heading or quote");
  if (/^(?: {4}|\t)/m.test(value)) throw refuse("code");
  if (/(?<!\n)\n(?!\n)/.test(value)) throw refuse("single line end");
}

function checkElement(element: { type: string; text?: string; facts?: { title: string; value: string }[]; color?: string }): void {
  if (element.type === "TextBlock") {
    onlyKeys(element, ["type", "text", "wrap", "weight", "size", "color", "isSubtle", "spacing"]);
    if (!["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"].includes(element.color ?? "Default")) throw refuse("colour");
    checkText(element.text);
  } else if (element.type === "FactSet" && element.facts && element.facts.length > 0) {
    onlyKeys(element, ["type", "facts"]);
    for (const fact of element.facts) {
      onlyKeys(fact, ["title", "value"]);
      checkText(fact.title);
      checkText(fact.value);
    }
  } else throw refuse(`element ${element.type}`);
}

function accept(request: SeenRequest) {
  const prefix = /^(\/powerautomate\/automations\/direct(\/cu\/\d+)?)?\/workflows\/[A-Za-z0-9_-]+\/triggers\/manual\/paths\/invoke$/;
  if (!prefix.test(request.path)) throw new Complaint("path", error(404, "WorkflowNotFound", "The workflow could not be found."));
  if (request.query.get("sig") !== CANARY || !request.query.has("api-version")) throw new Complaint("sig", error(401, "DirectApiAuthorizationRequired", "signature"));
  if (request.body.length > 28_672) throw new Complaint(`${request.body.length} bytes`, text(413, "Request Entity too large"));
  const { type, attachments, ...rest } = strictJson(request, refuse);
  onlyKeys(rest, []);
  if (type !== "message") throw refuse("type");
  if (!Array.isArray(attachments) || attachments.length !== 1) throw refuse("attachments");
  const [{ contentType, contentUrl, content, ...more }] = attachments as [Record<string, unknown>];
  onlyKeys(more, []);
  if (contentType !== "application/vnd.microsoft.card.adaptive") throw refuse("contentType");
  if (contentUrl !== null && contentUrl !== "") throw refuse("contentUrl");
  const card = content as Record<string, unknown>;
  onlyKeys(card, ["$schema", "type", "version", "msteams", "body"]);
  if (card["type"] !== "AdaptiveCard" || !/^1\.[0-5]$/.test(String(card["version"]))) throw refuse("card type or version");
  if (JSON.stringify(card["msteams"]) !== '{"width":"Full"}') throw refuse("msteams, which could hold mentions");
  const body = card["body"] as Parameters<typeof checkElement>[0][];
  if (!Array.isArray(body) || body.length === 0) throw refuse("card without body");
  for (const element of body) checkElement(element);
  return { status: 202 };
}

const PATH = "/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0";

const permanent = (status: number, code: string, message: string, hint: RegExp) => ({
  name: `${status} ${code}`,
  answers: [error(status, code, message)],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(`^${code}: ${message}`), hint },
});

const posting = (code: number) => text(200, `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${code} with ContextId tcid=0.`);

export const teamsCase: ContractCase = {
  provider: asProvider(teams),
  accept,
  config: (url) => ({ url: `${url}${PATH}&sig=${CANARY}` }),
  invalid: [
    { field: "url", value: "prod-00.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=x", message: /starts with https:\/\// },
    { field: "url", value: "https://outlook.office.com/webhook/1@2/IncomingWebhook/3/4", message: /Office 365 connector.*switched off; create a workflow/ },
    { field: "url", value: "https://contoso.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4", message: /Office 365 connector/ },
    { field: "url", value: "https://outlook.office365.com/webhook/1@2/IncomingWebhook/3/4", message: /Office 365 connector/ },
    { field: "url", value: "https://relay.example/webhookb2/1@2/IncomingWebhook/3/4", message: /Office 365 connector/ },
    { field: "url", value: `https://prod-00.westeurope.logic.azure.com${PATH}`, message: /sig=… is missing/ },
    { field: "url", value: `https://prod-00.westeurope.logic.azure.com${PATH}&sig=`, message: /sig=… is missing/ },
    { field: "url", value: "https://prod-00.westeurope.logic.azure.com/workflows/1/runs?sig=x", message: /must be the URL of a Teams workflow/ },
    { field: "url", value: "https://hooks.slack.com/services/T0/B0/x", message: /must be the URL of a Teams workflow/ },
    { field: "url", value: `https://prod-00.westeurope.logic.azure.com${PATH}&sig=${"x".repeat(3000)}`, message: /at most 2000/ },
  ],
  errors: [
    permanent(400, "TriggerInputSchemaMismatch", "The input body is not valid", /did not accept the request/),
    permanent(401, "DirectApiAuthorizationRequired", "The request must be authenticated", /signature is wrong.*Anyone/),
    permanent(403, "Forbidden", "No access", /Anyone/),
    permanent(404, "WorkflowNotFound", "The flow could not be found", /deleted or switched off/),
    {
      name: "413",
      answers: [text(413, "Request Entity too large")],
      expect: { outcome: "PERMANENT", message: /too large/, hint: /fault of the server/ },
    },
    {
      name: "429",
      answers: [{ ...error(429, "TooManyRequests", "Rate exceeded"), headers: { "retry-after": "20" } }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 20_000, hint: /goes on later/ },
    },
    { name: "429 without a time", answers: [text(429, "")], expect: { outcome: "RATE_LIMITED", retryAfterMs: undefined } },
    {
      name: "200 with HTTP error 429",
      answers: [posting(429)],
      expect: { outcome: "RATE_LIMITED", status: "200", hint: /goes on later/, message: /HTTP error 429/ },
    },
    {
      name: "200 with HTTP error 429 and a time",
      answers: [{ ...posting(429), headers: { "retry-after": "5" } }],
      expect: { outcome: "RATE_LIMITED", retryAfterMs: 5000 },
    },
    { name: "200 with HTTP error 413", answers: [posting(413)], expect: { outcome: "PERMANENT", hint: /too large/ } },
    { name: "200 with HTTP error 503", answers: [posting(503)], expect: { outcome: "TRANSIENT", hint: /side of Teams/ } },
    {
      name: "502 of a failed flow",
      answers: [error(502, "NoResponse", "The server did not receive a response from an upstream server.")],
      expect: { outcome: "TRANSIENT", message: /NoResponse/ },
    },
    { name: "503", answers: [{ status: 503 }], expect: { outcome: "TRANSIENT" } },
    {
      name: "200 of a web page",
      answers: [{ status: 200, headers: { "content-type": "text/html" }, body: "<html>Sign in</html>" }],
      expect: { outcome: "PERMANENT", message: /Sign in/, hint: /not a workflow/ },
    },
  ],
  reference: undefined,
  takesAny2xx: true,
  goldenHeaders: ["content-type"],
};
