import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { createRateLimit } from "../dispatch/rateLimit.ts";
import type { RateLimit } from "../dispatch/rateLimit.ts";
import { LINK_DAYS, LINK_PATH } from "../escalations/acknowledgeLink.ts";
import type { AcknowledgementService, LinkState } from "../escalations/acknowledgement.service.ts";
import { escapeHtml } from "../render/escape.ts";

/** The page behind the link in a message. Looking at it changes nothing: link previews and mail scanners do. */
export interface AcknowledgePage {
  /** @returns false when the request is for something else */
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** Of one address, so many at once, then one every two seconds. Nobody guesses 128 bits; this is about the database's time. */
const BURST = 30;
const PER_SECOND = 0.5;
/** So many addresses are remembered; beyond, all begin anew. */
const MOST_ADDRESSES = 10_000;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  // Nothing is loaded from anywhere, no script runs, and the link, which is a secret, is told to nobody.
  "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};

export function createAcknowledgePage(acknowledgements: Pick<AcknowledgementService, "look" | "use">, clock: Clock): AcknowledgePage {
  const limits = new Map<string, RateLimit>();

  function waitMs(address: string): number {
    if (limits.size >= MOST_ADDRESSES && !limits.has(address)) limits.clear();
    const limit = limits.get(address) ?? createRateLimit(PER_SECOND, BURST);
    limits.set(address, limit);
    return limit.take(clock.now().getTime());
  }

  return {
    async answer(request, response) {
      const path = request.url?.split("?")[0] ?? "";
      if (!path.startsWith(LINK_PATH)) return false;
      // A form's body says nothing: the link is all there is.
      request.resume();
      const wait = waitMs(request.socket.remoteAddress ?? "");
      if (wait > 0) {
        send(request, response, 429, page("Too many requests", "Wait a little, then open the link again."), { "retry-after": String(Math.ceil(wait / 1000)) });
        return true;
      }
      const link = path.slice(LINK_PATH.length);
      if (request.method === "GET" || request.method === "HEAD") show(request, response, await acknowledgements.look(link));
      else if (request.method === "POST") show(request, response, await acknowledgements.use(link));
      else send(request, response, 405, page("Not understood", "Open the link in a browser."), { allow: "GET, POST" });
      return true;
    },
  };
}

function show(request: IncomingMessage, response: ServerResponse, state: LinkState): void {
  const { status, html } = shown(state);
  send(request, response, status, html);
}

function send(request: IncomingMessage, response: ServerResponse, status: number, html: string, more: Record<string, string> = {}): void {
  response.writeHead(status, { ...HEADERS, "content-length": Buffer.byteLength(html), ...more });
  response.end(request.method === "HEAD" ? undefined : html);
}

function shown(link: LinkState): { status: number; html: string } {
  switch (link.state) {
    case "READY":
      return { status: 200, html: page(link.condition.title, `${takenBefore(link)}By this you take the problem on, as ${link.by}: it is not escalated further.`, "Acknowledge") };
    case "DONE":
      return { status: 200, html: page(link.condition.title, `You have taken it on, as ${link.by}. Thank you.`) };
    case "USED":
      return { status: 410, html: page(link.condition.title, `This link was used before. ${takenBefore(link) || "Nobody has the problem at present."}`) };
    case "OVER":
      return { status: 410, html: page(link.condition.title, "The problem is over: there is nothing left to take on.") };
    case "EXPIRED":
      return { status: 410, html: page("This link has expired", `Links work for ${LINK_DAYS} days. Newer messages have newer ones.`) };
    case "UNKNOWN":
      return { status: 404, html: page("This link leads nowhere", "It may have been cut or changed on its way, or what it was about is not kept any more. Open it anew from the message.") };
  }
}

function takenBefore({ takenBy }: { takenBy: string | null }): string {
  return takenBy === null ? "" : `${takenBy} has taken it on. `;
}

function page(heading: string, text: string, button?: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(heading)}</title>
</head>
<body>
<main>
<h1 dir="auto">${escapeHtml(heading)}</h1>
<p dir="auto">${escapeHtml(text)}</p>
${button ? `<form method="post"><button type="submit">${escapeHtml(button)}</button></form>\n` : ""}</main>
</body>
</html>
`;
}
