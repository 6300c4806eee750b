import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimOf, createAcknowledgeLinks } from "../../src/escalations/acknowledgeLink.ts";
import { turnOf } from "../../src/escalations/escalation.model.ts";
import { recipientsOf } from "../../src/escalations/recipients.ts";
import { createDirectory } from "../../src/people/directory.ts";
import { withAcknowledgeLine, withoutAcknowledgeLinks } from "../../src/render/acknowledgeLink.ts";
import { at, makeChannel, makeContact, makeGroup, NOW, target } from "./build.ts";

const step = (delaySeconds: number) => ({ delaySeconds, targets: [] });
const policy = (changes: object = {}) => ({ rounds: null, reminderSeconds: null, steps: [step(300), step(600)], ...changes });
const due = (changes: object = {}) => ({ step: 0, round: 0, nextAt: NOW, ...changes });

describe("what is due of an escalation", () => {
  it("is a step, and then the next one, round after round, each by its own delay", () => {
    expect(turnOf(due(), policy(), null, NOW)).toEqual({ tells: "STEP", forgets: false, after: { step: 1, round: 0, nextAt: at(600) } });
    expect(turnOf(due({ step: 1 }), policy(), null, NOW)).toEqual({ tells: "STEP", forgets: false, after: { step: 0, round: 1, nextAt: at(300) } });
  });

  it("is nothing more after the last round", () => {
    expect(turnOf(due({ step: 1, round: 1 }), policy({ rounds: 2 }), null, NOW)).toEqual({ tells: "STEP", forgets: false, after: { step: 0, round: 2, nextAt: null } });
    expect(turnOf(due({ round: 2 }), policy({ rounds: 2 }), null, NOW)).toMatchObject({ tells: null, after: { nextAt: null } });
  });

  it("goes by the policy as it is now, though it has fewer steps and rounds than before", () => {
    expect(turnOf(due({ step: 5 }), policy(), null, NOW)).toMatchObject({ tells: "STEP", after: { step: 1, round: 1 } });
    expect(turnOf(due({ step: 5 }), policy({ rounds: 1 }), null, NOW)).toMatchObject({ tells: null, after: { nextAt: null } });
    expect(turnOf(due({ step: 1 }), policy({ steps: [] }), null, NOW)).toMatchObject({ tells: null, after: { nextAt: null } });
  });

  it("is a reminder of what was taken on, and as long again after it the beginning", () => {
    const remind = policy({ reminderSeconds: 3600 });
    expect(turnOf(due({ nextAt: at(3600) }), remind, NOW, at(3600))).toEqual({ tells: "REMINDER", forgets: false, after: { step: 0, round: 0, nextAt: at(7200) } });
    expect(turnOf(due({ step: 1, nextAt: at(7200) }), remind, NOW, at(7200))).toEqual({ tells: null, forgets: true, after: { step: 0, round: 0, nextAt: at(7500) } });
    // A server that was down meanwhile reminds first.
    expect(turnOf(due({ nextAt: at(3600) }), remind, NOW, at(90_000))).toMatchObject({ tells: "REMINDER", after: { nextAt: at(93_600) } });
    expect(turnOf(due(), remind, NOW, NOW)).toMatchObject({ tells: null, forgets: false, after: { nextAt: at(3600) } });
    expect(turnOf(due(), policy(), NOW, at(9))).toMatchObject({ tells: null, forgets: false, after: { nextAt: null } });
  });

  it("always comes to an end with rounds, having told each step as often", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 5 }), (delays, rounds) => {
        const told: number[] = [];
        let next: { step: number; round: number; nextAt: Date | null } = due();
        for (let turns = 0; next.nextAt && turns < 100; turns += 1) {
          const turn = turnOf({ ...next, nextAt: next.nextAt }, policy({ rounds, steps: delays.map(step) }), null, next.nextAt);
          if (turn.tells === "STEP") told.push(next.step);
          next = turn.after;
        }
        expect(told).toEqual(Array.from({ length: rounds }, () => delays.map((_, place) => place)).flat());
      }),
    );
  });
});

it("a step tells each channel once, by the first way to it, and leaves out whoever is switched off", () => {
  const channels = [makeChannel("a", { contactId: "ann" }), makeChannel("b", { contactId: "bob" }), makeChannel("c")];
  const contacts = [makeContact("ann", { severities: ["INFO"] }), makeContact("bob", { enabled: false })];
  const directory = createDirectory(contacts, [makeGroup("all", { contactIds: ["ann", "bob"] })], channels);
  const targets = [target({ groupId: "all" }), target({ contactId: "ann" }), target({ channelId: "a" }), target({ channelId: "c" }), target({ channelId: "gone" })];
  expect(recipientsOf(targets, directory).filter(({ channelId }) => channelId !== "gone")).toEqual([{ channelId: "a", contactName: "Contact ann" }, { channelId: "c", contactName: null }]);
});

describe("a link that takes a problem on", () => {
  const KEY = Buffer.alloc(32, 7);
  const delivery = { id: "0195f3c2-0000-7000-8000-000000000001", conditionId: "0195f3c2-0000-7000-8000-0000000000c1", createdAt: NOW };
  const links = createAcknowledgeLinks(KEY, "https://alerts.example.com");
  const url = links.urlOf(delivery) ?? "";
  const text = url.slice(url.lastIndexOf("/") + 1);

  it("is the same for every try, names its delivery, and works for seven days", () => {
    expect(links.urlOf({ ...delivery })).toBe(url);
    expect(url.length).toBeLessThan(100);
    expect(claimOf(text)).toEqual({ deliveryId: delivery.id, expiresAt: at(7 * 86_400) });
    expect(links.isGenuine(text, delivery.conditionId)).toBe(true);
  });

  it("is good for nothing when anything of it is changed, for another problem, or by another key", () => {
    for (let place = 0; place < text.length; place += 1) {
      for (const sign of ["A", "b", "0", ".", "-"].filter((one) => one !== text[place])) {
        const changed = text.slice(0, place) + sign + text.slice(place + 1);
        expect([changed, links.isGenuine(changed, delivery.conditionId)]).toEqual([changed, false]);
      }
    }
    expect(links.isGenuine(text, delivery.id)).toBe(false);
    expect(createAcknowledgeLinks(Buffer.alloc(32, 8), "https://alerts.example.com").isGenuine(text, delivery.conditionId)).toBe(false);
    for (const wrong of ["", ".", "..", `${text}.`, `${text}x`, text.toUpperCase(), "x".repeat(10_000)]) expect(links.isGenuine(wrong, delivery.conditionId)).toBe(false);
  });

  it("stands behind a short text and before a long one, and is taken out of what is kept", () => {
    expect(withAcknowledgeLine("Short.", url)).toBe(`Short.\n\nAcknowledge: ${url}`);
    expect(withAcknowledgeLine("x".repeat(401), url).startsWith(`Acknowledge: ${url}\n\nx`)).toBe(true);
    expect(withAcknowledgeLine("Short.", null)).toBe("Short.");
    expect(withoutAcknowledgeLinks(`a ${url}) and ${url.slice(0, 60)}`)).toBe("a https://alerts.example.com/acknowledge/…) and https://alerts.example.com/acknowledge/…");
  });
});
