import { cleanLine } from "../render/clean.ts";
import { AddressRefused } from "./address.ts";
import type { HttpResponse } from "./http.ts";
import type { DeliveryFailure } from "./provider.ts";
import { parseRetryAfter } from "./retryAfter.ts";

const STATUS_HINTS: Record<number, string> = {
  401: "The credentials are not accepted. Check the channel's token or password.",
  403: "Access is refused. Check the channel's credentials and what they are allowed to do.",
  404: "Nothing was found at this URL. It may be mistyped or deleted.",
  405: "The target does not take this kind of request. Check the URL.",
  410: "The target says that it is gone for good.",
  413: "The target finds the message too large.",
};

/** What a status other than 2xx means, where the provider says nothing else. Redirects count as failures. */
export function readStatus(response: HttpResponse, now: Date): DeliveryFailure {
  const { status, headers } = response;
  if (status >= 300 && status <= 399) {
    return {
      outcome: "PERMANENT",
      message: `The target answered with a redirect (${status}).`,
      hint: "Redirects are not followed. Enter the URL that it leads to.",
    };
  }
  const retryAfterMs = parseRetryAfter(headers["retry-after"], now);
  if (status === 429) {
    return { outcome: "RATE_LIMITED", message: "", hint: "Too many messages in a short time; sending goes on later.", retryAfterMs };
  }
  if (status >= 500 || status === 408 || status === 425) return { outcome: "TRANSIENT", message: "", retryAfterMs };
  return { outcome: "PERMANENT", message: "", hint: STATUS_HINTS[status], retryAfterMs };
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;

/**
 * What it means that a connection failed.
 * Own words only: the texts of transport errors may quote what they were given.
 * @param sent whether the request may have reached the receiver
 * @param aborted whether its time was up
 */
export function readTransport(error: unknown, host: string, sent: boolean, aborted: boolean): DeliveryFailure {
  if (error instanceof AddressRefused) {
    return { outcome: "PERMANENT", message: `${host} was not contacted: ${error.message}.`, hint: error.hint };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const because = code === "" ? "" : ` (${code})`;
  if (sent) {
    return {
      outcome: "UNKNOWN",
      message: aborted
        ? `The message was sent to ${host}, but no answer came in time.`
        : `The connection to ${host} broke before its answer was complete${because}.`,
      hint: "It is not known whether the message was delivered.",
    };
  }
  if (aborted || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") {
    return {
      outcome: "TRANSIENT",
      message: `No connection to ${host} in time.`,
      hint: "Check that the host and port are right and that no firewall is in between.",
    };
  }
  if (code === "UND_ERR_INVALID_ARG") {
    return { outcome: "PERMANENT", message: "The request could not be formed.", hint: "Check the channel's headers and URL." };
  }
  if (CERTIFICATE.test(code)) {
    return {
      outcome: "PERMANENT",
      message: `The certificate of ${host} is not trusted${because}.`,
      hint: "It may be self-signed, expired or made out for another name. Install a valid certificate there, or correct the host name.",
    };
  }
  return { outcome: "TRANSIENT", message: `${host} could not be reached${because}.`, hint: transportHint(code) };
}

function transportHint(code: string): string | undefined {
  if (code === "ENOTFOUND") return "There is no such host name. Check its spelling.";
  if (code === "EAI_AGAIN") return "Host names cannot be resolved at present.";
  if (code === "ECONNREFUSED") return "Nothing listens on that host and port.";
  if (code.startsWith("ERR_SSL")) return "The port does not speak TLS as expected; is http:// meant, or another port?";
  return undefined;
}

/** The provider's words on one line, markup of error pages taken off. */
export function readableBody({ headers, body }: HttpResponse): string {
  const html = headers["content-type"]?.includes("html") === true;
  return cleanLine(html ? body.replace(/<(script|style)\b[^]*?<\/\1>|<[^>]*>/gi, " ") : body);
}
