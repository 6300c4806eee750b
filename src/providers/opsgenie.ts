import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { defineAccount, DeliveryError, type DeliveryFailure, defineProvider, type FieldMeta, type Ways } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";
import { joinUrl, publicUrl } from "./url.ts";

/** In characters, counted as UTF-16 units to be safe. Those of details, entity and source are unverified, and kept below what is said of them. */
const LIMITS = { message: 130, description: 15_000, entity: 512, source: 100, facts: 50, allFacts: 7500, label: 100, value: 1000 };

/** Jira Service Management Operations takes over from Opsgenie with the same API below another URL. */
const REGIONS = { US: "https://api.opsgenie.com", EU: "https://api.eu.opsgenie.com", JSM: "https://api.atlassian.com/jsm/ops/integration" };

const credentials = z.strictObject({
  apiKey: z
    .string()
    .trim()
    .max(100, "must be at most 100 characters")
    .regex(/^[A-Za-z0-9_-]{20,}$/, "must be the key of an API integration: at least 20 letters, digits and hyphens")
    .meta({
      title: "API key",
      description: "Key of an API integration that may create and update alerts.",
      secret: true,
      example: "00000000-0000-4000-8000-000000000000",
    } satisfies FieldMeta),
  region: z.enum(["US", "EU", "JSM"]).default("US").meta({
    title: "Region",
    description: "US or EU for Opsgenie, which ends on 5 April 2027; JSM for its successor, Jira Service Management.",
    values: { US: "Opsgenie, for accounts kept in the United States.", EU: "Opsgenie, for accounts kept in the European Union.", JSM: "Jira Service Management, wherever its data is kept." },
  } satisfies FieldMeta),
  apiBaseUrl: publicUrl().optional().meta({
    title: "API base URL",
    description: "Sends to this URL in place of the region's, for a relay of yours; what follows it begins with /v2/.",
    format: "url",
    example: "https://api.opsgenie.com",
  } satisfies FieldMeta),
});

const RESPONDER = /^(team|user|schedule|escalation): *(\S.*)$/;

const config = z.strictObject({
  responders: z
    .array(
      z
        .string()
        .trim()
        .max(200, "must be at most 200 characters")
        .regex(RESPONDER, "must be team:Name, user:mail@example.com, schedule:Name or escalation:Name; an id may stand for the name"),
    )
    .max(50, "must have at most 50 entries")
    .default([])
    .meta({
      title: "Responders",
      description: "Who is told of an alert. Left out: whoever the integration's team or the routing rules say.",
      example: "team:Operations",
    } satisfies FieldMeta),
  tags: z
    .array(z.string().trim().min(1, "must not be empty").max(50, "must be at most 50 characters"))
    .max(20, "must have at most 20 entries")
    .default([])
    .meta({ title: "Tags", description: "Put on every alert, for routing rules and searches.", example: "servers" } satisfies FieldMeta),
  ...credentials.shape,
});

type Credentials = z.output<typeof credentials>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A person is named by mail address, all others by name; ids are UUIDs, those of people in Atlassian's products anything without an @. */
function readResponder(entry: string): object {
  const [, type, name = ""] = RESPONDER.exec(entry) ?? [];
  if (type === "user") return name.includes("@") ? { type, username: name } : { type, id: name };
  return UUID.test(name) ? { type, id: name } : { type, name };
}

/** The id of a request that nobody ever made. */
const NO_REQUEST = "00000000-0000-4000-8000-000000000000";

function request(way: Pick<Ways, "http" | "signal" | "now"> & { config: Credentials }, path: string, body?: object) {
  const { http, signal, now, config } = way;
  const headers = { authorization: `GenieKey ${config.apiKey}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const url = joinUrl(config.apiBaseUrl ?? REGIONS[config.region], path);
  const sent = body === undefined ? ({ method: "GET", url, headers } as const) : ({ method: "POST", url, headers, body: JSON.stringify(body) } as const);
  return http({ ...sent, secrets: [config.apiKey] }, { signal, now, explain: (answer) => explain(answer, now) });
}

/**
 * Asks what became of a request that nobody made: https://docs.opsgenie.com/docs/alert-api#get-request-status.
 * That there is none is only said to those whose key is good; that Jira Service Management says it in the same words is unverified.
 */
const account = defineAccount({
  kind: "OPSGENIE",
  title: "Opsgenie integration",
  config: credentials,
  async check(context) {
    try {
      const { status } = await request(context, `/v2/alerts/requests/${NO_REQUEST}`);
      return { status: String(status) };
    } catch (error) {
      const none = error instanceof DeliveryError && error.failure.status === "404" && /request not found/i.test(error.failure.message);
      if (none) return { status: "404, as it should be: the key is accepted" };
      throw error;
    }
  },
});

function priorityOf({ reason, severity, recovered }: Message): string {
  return reason === "TEST" || recovered ? "P5" : { CRITICAL: "P1", WARNING: "P3", INFO: "P5" }[severity];
}

const escalatedAlias = (conditionId: string, severity: string) => `${conditionId}:${severity}`;

/**
 * Opsgenie's alert API: https://docs.opsgenie.com/docs/alert-api, and that of Jira Service Management:
 * https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events/.
 * The condition is the alias: while its alert is open, the same again is only counted. That would tell nobody of a rise in severity,
 * so this is an alert of its own; a recovery closes both. Closing an alias that has no alert does nothing.
 */
export const opsgenie = defineProvider({
  kind: "OPSGENIE",
  title: "Opsgenie",
  docs: "https://docs.opsgenie.com/docs/alert-api",
  config,
  account,
  recipientFields: ["responders"],
  recovery: "RESOLVES",
  // Its token bucket depends on plan and number of users: https://docs.opsgenie.com/docs/api-rate-limiting
  pace: { concurrency: 2, perSecond: 2, burst: 10, timeoutMs: 15_000 },
  idempotent: true,
  guide: [
    "Opsgenie ends on 5 April 2027. When your team moves to Jira Service Management, make a new integration there, enter its key here and choose the region JSM.",
    "In Opsgenie open Teams, your team, Integrations, Add integration, and choose API. In Jira Service Management it is Operations, your team, Integrations.",
    "Give it a name, let it create and update alerts, switch it on and copy the API key. A key from API key management cannot send alerts.",
    "Choose the region EU when the address of your Opsgenie is app.eu.opsgenie.com.",
    "To tell others than the integration's team, enter responders; in Jira Service Management give their ids, e.g. team:00000000-0000-4000-8000-000000000000.",
    "A test message opens an alert of priority P5, which stays open: close it there.",
  ],
  render(message, { responders, tags }) {
    const clean = cleanMessage(message);
    const { event, condition, reason, severity } = clean;
    const text = plainText(clean, LIMITS.description, "UTF16");
    const source = cut(clean.displayName, LIMITS.source, "UTF16");
    if (clean.recovered && condition) {
      const aliases = [escalatedAlias(condition.id, "CRITICAL"), escalatedAlias(condition.id, "WARNING"), condition.id];
      return { text, payload: { close: aliases, body: { source, note: text } as object } };
    }
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "UTF16",
      escape: (part) => part,
    });
    const body = {
      message: cut(clean.title, LIMITS.message, "UTF16"),
      alias: condition ? (reason === "ESCALATED" ? escalatedAlias(condition.id, severity) : condition.id) : clean.id,
      description: cut(clean.body, LIMITS.description, "UTF16"),
      ...(responders.length > 0 ? { responders: responders.map(readResponder) } : {}),
      ...(tags.length > 0 ? { tags } : {}),
      details: Object.fromEntries(facts.map(({ label, value }) => [label, value])),
      entity: cut(cleanLine(event.service ?? event.source ?? ""), LIMITS.entity, "UTF16") || undefined,
      source,
      priority: priorityOf(clean),
    };
    return { text, payload: { close: [], body: body as object } };
  },
  async send({ close, body }, context) {
    const paths = close.length > 0 ? close.map((alias) => `/v2/alerts/${encodeURIComponent(alias)}/close?identifierType=alias`) : ["/v2/alerts"];
    let receipt = { status: "", reference: "" };
    for (const path of paths) {
      const response = await request(context, path, body);
      receipt = { status: String(response.status), reference: textOf(readObject(response.body)?.["requestId"]) };
    }
    return receipt;
  },
});

/** Every answer is { message or result, took, requestId }, a refusal sometimes with a code: https://docs.opsgenie.com/docs/response */
function explain({ status, headers, body }: HttpResponse, now: Date): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    return textOf(answer?.["requestId"]) === "" ? { outcome: "PERMANENT", hint: "The answer is not Opsgenie's. Check the API base URL." } : undefined;
  }
  const said = textOf(answer?.["message"]);
  const waits = [headers["retry-after"], headers["x-ratelimit-period-in-sec"]];
  return {
    message: said,
    hint: hintOf(status, said),
    retryAfterMs: status === 429 ? waits.map((wait) => parseRetryAfter(wait, now)).find((wait) => wait !== undefined) : undefined,
  };
}

/** Words of the URL's path are masked in hints, hence "Integration" and "alert". */
const KEY = "Copy the API key of an API Integration that is switched on, and check the region.";

function hintOf(status: number, said: string): string | undefined {
  if (status === 401 || /\bkey\b.*\bvalid\b|authenticat/i.test(said)) return `The API key is not accepted. ${KEY}`;
  if (status === 402) return "The plan of your Opsgenie does not allow this.";
  if (status === 403) return `The API key may not do this. Allow the Integration to create and update. ${KEY}`;
  if (status === 404) return "There is no such API at this URL. Check the region and the API base URL.";
  if (status === 400 || status === 422) return "Opsgenie did not accept the alert. Check the responders and tags; if they are right, this is a fault of the server.";
  return undefined;
}
