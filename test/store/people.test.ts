import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/access/principal.ts";
import { createCatalogue } from "../../src/catalogue/catalogue.ts";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import { createChannelStore } from "../../src/channels/channel.store.ts";
import { deleteRemains, findDeletedChannels } from "../../src/db/deletedChannels.ts";
import { createPace } from "../../src/db/pace.ts";
import type { Database } from "../../src/db/database.ts";
import { ConflictError, NotFoundError, ValidationError } from "../../src/errors.ts";
import { createIds } from "../../src/ids.ts";
import { MOST_CONTACTS } from "../../src/people/contact.model.ts";
import { createContactService } from "../../src/people/contact.service.ts";
import { createContactStore } from "../../src/people/contact.store.ts";
import { createContactGroupService } from "../../src/people/contactGroup.service.ts";
import { createContactGroupStore } from "../../src/people/contactGroup.store.ts";
import { createAlertRuleService } from "../../src/rules/alertRule.service.ts";
import { createAlertRuleStore } from "../../src/rules/alertRule.store.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { NOW, addChannel, openStore, someDelivery, someEvent } from "./openStore.ts";
import { insertDeliveries } from "../../src/dispatch/delivery.store.ts";
import { insertEvents } from "../../src/events/event.store.ts";

const by = (customer: string | null): Principal => ({ tokenId: "t", name: `of ${customer}`, role: "OPERATOR", customer, expiresAt: null }) as Principal;
const ADMIN = by(null);

function servicesOf(db: Database) {
  const clock = createManualClock(NOW);
  const ids = createIds(() => clock.now().getTime());
  const catalogue = createCatalogue(EVENT_TYPES);
  const deps = { clock, ids, changed: async () => undefined, catalogue: () => catalogue };
  return {
    ids,
    contacts: createContactService({ store: createContactStore(db), ...deps }),
    groups: createContactGroupService({ store: createContactGroupStore(db), ...deps }),
    rules: createAlertRuleService({ store: createAlertRuleStore(db), ...deps }),
  };
}

describe("names", () => {
  it("are unique among one customer's, and among those of nobody", async () => {
    const { contacts, groups, rules } = servicesOf(await openStore());
    const makers = [(one: Principal) => contacts.create({ name: "x" }, one), (one: Principal) => groups.create({ name: "x" }, one), (one: Principal) => rules.create({ name: "x", matchers: [] }, one)];
    for (const make of makers) {
      for (const one of [ADMIN, by("acme"), by("globex")]) {
        await make(one);
        await expect(make(one)).rejects.toThrow(ConflictError);
      }
    }
    const { id } = await contacts.create({ name: "y" }, ADMIN);
    await expect(contacts.update(id, { name: "x" }, ADMIN)).rejects.toThrow('There is already a contact named "x". Choose another name.');
  });
});

describe("a customer's token", () => {
  it("makes, changes and deletes only what is its own; what is other people's is not there for it", async () => {
    const { contacts, groups, rules } = servicesOf(await openStore());
    const [ann, acmes] = [await contacts.create({ name: "Ann" }, ADMIN), await contacts.create({ name: "Ann" }, by("acme"))];
    const [team, acmesTeam] = [await groups.create({ name: "Team", contactIds: [ann.id, acmes.id] }, ADMIN), await groups.create({ name: "Team", contactIds: [acmes.id] }, by("acme"))];
    const all = await rules.create({ name: "All", matchers: [], contactIds: [acmes.id] }, ADMIN);
    expect([acmes.customer, acmesTeam.customer]).toEqual(["acme", "acme"]);
    await expect(contacts.create({ name: "x", customer: "globex" }, by("acme"))).rejects.toThrow('customer: must be left out, or "acme", which the token belongs to');
    expect(await contacts.create({ name: "x", customer: "acme" }, by("acme"))).toMatchObject({ customer: "acme" });

    for (const other of [by("acme"), by("globex")]) {
      for (const work of [
        () => contacts.update(ann.id, { name: "Eve" }, other), () => contacts.delete(ann.id, other), () => contacts.deletionImpact(ann.id, other),
        () => groups.update(team.id, { contactIds: [] }, other), () => groups.delete(team.id, other), () => groups.deletionImpact(team.id, other),
        () => rules.update(all.id, { stop: true }, other), () => rules.delete(all.id, other), () => rules.deletionImpact(all.id, other),
      ]) await expect(work()).rejects.toThrow(NotFoundError);
      for (const work of [
        () => groups.create({ name: "x", contactIds: [ann.id] }, other), () => groups.create({ name: "x", groupIds: [team.id] }, other),
        () => rules.create({ name: "x", matchers: [], contactIds: [ann.id] }, other), () => rules.create({ name: "x", matchers: [], groupIds: [team.id] }, other),
      ]) await expect(work()).rejects.toThrow(/must be the id of a contact/);
    }
    await expect(groups.update(acmesTeam.id, { contactIds: [acmes.id, ann.id] }, by("acme"))).rejects.toThrow("contactIds.1: must be the id of a contact");
    // What it is told of a deletion names none of the server's own.
    expect(await contacts.deletionImpact(acmes.id, by("acme"))).toMatchObject({ contactGroups: ["Team"], alertRules: [] });
    expect(await contacts.deletionImpact(acmes.id, ADMIN)).toMatchObject({ contactGroups: ["Team", "Team"], alertRules: ["All"] });
    expect(await contacts.delete(acmes.id, by("acme"))).toMatchObject({ contactGroups: ["Team"], alertRules: [] });
    expect((await groups.load()).map(({ contactIds }) => contactIds)).toEqual([[ann.id], []]);
  });
});

describe("groups in groups", () => {
  it("never come to hold each other, whoever changes both at once", async () => {
    const db = await openStore();
    const [one, other] = [servicesOf(db), servicesOf(db)];
    const [a, b] = [await one.groups.create({ name: "A" }, ADMIN), await one.groups.create({ name: "B" }, ADMIN)];
    const results = await Promise.allSettled([one.groups.update(a.id, { groupIds: [b.id] }, ADMIN), other.groups.update(b.id, { groupIds: [a.id] }, ADMIN)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect((await one.groups.load()).flatMap(({ groupIds }) => groupIds)).toHaveLength(1);
    await expect(one.groups.update(a.id, { name: "C", groupIds: [a.id] }, ADMIN)).rejects.toThrow(ValidationError);
    expect((await one.groups.load()).map(({ name }) => name)).toEqual(["A", "B"]);
  });
});

describe("rules", () => {
  it("are loaded in the order in which they are asked, those that are on, with whom they lead to as it was given", async () => {
    const { contacts, groups, rules } = servicesOf(await openStore());
    const people = [await contacts.create({ name: "1" }, ADMIN), await contacts.create({ name: "2" }, ADMIN)].map(({ id }) => id);
    const team = (await groups.create({ name: "Team" }, ADMIN)).id;
    const [first, second] = [await rules.create({ name: "a", matchers: [], contactIds: [...people].reverse(), groupIds: [team] }, ADMIN), await rules.create({ name: "b", matchers: [] }, ADMIN)];
    // A customer's rules are counted by themselves.
    const own = await rules.create({ name: "c", matchers: [] }, by("acme"));
    expect([first.position, second.position, own.position]).toEqual([0, 1, 0]);
    await rules.create({ name: "d", matchers: [], enabled: false }, ADMIN);
    const order = async () => (await rules.load()).map(({ rule }) => rule.name);
    expect(await order()).toEqual(["a", "c", "b"]);
    await rules.update(first.id, { position: 7 }, ADMIN);
    expect(await order()).toEqual(["c", "b", "a"]);
    const targets = async () => (await rules.load()).at(-1)?.rule.targets.map(({ contactId, groupId }) => contactId ?? groupId);
    expect(await targets()).toEqual([people[1], people[0], team]);
    await rules.update(first.id, { contactIds: people }, ADMIN);
    expect(await targets()).toEqual([...people, team]);
    await contacts.delete(people[0] as string, ADMIN);
    expect(await targets()).toEqual([people[1], team]);
    // What tells the events stays compiled while only other things change.
    const matching = (await rules.load())[0]?.matching;
    await rules.update(own.id, { stop: true }, ADMIN);
    expect((await rules.load())[0]?.matching).toBe(matching);
  });
});

describe("deleting a person", () => {
  it("takes along the person's channels with what waits for them, and counts it", async () => {
    const db = await openStore();
    const { contacts } = servicesOf(db);
    const { id } = await contacts.create({ name: "Ann" }, ADMIN);
    const [own, other] = [await addChannel(db, "own"), await addChannel(db, "other")];
    await db.write((tx) => tx.channel.update({ where: { id: own }, data: { contactId: id } }));
    const event = someEvent();
    await db.write(async (tx) => {
      await insertEvents(tx, [event]);
      const states = [{ state: "PENDING" }, { state: "RETRY" }, { state: "HELD", heldFor: "DIGEST" }, { state: "SENT" }] as const;
      await insertDeliveries(tx, [...states.map((state) => someDelivery(event.id, own, state)), someDelivery(event.id, other)]);
    });
    const impact = await contacts.deletionImpact(id, ADMIN);
    expect(impact).toMatchObject({ channels: ["own"], waitingDeliveries: 3 });
    expect(await contacts.delete(id, ADMIN)).toEqual(impact);
    expect((await createChannelStore(db).all()).map(({ name }) => name)).toEqual(["other"]);
    expect(await findDeletedChannels(db.read)).toEqual([own]);
    await deleteRemains(db, own, createPace({ alone: 1, beside: 1 }), () => true);
    expect((await db.read.channel.findMany()).map(({ name }) => name)).toEqual(["other"]);
    expect(await db.read.delivery.count()).toBe(1);
  });
});

describe("contacts", () => {
  it("are limited in number", async () => {
    const db = await openStore();
    const { contacts, ids } = servicesOf(db);
    const row = { customer: null, enabled: true, customers: [], categories: [], severities: [], createdAt: NOW, updatedAt: NOW };
    await db.write((tx) => tx.contact.createMany({ data: Array.from({ length: MOST_CONTACTS - 1 }, (_, at) => ({ id: ids.next(), name: `Contact ${at}`, ...row })) }));
    const results = await Promise.allSettled([contacts.create({ name: "a" }, ADMIN), contacts.create({ name: "b" }, ADMIN)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await db.read.contact.count()).toBe(MOST_CONTACTS);
  });
});
