import { it } from "vitest";
import { startTestServer } from "/work/main/test/e2e/testServer.ts";
import WebSocket from "ws";
it("probe", async () => {
  await using server = await startTestServer();
  const { api } = server;
  const show = async (name: string, query: string, variables: object = {}) => {
    const t = performance.now();
    try { const { status, body } = await api.raw(query, variables); console.log(name, status, Math.round(performance.now() - t), JSON.stringify(body).slice(0, 700)); }
    catch (e) { console.log(name, "THROWN", e); }
  };
  const E = `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { __typename ... on Error { code message } ... on ValidationError { issues { path message code } } ... on EmitEventPayload { nearestTypes event { type } } } }`;
  await show("emit bad", E, { input: { type: "" } });
  await show("emit unk", E, { input: { type: "backup.failur" } });
  await show("emits bad", `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { acceptedCount results { __typename ... on Error { code message } ... on ValidationError { issues { path message code } } } } }`, { input: [{ type: "" }, { type: "custom" }] });
  await show("lone", E, { input: { type: "custom", title: "a\ud800b" } });
  await show("lone settings", `mutation($s: String) { updateSettings(input: {displayName: $s}) { __typename ... on Error { message } } }`, { s: "a\ud800b" });
  await show("channel filter", `mutation($i: CreateChannelInput!) { createChannel(input: $i) { __typename ... on Error { message } ... on CreateChannelPayload { channel { services } } } }`, { i: { name: "x", config: { log: true }, services: ["a\ud800b\u0000"] } });
  await show("token", `mutation($n: String!) { createAccessToken(input: {name: $n, role: VIEWER}) { __typename ... on Error { message } } }`, { n: "a\ud800b\u0000" });
  await show("tokens", `{ accessTokens { name } }`);
  await show("url", `mutation($i: CreateChannelInput!) { createChannel(input: $i) { __typename ... on Error { message } } }`, { i: { name: "xu", config: { webhook: { url: "http://a.exa\nmple/\ud800" } } } });
  await show("search", `{ eventTypes(search: "\\ud800") { name } eventType(name: "\\u0000") { name } }`);
  for (const [n, body, h] of [["array", [{ query: "{__typename}" }], {}], ["broken", "{", {}], ["utf8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}], ["noquery", { a: 1 }, {}], ["null", "null", {}], ["string", '"x"', {}], ["empty", "", {}], ["vars", { query: "{__typename}", variables: "x" }, {}], ["vars arr", { query: "{__typename}", variables: [1] }, {}], ["qnum", { query: 5 }, {}], ["opname", { query: "query A {__typename}", operationName: "B" }, {}], ["opnum", { query: "query A {__typename}", operationName: 5 }, {}], ["ext", { query: "{__typename}", extensions: 5 }, {}], ["params", { query: "{__typename}", foo: 5 }, {}], ["proto", '{"query":"{__typename}","__proto__":{"a":1}}', {}]] as const) {
    const r = await api.post("/graphql", body as never);
    console.log(n, r.status, JSON.stringify(r.body).slice(0, 300));
  }
  for (const q of ["?query=mutation{clearHistory{deletedCount}}", "?query={__typename}", ""]) { const r = await fetch(server.url + "/graphql" + q, { headers: { authorization: "Bearer " + api.token, accept: "application/json" } }); console.log("GET", q, r.status, (await r.text()).slice(0, 300)); }
  { const r = await fetch(server.url + "/graphql", { method: "PUT", body: "{}", headers: { authorization: "Bearer " + api.token, accept: "application/json" } }); console.log("PUT", r.status, (await r.text()).slice(0, 300)); }
  { const r = await fetch(server.url + "/graphql", { method: "POST", body: "{}", headers: { "content-type": "text/plain" } }); console.log("text", r.status, (await r.text()).slice(0, 300)); }
  { const r = await fetch(server.url + "/v1/events", { method: "POST", body: '{"type":"custom"}', headers: { "content-type": "text/plain", authorization: "Bearer " + api.token } }); console.log("text rest", r.status, (await r.text()).slice(0, 300)); }
  const ws = (name: string, protocol: string | undefined, act: (s: WebSocket) => void) => new Promise<void>((resolve) => {
    const s = new WebSocket(server.url.replace("http", "ws") + "/graphql", protocol ? [protocol] : []);
    const seen: string[] = [];
    s.on("open", () => act(s)); s.on("message", (m) => seen.push(String(m).slice(0, 300))); s.on("error", (e) => seen.push("error " + e.message));
    s.on("close", (code, reason) => { console.log("WS", name, code, String(reason), JSON.stringify(seen)); resolve(); });
    setTimeout(() => { console.log("WS", name, "open after 1s", JSON.stringify(seen)); s.terminate(); resolve(); }, 1000);
  });
  const P = "graphql-transport-ws";
  const init = JSON.stringify({ type: "connection_init", payload: { authorization: "Bearer " + api.token } });
  await ws("no proto", undefined, () => undefined);
  await ws("bad proto", "foo", () => undefined);
  await ws("bad token", P, (s) => s.send(JSON.stringify({ type: "connection_init", payload: { authorization: "Bearer x" } })));
  await ws("init array", P, (s) => s.send(JSON.stringify({ type: "connection_init", payload: [] })));
  await ws("init null", P, (s) => s.send(JSON.stringify({ type: "connection_init", payload: null })));
  await ws("garbage", P, (s) => s.send("{{{"));
  await ws("binary", P, (s) => s.send(Buffer.from([1, 2, 3])));
  await ws("binary init", P, (s) => s.send(Buffer.from(init)));
  await ws("huge", P, (s) => s.send("x".repeat(2 * 1024 * 1024)));
  await ws("early sub", P, (s) => s.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{__typename}" } })));
  await ws("two init", P, (s) => { s.send(init); s.send(init); });
  await ws("bad query", P, (s) => { s.send(init); setTimeout(() => { s.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ nope }" } })); s.send(JSON.stringify({ id: "2", type: "subscribe", payload: { query: "{ " } })); s.send(JSON.stringify({ id: "3", type: "subscribe", payload: { query: `{ node(id: "zz") { id } }` } })); s.send(JSON.stringify({ id: "4", type: "subscribe", payload: { query: `subscription { notificationDispatched(after: "zz") { cursor } }` } })); s.send(JSON.stringify({ id: "5", type: "subscribe", payload: { query: `{ ${Array.from({ length: 3000 }, (_, i) => `a${i}: __typename`).join(" ")} }` } })); }, 100); });
  await ws("no query", P, (s) => { s.send(init); setTimeout(() => { s.send(JSON.stringify({ id: "1", type: "subscribe", payload: {} })); }, 100); });
  await ws("60 ops", P, (s) => { s.send(init); setTimeout(() => { for (let i = 0; i < 60; i++) s.send(JSON.stringify({ id: String(i), type: "subscribe", payload: { query: "subscription { notificationDispatched { cursor } }" } })); }, 100); });
  await ws("dup op", P, (s) => { s.send(init); setTimeout(() => { for (let i = 0; i < 2; i++) s.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "subscription { notificationDispatched { cursor } }" } })); }, 100); });
}, 120000);
