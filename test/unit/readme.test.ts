import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { withKindsTable } from "../../schema/kindsTable.ts";
import { ROLE_DESCRIPTIONS } from "../../src/access/scope.ts";
import { MOST_COUNTED } from "../../src/db/search.ts";
import { FEWEST_TRIES, nextTry, GIVE_UP_AFTER_MS } from "../../src/dispatch/retry.ts";
import { ERROR_CODES } from "../../src/errors.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { LARGEST_EMIT } from "../../src/events/emitEvent.graphql.ts";
import { PAGE, QUERY_LIMITS } from "../../src/graphql/builder.ts";
import { statusOf } from "../../src/http/answer.ts";
import { LARGEST_OFFSET } from "../../src/graphql/searchConnection.ts";
import { LARGEST_BODY_BYTES } from "../../src/http/requestBody.ts";
import { WEB_SOCKET_LIMITS } from "../../src/http/webSocket.ts";
import { IDEMPOTENCY_HOURS } from "../../src/intake/idempotency.ts";
import { LONGEST_QUEUE } from "../../src/live/hub.ts";
import { MOST_CONTACTS } from "../../src/people/contact.model.ts";
import { GROUP_LIMITS } from "../../src/people/contactGroup.model.ts";
import { PROVIDERS } from "../../src/providers/registry.ts";
import { RULE_LIMITS } from "../../src/rules/alertRule.model.ts";
import { serverSettings } from "../../src/settings/settings.model.ts";
import { MOST_CUSTOM_TYPES } from "../../src/triggers/trigger.service.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const number = (value: number): string => value.toLocaleString("en-US");

/** The README's table under this heading, row by row. */
function table(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(2).map((row) => row.slice(2, -2).split(" | ").map((cell) => cell.trim()));
}

it("lists every error code with its REST status and meaning", () => {
  const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, String(statusOf(code as ErrorCode)), meaning]);
  expect(table("Errors")).toEqual(codes);
});

it("lists every environment variable that the config reads", () => {
  const read = [...readFileSync(join(ROOT, "src/config.ts"), "utf8").matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => `\`${name}\``);
  expect(table("Environment").map(([name]) => name)).toEqual(read);
});

it("lists every role", () => {
  expect(table("Tokens and roles").map(([role]) => role)).toEqual(Object.keys(ROLE_DESCRIPTIONS).map((role) => `\`${role}\``));
});

it("has the table of channel kinds that npm run schema writes", () => {
  expect(withKindsTable(readme)).toBe(readme);
});

it("tells the limits that the code has", () => {
  const limits = Object.fromEntries(table("Limits"));
  const defaults = serverSettings.parse({});
  expect(limits).toMatchObject({
    "request body": `${LARGEST_BODY_BYTES / 1024 / 1024} MiB`,
    "events in one `emitEvents` or one array": number(LARGEST_EMIT),
    "rows of a page": `${PAGE.default} unless \`first\` says otherwise, ${PAGE.most} at most`,
    "`offset`, `totalCount`": number(LARGEST_OFFSET),
    "depth, breadth, complexity of a query": [QUERY_LIMITS.depth, QUERY_LIMITS.breadth, QUERY_LIMITS.complexity].map(number).join(", "),
    "WebSocket connections": `${number(WEB_SOCKET_LIMITS.connections)}, each with ${WEB_SOCKET_LIMITS.operationsEach} operations at once`,
    "WebSocket message": `${WEB_SOCKET_LIMITS.largestMessageBytes / 1024 / 1024} MiB`,
    "custom event types that register themselves": number(MOST_CUSTOM_TYPES),
    contacts: number(MOST_CONTACTS),
    "contact groups; members of each; groups in groups": `${number(GROUP_LIMITS.groups)}; ${number(GROUP_LIMITS.members)}; ${GROUP_LIMITS.depth} deep`,
    "alert rules; contacts, groups and channels that each names": `${number(RULE_LIMITS.rules)}; ${number(RULE_LIMITS.targets)}`,
  });
  expect(LARGEST_OFFSET).toBe(MOST_COUNTED);
  expect(readme).toContain(`queue of ${number(LONGEST_QUEUE)} ran over`);
  expect(readme).toContain(`within ${IDEMPOTENCY_HOURS} hours gives the first answer`);
  expect(readme).toContain(`kept for ${defaults.historyDays} days and up to ${number(defaults.historyCount)} of them`);
});

it("tells the retry schedule that the code has", () => {
  const now = new Date();
  const wait = (tries: number, random = 0) => ((nextTry("TRANSIENT", tries, undefined, now, now, random)?.getTime() ?? 0) - now.getTime()) / 1000;
  expect([wait(1), wait(2), wait(3), wait(50), wait(1, 1)]).toEqual([5, 10, 20, 3600, 3.75]);
  expect(readme).toContain("tried again after 5 s, then twice as long each time, up to an hour, less up\n  to a quarter at random");
  expect(readme).toContain(`After ${GIVE_UP_AFTER_MS / 3_600_000} hours it is given up, but not before\n  its fifth try`);
  expect(FEWEST_TRIES).toBe(5);
});

it("lists every metric of its own", () => {
  const names = [...readFileSync(join(ROOT, "src/http/metrics.ts"), "utf8").matchAll(/"(carillon_\w+)"/g)].map(([, name]) => name as string);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !new RegExp(`\`${name}[\`{]`).test(readme))).toEqual([]);
});

it("names the kinds that are tried again when the outcome is unknown", () => {
  expect(PROVIDERS.filter(({ idempotent }) => idempotent).map(({ kind }) => kind)).toEqual(["WEBHOOK", "MATRIX", "PUSHBULLET", "ONESIGNAL", "PAGERDUTY", "OPSGENIE", "INBOX"]);
  expect(readme).toContain("recognise a repeat: webhooks, Matrix, Pushbullet, OneSignal, PagerDuty, Opsgenie and the inbox.");
});

it("tells how long the smallest channel kind is", () => {
  const lines = (file: string): number => readFileSync(join(ROOT, file), "utf8").trimEnd().split("\n").length;
  const page = readFileSync(join(ROOT, "src/providers/README.md"), "utf8");
  expect(page).toContain(`[gotify.ts](gotify.ts): ${lines("src/providers/gotify.ts")} lines, with a contract case of ${lines("test/channels/gotify.contract.ts")} lines`);
  // Twilio's kinds share a file that does most of their work.
  const httpKinds = readdirSync(join(ROOT, "test/channels")).filter((name) => /^(?!twilio).*\.contract\.ts$/.test(name)).map((name) => name.replace(".contract.ts", ""));
  expect(httpKinds.sort((a, b) => lines(`src/providers/${a}.ts`) - lines(`src/providers/${b}.ts`))[0]).toBe("gotify");
});

it("links only to what is there", () => {
  for (const file of ["README.md", "client-examples/README.md", "src/providers/README.md"]) {
    const links = [...readFileSync(join(ROOT, file), "utf8").matchAll(/\]\((?!http)([^)#]+)/g)].map(([, target]) => target as string);
    expect(links.filter((target) => !existsSync(resolve(ROOT, file, "..", target)))).toEqual([]);
  }
});
