import { acknowledgeLine } from "./acknowledgeLink.ts";
import { severityColor } from "./color.ts";
import { escapeHtml } from "./escape.ts";
import type { Fact, Message } from "./message.ts";

/** A cleaned message and the line under it. */
export type EmailParts = Pick<Message, "severity" | "recovered" | "emoji" | "title" | "body" | "facts" | "acknowledgeUrl"> & { footer: string };

/** Readable on white and on black alike; all other text has the reader's own colour. */
const QUIET_COLOR = "#767676";
const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/**
 * The HTML part of a mail. No background and no text colour are set, so light and dark readers both show it in their own;
 * styles are inline and the layout is tables, which is all that every mail reader knows. Nothing is loaded from anywhere.
 */
export function emailHtml(parts: EmailParts): string {
  const heading = parts.emoji === "" ? escapeHtml(parts.title) : `${escapeHtml(parts.emoji)} ${escapeHtml(parts.title)}`;
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(parts.title)}</title>
</head>
<body style="margin:0;padding:16px;${FONT};font-size:15px;line-height:1.5">
<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%" style="max-width:640px;border-collapse:collapse">
<tr>
<td width="6" style="width:6px;background-color:${severityColor(parts)}"></td>
<td style="padding:4px 0 4px 16px">
<h1 dir="auto" style="margin:0 0 12px;font-size:20px;line-height:1.3;font-weight:600;overflow-wrap:anywhere">${heading}</h1>
${paragraphs(parts)}
${factsTable(parts.facts)}<p style="margin:16px 0 0;font-size:12px;color:${QUIET_COLOR}" dir="auto">${lines(parts.footer)}</p>
</td>
</tr>
</table>
</body>
</html>
`;
}

function paragraphs({ body, acknowledgeUrl }: EmailParts): string {
  const line = acknowledgeLine({ acknowledgeUrl });
  return body
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => (acknowledgeUrl !== null && paragraph === line ? button(acknowledgeUrl) : text(paragraph)))
    .join("\n");
}

function text(paragraph: string): string {
  return `<p dir="auto" style="margin:0 0 12px;overflow-wrap:anywhere">${lines(paragraph)}</p>`;
}

function button(url: string): string {
  return `<p style="margin:0 0 12px"><a href="${escapeHtml(url)}" style="display:inline-block;padding:8px 16px;border:1px solid ${QUIET_COLOR};border-radius:4px;text-decoration:none;font-weight:600">Acknowledge</a></p>`;
}

function factsTable(facts: Fact[]): string {
  if (facts.length === 0) return "";
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th align="left" valign="top" dir="auto" style="padding:3px 16px 3px 0;font-weight:400;color:${QUIET_COLOR}">${escapeHtml(label)}</th>` +
      `<td valign="top" dir="auto" style="padding:3px 0;overflow-wrap:anywhere">${lines(value)}</td></tr>`,
  );
  return `<table cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;font-size:14px">\n${rows.join("\n")}\n</table>\n`;
}

/** Escaped text whose line breaks and indents survive. */
function lines(text: string): string {
  return escapeHtml(text)
    .replace(/\t/g, "    ")
    .replace(/^ +| {2,}/gm, (blanks) => "&nbsp;".repeat(blanks.length))
    .replace(/\n/g, "<br>\n");
}
