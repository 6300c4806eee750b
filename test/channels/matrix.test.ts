import { afterAll, expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../src/providers/http.ts";
import { matrix } from "../../src/providers/matrix.ts";
import type { Message } from "../../src/render/message.ts";
import { startFake, unusedWays } from "./case.ts";
import type { Reply } from "./fakeHttp.ts";
import { matrixAnswers, matrixCase } from "./matrix.contract.ts";
import { makeMessage, makeStage, NOW } from "./messages.ts";

const { http, close } = createHttp({ allowPrivate: true });
afterAll(close);

async function deliver(message: Message, { script = [], roomId }: { script?: Reply[]; roomId?: string } = {}) {
  const fake = await startFake(matrixCase);
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.script.push(...script);
  const config = matrix.config.parse({ ...matrixCase.config(fake.url), ...(roomId === undefined ? {} : { roomId }) });
  const { payload } = matrix.render(message, config);
  const sent = matrix.send(payload, { ...unusedWays, config, message, http, signal: new AbortController().signal, now: NOW });
  const outcome = await sent.catch((error: unknown) => error);
  expect(fake.complaints).toEqual([]);
  return { outcome, requests: fake.requests.map(({ path, body }) => ({ path, body: body.length > 0 ? (JSON.parse(body.toString()) as object) : undefined })) };
}

const later = () => ({ ...makeStage("RECOVERY", "CRITICAL", true), thread: "$first:example.com" });

test("later messages go into the thread of the first one", async () => {
  const { requests } = await deliver(later());
  const relation = { rel_type: "m.thread", event_id: "$first:example.com", is_falling_back: true, "m.in_reply_to": { event_id: "$first:example.com" } };
  expect(requests).toMatchObject([{ body: { msgtype: "m.notice", "m.relates_to": relation } }]);
});

test("where the server refuses the thread, the message stands by itself", async () => {
  const { outcome, requests } = await deliver(later(), { script: [matrixAnswers.foreignThread] });
  expect(outcome).toMatchObject({ status: "200" });
  expect(requests).toHaveLength(2);
  expect(requests[1]?.path).toBe(requests[0]?.path);
  expect(requests[1]?.body).not.toHaveProperty("m.relates_to");
});

test("another refusal is not answered by a second try", async () => {
  const { outcome, requests } = await deliver(later(), { script: [matrixAnswers.forbidden] });
  expect(outcome).toMatchObject({ failure: { outcome: "PERMANENT", status: "403" } });
  expect(requests).toHaveLength(1);
});

test("the delivery's id is the transaction's, so that a repeat is recognised", async () => {
  const { requests } = await deliver(makeMessage());
  expect(requests[0]?.path).toMatch(/\/rooms\/%21AbCdEf%3Aexample\.com%3A8448\/send\/m\.room\.message\/0195f3c2-0000-7000-8000-000000000001$/);
});

test("a room's address is looked up first", async () => {
  const { requests } = await deliver(makeMessage(), { roomId: "#alerts:example.com" });
  expect(requests.map(({ path }) => path.split("/v3")[1])).toEqual([
    "/directory/room/%23alerts%3Aexample.com",
    "/rooms/%21resolved%3Aexample.com/send/m.room.message/0195f3c2-0000-7000-8000-000000000001",
  ]);
});

test.each(["!abc:example.com", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "#alerts:example.com:8448"])("room %s is taken", (roomId) => {
  expect(matrix.config.shape.roomId.safeParse(roomId).success).toBe(true);
});
