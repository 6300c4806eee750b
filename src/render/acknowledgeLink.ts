import type { Message } from "./message.ts";

/** A body up to so many characters is never cut by any kind: what stands behind it arrives whole. */
const SHORT_BODY = 400;

/** The line that people take a problem on by. */
export function acknowledgeLine({ acknowledgeUrl }: Pick<Message, "acknowledgeUrl">): string {
  return acknowledgeUrl === null ? "" : `Acknowledge: ${acknowledgeUrl}`;
}

/** The body with that line: behind it, or before a long one, since half a link leads nowhere. */
export function withAcknowledgeLine(body: string, acknowledgeUrl: string | null): string {
  const line = acknowledgeLine({ acknowledgeUrl });
  if (line === "") return body;
  return body.length <= SHORT_BODY ? `${body}\n\n${line}` : `${line}\n\n${body}`;
}

/** Takes links that count as secrets out of a text, whole or cut. */
export function withoutAcknowledgeLinks(text: string): string {
  return !text.includes("/acknowledge/") ? text : text.replace(/(\/acknowledge\/)[A-Za-z0-9_.-]+/g, "$1…");
}
