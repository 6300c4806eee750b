import { apprise } from "../../src/providers/apprise.ts";
import { asProvider, CANARY, type ContractCase, json, text } from "./case.ts";
import { Complaint, type SeenRequest, strictJson } from "./fakeHttp.ts";

const refuse = (said: string) => new Complaint(said, json(400, { error: said }));

const TAGS = new Set(["p", "b", "i", "br"]);

/** What an HTML body says, read as strictly as the strictest of Apprise's targets does. */
function visible(html: string): string {
  const open: string[] = [];
  return html.replace(/<(\/?)([a-z]*)>|&([^;&\s]*;?)|[<>\n]/g, (match, closing: string, tag: string, entity?: string) => {
    if (entity !== undefined) {
      const found = { "lt;": "<", "gt;": ">", "amp;": "&", "quot;": '"' }[entity];
      if (found === undefined) throw refuse(`entity ${match}`);
      return found;
    }
    if (tag === undefined || !TAGS.has(tag)) throw refuse(`tag ${match}`);
    if (tag === "br") return "\n";
    if (closing === "") open.push(tag);
    else if (open.pop() !== tag) throw refuse(`end tag ${match}`);
    return match === "</p>" ? "\n" : "";
  });
}

/** As apprise-api 1.5.2 (StatelessNotifyView, HealthCheckView, DetailsView in its apprise_api/api/views.py). */
function accept(request: SeenRequest) {
  if (request.headers.accept !== "application/json") throw new Complaint("accept", text(200, "OK"));
  if (request.method === "GET" && request.path === "/sub/status") return json(200, { config_lock: false, attach_size: 209715200, status: { can_write_config: true, details: ["OK"] } });
  if (request.method === "GET" && request.path === "/sub/details") return json(200, { version: "1.13.0", schemas: [], asset: {} });
  if (request.path !== "/sub/notify") throw new Complaint("path", { status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" });
  const { urls, title, body, type, format, ...rest } = strictJson(request, refuse);
  // A URL of its own has no tags, so that any tag but "all" means that nothing is sent.
  if (Object.keys(rest).length > 0) throw refuse(`keys ${Object.keys(rest).join()}`);
  if (!Array.isArray(urls) || urls.length !== 1 || !/^apprises:\/\/\S+$/.test(String(urls[0]))) throw new Complaint("urls", { status: 204 });
  if (new URL(String(urls[0])).searchParams.get("tags") !== "on-call") throw refuse("tag");
  if (typeof body !== "string" || body === "") throw refuse("Payload lacks minimum requirements");
  if (!["info", "success", "warning", "failure"].includes(String(type))) throw refuse("Payload lacks minimum requirements");
  if (format !== "text" && format !== "html") throw refuse("An invalid body input format was specified");
  if (typeof title !== "string" || title.length > 250) throw refuse("title");
  if (request.headers["x-apprise-log-level"] !== "DEBUG") throw refuse("log level");
  const shown = format === "html" ? visible(body) : body;
  if (shown.trim() === "" || body.length > 4096 - 250) throw refuse(`body of ${body.length}`);
  if (format === "html" && /[<>]|&#?\w+;/.test(title)) throw refuse("markup in the title");
  for (const said of [title, shown]) if (/(?<!\w)@[\w&!]|<[!#]/.test(said)) throw refuse("calls people");
  return json(200, { error: null, details: [["DEBUG", "2026-03-01 12:00:00,000", `JSON Payload: ${shown}`], ["INFO", "2026-03-01 12:00:00,001", "Sent Apprise API notification."]] });
}

/** The answer when the target did not take it, with what Apprise logs of it. */
const failed = (...details: [level: string, text: string][]) => json(424, { error: "One or more notifications could not be sent", details: details.map(([level, said]) => [level, "2026-03-01 12:00:00,000", said]) });
const refusedWith = (status: number, said: string) => failed(["DEBUG", "JSON Payload: {'message': 'Exception: read timed out'}"], ["WARNING", `Failed to send JSON notification: ${said}error=${status}.`]);
const broken = (exception: string) => failed(["WARNING", "A Connection error occurred sending JSON notification to apprise.example."], ["DEBUG", `Socket Exception: ${exception}`]);

const permanent = (status: number, said: string, hint: RegExp) => ({
  name: `${status} ${said}`,
  answers: [json(status, { error: said })],
  expect: { outcome: "PERMANENT" as const, status: String(status), message: new RegExp(said), hint },
});

export const appriseCase: ContractCase = {
  provider: asProvider(apprise),
  accept,
  config: (url) => ({ url: `apprises://alerts:${CANARY}@apprise.example/key?overflow=split`, tag: "on-call", serverUrl: `${url}/sub/` }),
  invalid: [
    { field: "url", value: "", message: /Apprise URL: the service/ },
    { field: "url", value: "apprise.example.com", message: /Apprise URL: the service/ },
    { field: "url", value: `x-${CANARY}://host`, message: /Apprise URL: the service/ },
    { field: "url", value: "json://a json://b", message: /blanks/ },
    { field: "url", value: "json://a\njson://b", message: /blanks/ },
    { field: "url", value: "json://a\u0000", message: /blanks/ },
    { field: "url", value: "json://a,json://b", message: /one Apprise URL/ },
    { field: "url", value: "json://a,,mailtos://b", message: /one Apprise URL/ },
    { field: "url", value: `json://${"a".repeat(2000)}`, message: /2000/ },
    { field: "tag", value: "ops&overflow=split", message: /one tag, of letters/ },
    { field: "tag", value: "ops,on-call", message: /one tag/ },
    { field: "serverUrl", value: "apprise.example.com:8000", message: /starts with https:/ },
  ],
  errors: [
    { name: "204", answers: [{ status: 204 }], expect: { outcome: "PERMANENT", status: "204", message: /no URL that it can use/, hint: /cannot use this URL/ } },
    { name: "204 that announces a body", answers: [{ status: 204, headers: { "content-length": "62" } }], expect: { outcome: "PERMANENT", status: "204", hint: /cannot use this URL/ } },
    permanent(400, "Payload lacks minimum requirements", /message's form/),
    permanent(400, "An invalid body input format was specified", /message's form/),
    permanent(401, "Unauthorized", /user and password/),
    permanent(403, "The site has been configured to deny this request", /locked/),
    { name: "404", answers: [{ status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" }], expect: { outcome: "PERMANENT", message: /^Not Found$/, hint: /no Apprise API server/ } },
    permanent(405, "Method not allowed", /no Apprise API server/),
    permanent(406, "The recursion limit has been reached", /leads back/),
    permanent(421, "Misdirected request", /does not offer/),
    permanent(431, "JSON Payload provided is to large", /too large/),
    { name: "424 refused", answers: [refusedWith(401, "Unauthorized - Invalid Token., ")], expect: { outcome: "PERMANENT", status: "424", message: /error=401/, hint: /credentials/ } },
    { name: "424 refused, no known reason", answers: [refusedWith(422, "")], expect: { outcome: "PERMANENT", message: /error=422/ } },
    { name: "424 gone", answers: [refusedWith(410, "")], expect: { outcome: "PERMANENT", hint: /gone/ } },
    { name: "424 down", answers: [refusedWith(503, "")], expect: { outcome: "TRANSIENT", message: /error=503/ } },
    { name: "424 too often", answers: [refusedWith(429, "")], expect: { outcome: "RATE_LIMITED", hint: /too many/ } },
    {
      name: "424 not reached",
      answers: [broken("HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /a (Caused by NewConnectionError('<x>: Failed to establish a new connection: [Errno 111] Connection refused'))")],
      expect: { outcome: "TRANSIENT", hint: /could not reach/ },
    },
    { name: "424 time-out", answers: [broken("HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=4.0)")], expect: { outcome: "UNKNOWN", hint: /not known/ } },
    { name: "424 broken off", answers: [broken("('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))")], expect: { outcome: "UNKNOWN" } },
    { name: "424 connection error at a higher log level", answers: [failed(["WARNING", "A Connection error occurred sending JSON notification to host."])], expect: { outcome: "UNKNOWN" } },
    {
      name: "424 that shows the URL",
      answers: [failed(["ERROR", `Could not load Apprise API URL: apprises://alerts:${CANARY}@apprise.example/key`], ["WARNING", `An invalid token ${CANARY.toUpperCase()} (${CANARY})`])],
      expect: { outcome: "PERMANENT", message: /^Could not load Apprise API URL: \*\*\*; An invalid token \*\*\* \(\*\*\*\)$/, hint: /cannot use this URL/ },
    },
    { name: "424 disabled", answers: [failed(["ERROR", "gnome:// is disabled on this system."])], expect: { outcome: "PERMANENT", hint: /needs another system or more Python packages/ } },
    {
      name: "424 of a fault in Apprise",
      answers: [failed(["ERROR", "Notification Exception\nTraceback (most recent call last):\n  File x\nKeyError: 'x'"])],
      expect: { outcome: "UNKNOWN", message: /^Notification Exception; KeyError: 'x'$/, hint: /not known/ },
    },
    { name: "424 of 1.2", answers: [json(424, { error: "One or more notification could not be sent" })], expect: { outcome: "TRANSIENT", message: /could not be sent/, hint: /Its log/ } },
    { name: "424 of 1.0", answers: [text(424, "One or more notification could not be sent.")], expect: { outcome: "TRANSIENT", message: /could not be sent/ } },
    { name: "424 with strange details", answers: [json(424, { error: "x", details: [null, 7, [1, 2], ["WARNING"]] })], expect: { outcome: "TRANSIENT", message: /could not send/ } },
    { name: "500", answers: [json(500, { error: "An error occurred accessing configuration" })], expect: { outcome: "TRANSIENT" } },
    { name: "502", answers: [{ status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" }], expect: { outcome: "TRANSIENT", message: /^Bad Gateway$/ } },
    { name: "429 of a proxy", answers: [{ status: 429, headers: { "retry-after": "3" } }], expect: { outcome: "RATE_LIMITED", retryAfterMs: 3000 } },
    { name: "200 of something else", answers: [text(200, "<html>Welcome</html>")], expect: { outcome: "PERMANENT", hint: /not that of an Apprise API/ } },
    { name: "200 with an error", answers: [json(200, { error: "no" })], expect: { outcome: "PERMANENT", hint: /not that of an Apprise API/ } },
  ],
  checkErrors: [
    { name: "417", answers: [json(417, { status: { details: ["CONFIG_PERMISSION_ISSUE", "STORE_PERMISSION_ISSUE"] } })], expect: { outcome: "PERMANENT", message: /^CONFIG_PERMISSION_ISSUE, STORE/, hint: /own setup/ } },
    { name: "404", answers: [text(404, "Not Found")], expect: { outcome: "PERMANENT", hint: /no Apprise API server/ } },
    { name: "200 of something else", answers: [text(200, "<html>OK</html>")], expect: { outcome: "PERMANENT", hint: /not that of an Apprise API/ } },
  ],
  reference: undefined,
  goldenHeaders: ["content-type", "accept", "x-apprise-log-level"],
};
