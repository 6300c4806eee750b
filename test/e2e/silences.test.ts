import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestServer } from "./testServer.ts";
import type { TestServer } from "./testServer.ts";

/** Silences by the API: made, listed, changed, ended and forgotten. The clock stands at noon UTC on Sunday, 1 March 2026. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let server: TestServer;
const start = async () => void (server = await startTestServer());
const stop = () => server[Symbol.asyncDispose]();

const SILENCE = "id reason author state active startsAt endsAt nextChange createdAt updatedAt matchers { field operator value } schedule { timeZone windows { days start end } }";
const ERROR = "... on Error { code message } ... on ValidationError { issues { path message code } }";
const CREATE = `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) { ... on CreateSilencePayload { warnings silence { ${SILENCE} } } ${ERROR} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateSilenceInput!) { updateSilence(id: $id, input: $input) { ... on UpdateSilencePayload { warnings silence { ${SILENCE} } } ${ERROR} } }`;
const END = `mutation ($id: ID!) { endSilence(id: $id) { ... on EndSilencePayload { silence { ${SILENCE} } } ... on Error { code message } } }`;

const WEB = [{ field: "service", operator: "EQUALS", value: "web" }];
const GOOD = { matchers: WEB, reason: "New disks", duration: "PT2H" };
/** Sundays at night in Berlin, where it is 13:00 now. */
const NIGHTS = { timeZone: "Europe/Berlin", windows: [{ days: ["SUN"], start: "22:00", end: "02:00" }] };

const create = async (input: object) => (await server.api.run<any>(CREATE, { input })).createSilence;
const update = async (id: string, input: object) => (await server.api.run<any>(UPDATE, { id, input })).updateSilence;
const end = async (id: string) => (await server.api.run<any>(END, { id })).endSilence;
const made = async (input: object) => (await create(input)).silence;
const read = async (id: string) => (await server.api.run<any>(`query ($id: ID!) { silence(id: $id) { ${SILENCE} } }`, { id })).silence;
const list = async (states?: string[]) => {
  const { silences } = await server.api.run<any>(`query ($filter: SilenceFilter) { silences(filter: $filter) { totalCount nodes { reason state } } }`, { filter: states ? { states } : null });
  expect(silences.totalCount).toBe(silences.nodes.length);
  return silences.nodes.map(({ reason }: { reason: string }) => reason);
};
const at = (ms: number) => new Date(Date.parse("2026-03-01T12:00:00.000Z") + ms).toISOString();

describe("a silence", () => {
  beforeEach(start);
  afterEach(stop);

  it("starts now, unless told otherwise, and says who made it and when it ends", async () => {
    const { silence, warnings } = await create({ ...GOOD, reason: "  New disks " });
    expect(silence).toEqual({
      id: expect.any(String), reason: "New disks", author: "first administrator", state: "ACTIVE", active: true, startsAt: at(0), endsAt: at(2 * HOUR), nextChange: at(2 * HOUR),
      createdAt: at(0), updatedAt: at(0), matchers: WEB, schedule: null,
    });
    expect(warnings).toEqual([]);
    expect(await read(silence.id)).toEqual(silence);
    expect((await server.api.run<any>(`query ($id: ID!) { node(id: $id) { ... on Silence { reason } } }`, { id: silence.id })).node).toEqual({ reason: "New disks" });
    server.clock.advance(2 * HOUR - 1);
    expect(await read(silence.id)).toMatchObject({ state: "ACTIVE", active: true });
    server.clock.advance(1);
    expect(await read(silence.id)).toMatchObject({ state: "ENDED", active: false, nextChange: null });
  });

  it("may start later, and may have started", async () => {
    const later = await made({ ...GOOD, startsAt: at(HOUR) });
    expect(later).toMatchObject({ state: "SCHEDULED", active: false, startsAt: at(HOUR), endsAt: at(3 * HOUR), nextChange: at(HOUR) });
    expect(await made({ matchers: WEB, reason: "x", startsAt: at(-HOUR), endsAt: at(1) })).toMatchObject({ state: "ACTIVE", active: true });
    expect(await made({ matchers: WEB, reason: "x", startsAt: at(366 * DAY), endsAt: at(2 * 366 * DAY) })).toMatchObject({ state: "SCHEDULED" });
    server.clock.advance(HOUR);
    expect(await read(later.id)).toMatchObject({ state: "ACTIVE", active: true, nextChange: at(3 * HOUR) });
  });

  it("names event types by their canonical names", async () => {
    const { matchers } = await made({ ...GOOD, matchers: [{ field: "type", operator: "EQUALS", value: "Node offline" }, { field: "type", operator: "NOT_MATCHES", value: "node_.*" }] });
    expect(matchers).toEqual([{ field: "type", operator: "EQUALS", value: "node.disconnect" }, { field: "type", operator: "NOT_MATCHES", value: "node_.*" }]);
    await server.api.run(`mutation { registerEventType(input: { name: "order.lost", title: "Order lost" }) { __typename } }`);
    expect((await made({ ...GOOD, matchers: [{ field: "type", operator: "EQUALS", value: "Order Lost" }] })).matchers[0].value).toBe("order.lost");
  });

  it("with a schedule holds in its windows, between its start and its end", async () => {
    const { id, ...silence } = await made({ matchers: WEB, reason: "Backups", startsAt: at(2 * HOUR), endsAt: at(7 * DAY + 10 * HOUR), schedule: NIGHTS });
    expect(silence).toMatchObject({ state: "SCHEDULED", active: false, endsAt: at(7 * DAY + 10 * HOUR), nextChange: at(9 * HOUR), schedule: NIGHTS });
    server.clock.advance(3 * HOUR);
    expect(await read(id)).toMatchObject({ state: "ACTIVE", active: false, nextChange: at(9 * HOUR) });
    server.clock.advance(6 * HOUR);
    expect(await read(id)).toMatchObject({ state: "ACTIVE", active: true, nextChange: at(13 * HOUR) });
    server.clock.advance(7 * DAY);
    // Its end comes before the window's.
    expect(await read(id)).toMatchObject({ active: true, nextChange: at(7 * DAY + 10 * HOUR) });
    server.clock.advance(HOUR);
    expect(await read(id)).toMatchObject({ state: "ENDED", active: false, nextChange: null });
  });

  it("with a schedule may be without an end, and longer than a year", async () => {
    expect(await made({ matchers: WEB, reason: "Backups", schedule: NIGHTS })).toMatchObject({ state: "ACTIVE", active: false, endsAt: null, nextChange: at(9 * HOUR) });
    expect(await made({ matchers: WEB, reason: "Backups", schedule: NIGHTS, duration: "P1000D" })).toMatchObject({ endsAt: at(1000 * DAY) });
    const always = { timeZone: "UTC", windows: [{ start: "00:00", end: "00:00" }] };
    expect(await create({ matchers: WEB, reason: "Always", schedule: always })).toMatchObject({ warnings: ["The schedule covers the whole week, so it changes nothing."], silence: { active: true, nextChange: null } });
  });

  it("is taken with a warning when it can hardly be meant", async () => {
    const warningsOf = async (input: object) => (await create({ ...GOOD, ...input })).warnings;
    expect(await warningsOf({ matchers: [{ field: "service", operator: "NOT_EQUALS", value: "web" }, { field: "title", operator: "MATCHES", value: ".*" }] })).toEqual([expect.stringContaining("nearly every event")]);
    expect(await warningsOf({ matchers: [...WEB, { field: "service", operator: "EQUALS", value: "db" }] })).toEqual([expect.stringContaining("No event can match")]);
    expect(await warningsOf({ schedule: NIGHTS })).toEqual([expect.stringContaining("no window of the schedule")]);
    expect(await warningsOf({ schedule: NIGHTS, duration: "PT10H" })).toEqual([]);
  });

  it("is changed in part, the rest stays", async () => {
    const { id } = await made({ ...GOOD, schedule: NIGHTS });
    server.clock.advance(MINUTE);
    expect(await update(id, { reason: "Newer disks", matchers: null })).toMatchObject({ silence: { reason: "Newer disks", matchers: WEB, endsAt: at(2 * HOUR), schedule: NIGHTS, createdAt: at(0), updatedAt: at(MINUTE) }, warnings: [expect.stringContaining("no window")] });
    expect(await update(id, { duration: "PT12H" })).toMatchObject({ silence: { startsAt: at(0), endsAt: at(12 * HOUR) }, warnings: [] });
    expect(await update(id, { endsAt: null })).toMatchObject({ silence: { endsAt: null, schedule: NIGHTS } });
    expect(await update(id, { schedule: null, endsAt: at(HOUR) })).toMatchObject({ silence: { endsAt: at(HOUR), schedule: null, active: true } });
    expect(await update(id, { startsAt: at(30 * MINUTE) })).toMatchObject({ silence: { state: "SCHEDULED", endsAt: at(HOUR) } });
    expect(await update(id, { matchers: [{ field: "type", operator: "EQUALS", value: "node_disconnect" }] })).toMatchObject({ silence: { matchers: [{ value: "node.disconnect" }], reason: "Newer disks" } });
  });

  it("ends when it is ended, and stays so", async () => {
    const { id } = await made(GOOD);
    server.clock.advance(MINUTE);
    expect((await end(id)).silence).toMatchObject({ state: "ENDED", active: false, endsAt: at(MINUTE), nextChange: null, reason: "New disks" });
    expect(await end(id)).toEqual({ code: "CONFLICT", message: "The silence has ended, and is kept as it was. Create a new one." });
    expect(await update(id, { duration: "PT5H" })).toMatchObject({ code: "CONFLICT" });
    const scheduled = await made({ ...GOOD, startsAt: at(DAY) });
    expect((await end(scheduled.id)).silence).toMatchObject({ state: "ENDED", active: false, nextChange: null });
    const over = await made(GOOD);
    server.clock.advance(2 * HOUR);
    expect(await end(over.id)).toMatchObject({ code: "CONFLICT" });
    const both = await made(GOOD);
    expect((await Promise.all([end(both.id), end(both.id)])).map(({ code }) => code ?? "ended").sort()).toEqual(["CONFLICT", "ended"]);
  });

  it("is listed by its state, the newest first", async () => {
    await made({ ...GOOD, reason: "active" });
    await made({ ...GOOD, reason: "scheduled", startsAt: at(2 * HOUR) });
    await end((await made({ ...GOOD, reason: "ended" })).id);
    await made({ ...GOOD, reason: "without end", duration: null, schedule: NIGHTS });
    expect(await list()).toEqual(["without end", "ended", "scheduled", "active"]);
    expect(await list(["ACTIVE"])).toEqual(["without end", "active"]);
    expect(await list(["SCHEDULED"])).toEqual(["scheduled"]);
    expect(await list(["ENDED", "SCHEDULED"])).toEqual(["ended", "scheduled"]);
    expect(await list([])).toEqual([]);
    server.clock.advance(2 * HOUR);
    expect(await list(["ACTIVE"])).toEqual(["without end", "scheduled"]);
    expect(await list(["ENDED"])).toEqual(["ended", "active"]);
    const { silences } = await server.api.run<any>(`{ silences(first: 2, filter: { states: [ACTIVE, ENDED] }) { nodes { reason } pageInfo { hasNextPage endCursor } } }`);
    expect(silences).toMatchObject({ nodes: [{ reason: "without end" }, { reason: "ended" }], pageInfo: { hasNextPage: true } });
    const next = await server.api.run<any>(`query ($after: String) { silences(after: $after) { nodes { reason } } }`, { after: silences.pageInfo.endCursor });
    expect(next.silences.nodes).toEqual([{ reason: "scheduled" }, { reason: "active" }]);
  });

  it("is kept for as long as the history, then deleted", async () => {
    await server.api.run(`mutation { updateSettings(input: { historyDays: 10 }) { __typename } }`);
    await made({ ...GOOD, reason: "short" });
    await made({ ...GOOD, reason: "long", duration: "P30D" });
    await made({ ...GOOD, reason: "without end", duration: null, schedule: NIGHTS });
    const days = async (count: number) => {
      for (let hour = 0; hour < 24 * count; hour += 6) {
        server.clock.advance(6 * HOUR);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await days(10);
    expect(await list()).toEqual(["without end", "long", "short"]);
    await days(1);
    // Looked for once an hour, unless the last look still goes on.
    await expect
      .poll(() => {
        server.clock.advance(HOUR);
        return list();
      })
      .toEqual(["without end", "long"]);
  });
});

describe("what is refused", () => {
  beforeAll(start);
  afterAll(stop);

  const matcher = (field: string, operator: string, value: string) => ({ ...GOOD, matchers: [...WEB, { field, operator, value }] });

  it.each<[what: string, input: object, issues: [path: string, message: string][]]>([
    ["no end", { matchers: WEB, reason: "x" }, [["endsAt", "must be given, or duration: only a silence with a schedule may be without an end"]]],
    ["an end and a duration", { ...GOOD, endsAt: at(HOUR) }, [["duration", "must be left out when endsAt is given"]]],
    ["an end and a duration beside a schedule", { ...GOOD, endsAt: at(HOUR), schedule: NIGHTS }, [["duration", "must be left out when endsAt is given"]]],
    ["an end before the start", { matchers: WEB, reason: "x", startsAt: at(HOUR), endsAt: at(HOUR) }, [["endsAt", "must be after startsAt"]]],
    ["an end in the past", { matchers: WEB, reason: "x", startsAt: at(-HOUR), endsAt: at(0) }, [["endsAt", "must end in the future: this would be a silence in the past"]]],
    ["a duration that is over", { ...GOOD, startsAt: at(-2 * HOUR) }, [["duration", "must end in the future: this would be a silence in the past"]]],
    ["no duration", { ...GOOD, duration: "PT0S" }, [["duration", "must be at least PT1S"]]],
    ["a negative duration", { ...GOOD, duration: "-PT1H" }, [["duration", "must be at least PT1S"]]],
    ["an endless duration", { ...GOOD, duration: "P99999999D", schedule: NIGHTS }, [["duration", "must be at most ten years"]]],
    ["a start too far ahead", { ...GOOD, startsAt: at(366 * DAY + 1) }, [["startsAt", "must be at most a year ahead"]]],
    ["more than a year", { ...GOOD, duration: "P367D" }, [["duration", "must make it at most a year long; only a silence with a schedule may be longer"]]],
    ["more than a year from the past", { matchers: WEB, reason: "x", startsAt: at(-366 * DAY), endsAt: at(1) }, [["endsAt", "must make it at most a year long; only a silence with a schedule may be longer"]]],
    ["an unknown zone", { ...GOOD, schedule: { ...NIGHTS, timeZone: "Mars/Olympus" } }, [["schedule.timeZone", "must be an IANA time zone such as Europe/Berlin"]]],
    ["25:00", { ...GOOD, schedule: { timeZone: "UTC", windows: [{ start: "25:00", end: "07:00" }, { start: "01:00", end: "02:00" }] } }, [["schedule.windows.0.start", "must be a time from 00:00 to 23:59"]]],
    ["overlapping windows", { ...GOOD, schedule: { timeZone: "UTC", windows: [{ days: ["SUN"], start: "22:00", end: "07:00" }, { days: ["MON"], start: "06:59", end: "08:00" }] } }, [["schedule.windows.1", "must not overlap windows.0: MON 06:59 to 08:00 and SUN 22:00 to 07:00"]]],
    ["no windows", { ...GOOD, schedule: { timeZone: "UTC", windows: [] } }, [["schedule.windows", "must hold at least one window"]]],
    ["no matchers", { ...GOOD, matchers: [] }, [["matchers", "must hold at least one matcher"]]],
    ["no reason", { ...GOOD, reason: " " }, [["reason", "must not be empty"]]],
    ["a long reason of two lines", { ...GOOD, reason: `${"a".repeat(500)}\nb` }, [["reason", "must be at most 500 characters"], ["reason", "must be one line without control characters"]]],
    ["an unknown field", matcher("fate", "EQUALS", "x"), [["matchers.1.field", "must be one of type, category, severity, service, source, customer, title or details.<name>"]]],
    ["an unknown type", matcher("type", "EQUALS", "deploy.failre"), [["matchers.1.value", "must be an event type; near to it are deploy.failure"]]],
    ["an unknown severity", matcher("severity", "EQUALS", "BAD"), [["matchers.1.value", "must be one of INFO, WARNING, CRITICAL"]]],
    ["a backreference", matcher("title", "MATCHES", "(a)\\1"), [["matchers.1.value", "must not refer back to a group, as \\1 does: RE2 has no backreferences"]]],
    ["a pattern that explodes", matcher("title", "NOT_MATCHES", "((a{1,100}){1,100}){1,100}"), [["matchers.1.value", "must be a smaller regular expression: it repeats or nests too much"]]],
  ])("%s", async (_what, input, issues) => {
    const { code, issues: found } = await create(input);
    expect(code).toBe("VALIDATION_FAILED");
    expect(found.map(({ path }: { path: string }) => path)).toEqual(issues.map(([path]) => path));
    for (const [index, [, message]] of issues.entries()) expect(found[index].message).toContain(message);
    expect(await list()).toEqual([]);
  });

  it("what is not there", async () => {
    const id = Buffer.from("Silence:nope").toString("base64");
    expect([await read(id), await update(id, {}), await end(id)]).toMatchObject([null, { code: "NOT_FOUND" }, { code: "NOT_FOUND" }]);
  });

  it("changes nothing of a silence that is there", async () => {
    const silence = await made({ matchers: WEB, reason: "x", startsAt: at(-HOUR), endsAt: at(DAY) });
    const wrong: [input: object, path: string][] = [
      [{ endsAt: null }, "endsAt"],
      [{ endsAt: at(-2 * HOUR) }, "endsAt"],
      [{ endsAt: at(-1) }, "endsAt"],
      [{ duration: "PT1H" }, "duration"],
      [{ duration: "PT5H", endsAt: at(HOUR) }, "duration"],
      [{ startsAt: at(2 * DAY) }, "startsAt"],
      [{ endsAt: at(400 * DAY) }, "endsAt"],
      [{ reason: "" }, "reason"],
      [{ matchers: [] }, "matchers"],
      [{ reason: "y", matchers: [{ field: "type", operator: "EQUALS", value: "no such type" }] }, "matchers.0.value"],
      [{ reason: "y", schedule: { timeZone: "UTC", windows: [{ start: "1:00", end: "02:00" }] } }, "schedule.windows.0.start"],
    ];
    for (const [input, path] of wrong) expect([input, await update(silence.id, input)]).toMatchObject([input, { code: "VALIDATION_FAILED", issues: [{ path }] }]);
    const unending = await made({ matchers: WEB, reason: "x", schedule: NIGHTS });
    expect(await update(unending.id, { schedule: null })).toMatchObject({ issues: [{ path: "endsAt" }] });
    expect([await read(silence.id), await read(unending.id)]).toEqual([silence, unending]);
  });
});
