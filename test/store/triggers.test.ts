import { expect, test } from "vitest";
import { createLog } from "../../src/log.ts";
import { createTriggerService } from "../../src/triggers/trigger.service.ts";
import { createTriggerStore } from "../../src/triggers/trigger.store.ts";
import { createManualClock } from "../e2e/manualClock.ts";
import { NOW, openStore } from "./openStore.ts";

test("of one type's settings, what several processes change at once is all kept", async () => {
  const db = await openStore();
  const store = createTriggerStore(db);
  const service = () => createTriggerService(store, createManualClock(NOW), createLog("silent"), async () => undefined, () => undefined);
  await Promise.all([
    service().update("backup.failure", { hold: 300 }),
    service().update("backup.failure", { cooldown: 7200 }),
    service().setCategoryEnabled("backups", false),
    service().update("backup.failure", { burst: { count: 3, window: 60 } }),
  ]);
  const saved = (await store.triggers()).find(({ eventType }) => eventType === "backup.failure");
  expect(saved).toMatchObject({ enabled: false, cooldownSeconds: 7200, holdSeconds: 300, burst: { count: 3, seconds: 60 } });
});

test("of a registered type, what several processes change at once is all kept", async () => {
  const db = await openStore();
  const store = createTriggerStore(db);
  const service = () => createTriggerService(store, createManualClock(NOW), createLog("silent"), async () => undefined, () => undefined);
  await service().register({ name: "queue.stuck", title: "Queue stuck", description: "A queue stands still.", category: "custom", severity: "WARNING" });
  await Promise.all([service().updateEventType("queue.stuck", { severity: "CRITICAL" }), service().updateEventType("queue.stuck", { title: "A queue is stuck" })]);
  expect(await store.customTypes()).toMatchObject([{ severity: "CRITICAL", title: "A queue is stuck" }]);
});
