import type { AppriseMessage, AppriseService } from "./apprise.ts";
import { readLog, secretParts } from "./appriseLog.ts";
import type { HttpResponse } from "./http.ts";
import { readObject, textOf } from "./json.ts";
import { DeliveryError, type DeliveryFailure, type Receipt, type Ways } from "./provider.ts";
import { joinUrl } from "./url.ts";

type HttpWays = Pick<Ways, "http" | "signal" | "now">;

/** A full Apprise describes its services in some 500 KB. */
const DETAILS_LIMIT = 8 * 1024 * 1024;

const HINTS: Record<number, string> = {
  400: "The Apprise API server does not take the message's form. It may be too old.",
  401: "A proxy before the Apprise API server wants a user and password.",
  403: "The Apprise API server is locked, or a proxy before it refuses access.",
  404: "There is no Apprise API server at this URL. Check the server URL, and its path when it is behind a proxy.",
  405: "There is no Apprise API server at this URL. Check the server URL, and its path when it is behind a proxy.",
  406: "The Apprise URL leads back to the same Apprise API server. Give the URL of the service itself.",
  417: "The Apprise API server has a fault in its own setup, mostly folders that it may not write to. Look at its log.",
  421: "The Apprise API server does not offer this; it may be too old.",
  431: "The Apprise API server finds the message too large (APPRISE_UPLOAD_MAX_MEMORY_SIZE).",
};

const NO_URL: DeliveryFailure = {
  outcome: "PERMANENT",
  message: "The Apprise API server found no URL that it can use.",
  hint: "Apprise cannot use this URL. Check it against https://github.com/caronc/apprise/wiki, and that the server's Apprise is new enough to know the service and allows it.",
};

/** Sends by an Apprise API server, to this one URL: https://github.com/caronc/apprise-api/blob/master/swagger.yaml */
export async function sendByServer(message: AppriseMessage, url: string, serverUrl: string, { http, signal, now }: HttpWays): Promise<Receipt> {
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    // Only at this level does the answer tell why a connection failed; servers before 1.3 tell nothing of it.
    "x-apprise-log-level": "DEBUG",
  };
  const body = JSON.stringify({ urls: [url], ...message });
  const request = { method: "POST" as const, url: joinUrl(serverUrl, "/notify"), headers, body, secrets: secretParts(url) };
  const { status } = await http(request, { signal, now, explain: (answer) => explain(answer, url) });
  return { status: String(status) };
}

function explain({ status, body }: HttpResponse, url: string): Partial<DeliveryFailure> | undefined {
  const answer = readObject(body);
  if (status === 204) return NO_URL;
  if (status <= 299) return isTaken(body, answer) ? undefined : { outcome: "PERMANENT", hint: "The answer is not that of an Apprise API server. Check the server URL." };
  const details: unknown = answer?.["details"];
  if (status === 424 && Array.isArray(details)) return readLog(details.flatMap(logEntry), url);
  const said = textOf(answer?.["error"]);
  // At least one target did not get it; which and why is not told, so that trying again is all that can be done.
  if (status === 424) return { outcome: "TRANSIENT", message: said, hint: "The Apprise API server could not send it on. Its log tells why." };
  return { message: said, hint: HINTS[status] };
}

/** From 1.3 on an object with `error` null, which may be longer than what is read of it; 1.2 gave {} and older ones a sentence. */
function isTaken(body: string, answer: Record<string, unknown> | undefined): boolean {
  if (!answer) return /^\s*\{\s*"error"\s*:\s*null\b|^Notification\(s\) sent/.test(body);
  return (answer["error"] ?? null) === null && (Array.isArray(answer["details"]) || Object.keys(answer).length === 0);
}

/** [level, time, text] */
function logEntry(entry: unknown) {
  const [level, , text]: unknown[] = Array.isArray(entry) ? entry : [];
  return typeof level === "string" && typeof text === "string" ? [{ level, text }] : [];
}

/** What it says of itself, e.g. "200 OK, Apprise 1.13.0". */
export async function checkServer(serverUrl: string, ways: HttpWays): Promise<string> {
  const { status, body } = await get(serverUrl, "/status", ways, ({ status, body }) => {
    const said: unknown = (readObject(body)?.["status"] as { details?: unknown } | undefined)?.details;
    const details = Array.isArray(said) ? said.join(", ") : "";
    if (status > 299) return { message: details, hint: HINTS[status] };
    return details === "OK" || body.trim() === "OK" ? undefined : { outcome: "PERMANENT", hint: "The answer is not that of an Apprise API server. Check the server URL." };
  });
  const details = await get(serverUrl, "/details", ways).catch((error: unknown) => {
    // It is there, and may keep its version to itself.
    if (error instanceof DeliveryError) return undefined;
    throw error;
  });
  const version = /"version": ?"(\d[\w.+-]{0,30})"/.exec(details?.body ?? "")?.[1];
  return `${status} ${body.includes("OK") ? "OK" : ""}${version === undefined ? "" : `, Apprise ${version}`}`;
}

/** @throws {DeliveryError} */
export async function servicesOfServer(serverUrl: string, ways: HttpWays): Promise<AppriseService[]> {
  const { body } = await get(serverUrl, "/details", ways, ({ status }) => (status > 299 ? { hint: HINTS[status] } : undefined));
  const schemas = readObject(body)?.["schemas"];
  if (Array.isArray(schemas)) return schemas.flatMap(serviceOf);
  throw new DeliveryError({
    outcome: "PERMANENT",
    message: /^\s*\{\s*"(version|schemas|asset)"/.test(body) ? "The Apprise API server's list of services was cut off." : "The answer is not that of an Apprise API server.",
    hint: "Check the server URL, and that nothing before the server shortens its answers.",
    status: "200",
  });
}

function serviceOf(entry: unknown): AppriseService[] {
  const { service_name: name, setup_url: setupUrl, protocols, secure_protocols: secure, enabled } = entry as Record<string, unknown>;
  const schemas = [protocols, secure].flat().filter((schema): schema is string => typeof schema === "string");
  if (typeof name !== "string" || enabled === false || schemas.length === 0) return [];
  return [{ name, schemas: [...new Set(schemas)], setupUrl: typeof setupUrl === "string" ? setupUrl : null }];
}

function get(serverUrl: string, path: string, { http, signal, now }: HttpWays, explain?: (answer: HttpResponse) => Partial<DeliveryFailure> | undefined) {
  const options = { signal, now, bodyLimit: DETAILS_LIMIT, ...(explain ? { explain } : {}) };
  return http({ method: "GET", url: joinUrl(serverUrl, path), headers: { accept: "application/json" } }, options);
}
