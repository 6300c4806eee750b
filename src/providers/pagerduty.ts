import * as z from "zod";
import { cleanLine, cleanMessage } from "../render/clean.ts";
import { cut } from "../render/cut.ts";
import { fitFacts } from "../render/facts.ts";
import type { Message } from "../render/message.ts";
import { plainText } from "../render/plain.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { type DeliveryFailure, defineProvider, type FieldMeta } from "./provider.ts";
import { joinUrl, publicUrl } from "./url.ts";

/**
 * Summary in characters, counted as UTF-16 units to be safe. The whole event may have 512,000 bytes: what is cut here stays below that
 * even when every byte of it needs an escape in JSON.
 */
const LIMITS = { summary: 1024, name: 255, body: 100_000, facts: 60, allFacts: 60_000, label: 200, value: 8000, text: 16_000 };

const REGIONS = { US: "https://events.pagerduty.com", EU: "https://events.eu.pagerduty.com" };

const config = z.strictObject({
  routingKey: z
    .string()
    .trim()
    .max(32, "must be 32 letters and digits")
    .regex(/^[A-Za-z0-9]{32}$/, "must be the key of an Events API v2 integration: 32 letters and digits")
    .meta({
      title: "Routing key",
      description: "Integration key of the service that is to be alerted, or of an event orchestration.",
      secret: true,
      example: "R0123456789ABCDEF0123456789ABCDE",
    } satisfies FieldMeta),
  region: z.enum(["US", "EU"]).default("US").meta({
    title: "Region",
    description: "Where PagerDuty keeps your account: EU when its address ends in .eu.pagerduty.com.",
    values: { US: "Accounts at pagerduty.com.", EU: "Accounts at eu.pagerduty.com." },
  } satisfies FieldMeta),
  apiBaseUrl: publicUrl().optional().meta({
    title: "API base URL",
    description: "Sends to this URL in place of the region's, for a relay of yours.",
    format: "url",
    example: "https://events.pagerduty.com",
  } satisfies FieldMeta),
});

/** A test is told quietly, whatever it pretends to be; so is news of an end that closes nothing. */
function severityOf({ reason, severity, recovered }: Message): string {
  return reason === "TEST" || recovered ? "info" : severity.toLowerCase();
}

interface PagerdutyPayload {
  event_action: "trigger" | "resolve";
  dedup_key: string;
  client?: string;
  payload?: object;
}

/**
 * PagerDuty Events API v2: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 * The condition is the dedup key: repeats merge into the open alert, and a recovery resolves it.
 */
export const pagerduty = defineProvider({
  kind: "PAGERDUTY",
  title: "PagerDuty",
  docs: "https://developer.pagerduty.com/docs/events-api-v2/overview/",
  config,
  recovery: "RESOLVES",
  // The throttle is dynamic; about 120 events a minute for each key are often quoted (unverified).
  pace: { concurrency: 2, perSecond: 2, burst: 10, timeoutMs: 15_000 },
  idempotent: true,
  guide: [
    "In PagerDuty open Services and the service that is to be alerted, or make a new one.",
    "On its Integrations page choose Add an Integration, Events API V2, and copy the Integration Key: 32 letters and digits.",
    "When the address of your PagerDuty ends in .eu.pagerduty.com, choose the region EU.",
    "A test message opens an alert of severity info, which stays open: resolve it in PagerDuty, so that it pages nobody for longer than needed.",
  ],
  render(message) {
    const clean = cleanMessage(message);
    const text = plainText(clean, LIMITS.text);
    const { event, condition } = clean;
    const dedup_key = condition?.id ?? clean.id;
    if (clean.recovered && condition) return { text, payload: { event_action: "resolve", dedup_key } as PagerdutyPayload };
    const name = (of: string | null) => cut(cleanLine(of ?? ""), LIMITS.name, "UTF16") || undefined;
    const facts = fitFacts(clean.facts, {
      most: LIMITS.facts,
      total: LIMITS.allFacts,
      label: LIMITS.label,
      value: LIMITS.value,
      unit: "BYTES",
      escape: (part) => part,
    });
    const payload: PagerdutyPayload = {
      event_action: "trigger",
      dedup_key,
      client: cut(clean.displayName, LIMITS.name, "UTF16"),
      payload: {
        summary: cut(clean.title, LIMITS.summary, "UTF16"),
        // Required, and meant to be the system that is affected.
        source: name(event.source) ?? cut(clean.displayName, LIMITS.name, "UTF16"),
        severity: severityOf(clean),
        timestamp: event.occurredAt.toISOString(),
        component: name(event.service),
        group: name(event.category),
        class: name(event.type),
        // The fixed entries come last: a fact of the same name must not take their place.
        custom_details: {
          ...Object.fromEntries(facts.map(({ label, value }) => [label, value])),
          Text: cut(clean.body, LIMITS.body, "BYTES"),
          Event: event.id,
          ...(condition ? { "Open since": condition.openedAt.toISOString(), "Times seen": condition.count } : {}),
        },
      },
    };
    return { text, payload };
  },
  async send(payload, { config, http, signal, now }) {
    const { status, body } = await http(
      {
        method: "POST",
        url: joinUrl(config.apiBaseUrl ?? REGIONS[config.region], "/v2/enqueue"),
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ routing_key: config.routingKey, ...payload }),
        secrets: [config.routingKey],
      },
      { signal, now, explain },
    );
    return { status: String(status), reference: textOf(readObject(body)?.["dedup_key"]) || payload.dedup_key };
  },
});

/** A refused event is { status, message, errors: [text] }. An unknown routing key may be taken all the same (unverified). */
function explain({ status, body }: HttpResponse): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status <= 299) {
    const taken = answer?.["status"] === "success" || textOf(answer?.["dedup_key"]) !== "";
    return taken ? undefined : { outcome: "PERMANENT", hint: "The answer is not PagerDuty's. Check the API base URL." };
  }
  const errors = Array.isArray(answer?.["errors"]) ? answer["errors"].map(textOf).filter(Boolean) : [];
  const said = [textOf(answer?.["message"]), errors.join(", ")].filter(Boolean).join(": ");
  return { message: said, hint: hintOf(status, said) };
}

function hintOf(status: number, said: string): string | undefined {
  if (/routing.?key/i.test(said)) {
    return "PagerDuty does not accept the routing key. Copy the Integration Key of an Events API V2 integration, and check the region.";
  }
  if (status === 400) return "PagerDuty did not accept the event's form. This is a fault of the server.";
  if (status === 403) return "PagerDuty refuses events from here. Check the routing key, the region, and any proxy in between.";
  if (status === 404) return "There is no Events API at this URL. Check the API base URL.";
  return undefined;
}
