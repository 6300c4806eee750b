import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/access/principal.ts";
import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import type { Database } from "../../src/db/database.ts";
import { ConflictError, NotFoundError } from "../../src/errors.ts";
import { createIds } from "../../src/ids.ts";
import { ROLE_SCOPES } from "../../src/access/scope.ts";
import { MOST_SILENCES } from "../../src/silences/silence.model.ts";
import { createSilenceService } from "../../src/silences/silence.service.ts";
import { createSilenceStore } from "../../src/silences/silence.store.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { NOW, openStore } from "./openStore.ts";

const HOUR = 3_600_000;
const by = (customer: string | null): Principal => ({ tokenId: "t", name: `of ${customer}`, role: "OPERATOR", scopes: ROLE_SCOPES.OPERATOR, customer, contactId: null, expiresAt: null, requestsPerMinute: null });
const WEB = { matchers: [{ field: "service", operator: "EQUALS" as const, value: "web" }], reason: "x", duration: 3600 };

function serviceOf(db: Database) {
  const clock = createManualClock(NOW);
  const ids = createIds(() => clock.now().getTime());
  const catalogue = createCatalogue(EVENT_TYPES);
  return { clock, ids, silences: createSilenceService({ store: createSilenceStore(db), clock, ids, changed: async () => undefined, catalogue: () => catalogue }) };
}

describe("silences", () => {
  it("are compiled for deciding until they end, those that stay once", async () => {
    const { clock, silences } = serviceOf(await openStore());
    const { id } = await silences.create(WEB, by(null));
    await silences.create({ ...WEB, duration: 7200, matchers: [{ field: "title", operator: "MATCHES", value: "a+" }] }, by("acme"));
    const [first, second] = await silences.load();
    expect(first).toMatchObject({ id, reason: "x", author: "of null", customer: null, startsAt: NOW, endsAt: new Date(NOW.getTime() + HOUR), schedule: null });
    expect(second).toMatchObject({ customer: "acme", author: "of acme" });
    const event = { type: "t", category: "custom", severity: "INFO" as const, source: null, service: "web", customer: null, title: "aab", details: {} };
    expect([first?.matches(event), second?.matches(event), second?.matches({ ...event, title: "aa" })]).toEqual([true, false, true]);
    expect((await silences.load())[0]).toBe(first);
    clock.advance(HOUR);
    expect(await silences.load()).toEqual([second]);
  });

  it("of a customer belong to it alone", async () => {
    const db = await openStore();
    const { silences } = serviceOf(db);
    const { id, customer } = await silences.create(WEB, by("acme"));
    expect(customer).toBe("acme");
    for (const work of [() => silences.update(id, { reason: "y" }, by("other")), () => silences.end(id, by("other"))]) await expect(work()).rejects.toThrow(NotFoundError);
    expect(await silences.update(id, { reason: "y" }, by("acme"))).toMatchObject({ reason: "y", customer: "acme" });
    expect(await silences.end(id, by(null))).toMatchObject({ endsAt: NOW });
  });

  it("that have not ended are limited in number", async () => {
    const db = await openStore();
    const { clock, ids, silences } = serviceOf(db);
    const row = { reason: "x", author: "x", customer: null, matchers: WEB.matchers, startsAt: NOW, endsAt: new Date(NOW.getTime() + HOUR), createdAt: NOW, updatedAt: NOW };
    await db.write((tx) => tx.silence.createMany({ data: Array.from({ length: MOST_SILENCES - 1 }, () => ({ id: ids.next(), ...row })) }));
    const results = await Promise.allSettled([silences.create(WEB, by(null)), silences.create(WEB, by(null))]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await expect(silences.create(WEB, by(null))).rejects.toThrow(new ConflictError("There are already 1000 silences that have not ended. End some first."));
    expect(await db.read.silence.count()).toBe(MOST_SILENCES);
    clock.advance(HOUR);
    await silences.create(WEB, by(null));
  });
});
