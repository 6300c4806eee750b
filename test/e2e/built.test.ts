import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { startSmtpSink } from "../channels/smtpSink.ts";
import { createApiClient, eventually } from "./apiClient.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** What `npm start` runs: the other tests run the sources. */
async function startBuilt(): Promise<{ url: string; dataDir: string }> {
  execFileSync("npm", ["run", "bundle"], { cwd: ROOT, stdio: "ignore" });
  const dataDir = mkdtempSync(join(tmpdir(), "carillon-built-"));
  const child = spawn(process.execPath, ["dist/server/main.js"], { cwd: ROOT, env: { PATH: process.env["PATH"] ?? "", DATA_DIR: dataDir, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { url: await eventually(() => /listens on (\S+)/.exec(output)?.[1], 30_000), dataDir };
}

it("the built server takes events in, sends by HTTP and SMTP, and serves GraphiQL with the examples", async () => {
  await using webhook = await startFakeHttp();
  await using smtp = await startSmtpSink({ tls: "STARTTLS" });
  const { url, dataDir } = await startBuilt();
  const api = createApiClient(url, readFileSync(join(dataDir, "admin.token"), "utf8").trim());
  await api.createChannel("Hook", { webhook: { url: webhook.url } });
  await api.createChannel("Mail", { email: { host: smtp.host, port: smtp.port, tls: "STARTTLS", verifyCertificate: false, from: "carillon@example.com", to: ["ops@example.com"] } });
  await api.emit({ type: "deploy.success", service: "my-app" });
  await eventually(() => webhook.requests.length === 1 && smtp.messages.length === 1);

  const page = await (await fetch(`${url}/graphql`, { headers: { accept: "text/html" } })).text();
  expect(page).toContain("YogaGraphiQL");
  expect(page).toContain("mutation EmitEvent");
  expect(page).not.toContain("unpkg.com");
});
