import { expect, it } from "vitest";
import type { Transaction } from "../../src/db/database.ts";
import { createInboxStore } from "../../src/inbox/inbox.store.ts";
import { addChannel, NOW, openStore } from "./openStore.ts";

it("marks all as read in steps, between which others write", async () => {
  const db = await openStore();
  const channelId = await addChannel(db);
  const item = (id: string) => ({ id, channelId, eventId: null, customer: null, type: "t", severity: "INFO" as const, title: "t", body: "b", createdAt: NOW, readAt: null });
  let steps = 0;
  const store = createInboxStore({
    ...db,
    writeAlongside: <T>(work: (tx: Transaction) => Promise<T>) => {
      steps += 1;
      return db.writeAlongside(work);
    },
  });
  await Promise.all(Array.from({ length: 1200 }, (_, at) => store.add(item(`${at}`))));
  expect(await store.markRead(["3", "4", "nobody"], { channel: { deletedAt: null } }, NOW)).toBe(2);
  expect(await store.markRead(["3"], { channel: { deletedAt: null } }, NOW)).toBe(0);
  steps = 0;
  expect(await store.markRead(null, { channel: { deletedAt: null } }, NOW)).toBe(1198);
  expect(steps).toBe(3);
  expect(await db.read.inboxItem.count({ where: { readAt: null } })).toBe(0);
});
