/**
 * Shows what Carillon does, without an account anywhere: `npm run demo`.
 *
 * It starts a server of its own in a temporary folder, and on this machine a mail server and a webhook receiver to send
 * to. It makes channels, sends events, and shows what arrived where and why the rest did not.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSmtpSink } from "../test/channels/smtpSink.ts";
import type { SinkMessage, SmtpSink } from "../test/channels/smtpSink.ts";
import { fail, run } from "./client.ts";
import type { Server } from "./client.ts";
import { CreateChannelDocument, EmitEventDocument, HistoryDocument, UpdateTriggerDocument } from "./generated/graphql.ts";
import type { CreateChannelInput, EmitEventInput } from "./generated/graphql.ts";
import { startWebhookReceiver } from "./webhookReceiver.ts";
import type { Received, WebhookReceiver } from "./webhookReceiver.ts";

const TOKEN = "demo-token-of-24-letters-or-more";
const SECRET = "demo secret";
const ROOT = join(import.meta.dirname, "..");

async function main(): Promise<void> {
  const startedAt = performance.now();
  const dataDir = await mkdtemp(join(tmpdir(), "carillon-demo-"));
  await using mail = await startSmtpSink({ tls: "STARTTLS", auth: { user: "demo", password: "demo" } });
  const webhook = await startWebhookReceiver(SECRET);
  const child = startServer(dataDir);
  try {
    const server = { url: await listening(child), token: TOKEN };
    console.log(`Carillon runs at ${server.url}; a mail server and a webhook receiver wait beside it.`);
    await makeChannels(server, mail, webhook);
    const stage = createStage(server, mail, webhook);
    await showEvents(stage);
    await showHistory(server, stage.sent, webhook, mail);
    console.log(`\nThat was the demo: ${((performance.now() - startedAt) / 1000).toFixed(1)} s. Start a server of your own with npm start.`);
  } finally {
    await stop(child);
    webhook.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function makeChannels(server: Server, mail: SmtpSink, webhook: WebhookReceiver): Promise<void> {
  heading("Channels");
  const channels: CreateChannelInput[] = [
    { name: "Webhook", config: { webhook: { url: `${webhook.url}/all`, secret: SECRET } } },
    { name: "Pager", minimumSeverity: "WARNING", config: { webhook: { url: `${webhook.url}/pager`, secret: SECRET } } },
    {
      name: "Mail",
      displayName: "demo",
      config: {
        email: {
          host: mail.host, port: mail.port, tls: "STARTTLS", verifyCertificate: false,
          user: "demo", password: "demo", from: "Carillon <alerts@example.com>", to: ["ops@example.com"],
        },
      },
    },
  ];
  console.log("  Inbox: kept in the server; every new server has it");
  for (const input of channels) {
    const { createChannel } = await run(server, CreateChannelDocument, { input });
    if (createChannel.__typename !== "CreateChannelPayload") throw new Error(createChannel.message);
    const { name, kind, minimumSeverity } = createChannel.channel;
    console.log(`  ${name}: ${kind}, takes ${minimumSeverity}${minimumSeverity === "INFO" ? " and above, which is everything" : " and above"}`);
  }
}

async function showEvents({ emit, setSteps }: Stage): Promise<void> {
  heading("A deployment: INFO, so the pager stays silent");
  await emit({
    type: "deploy.success",
    service: "my-app",
    customer: "Acme Corp",
    message: "Service my-app deployed successfully",
    details: { image: "myapp:latest", duration_seconds: 45 },
  });

  heading("A certificate with 14 days left: the threshold is 7 days, then 14");
  const certificate: EmitEventInput = { type: "ssl.expiring", source: "shop.example.com", value: 14, details: { domain: "shop.example.com" } };
  await emit(certificate);
  await setSteps("ssl.expiring", [14]);
  await emit(certificate);

  heading("A disk at 89 %, then at 91 %: the threshold is 90 %");
  await emit({ type: "disk.space_low", source: "web-1", value: 89, details: { mount: "/var" } });
  await emit({ type: "disk.space_low", source: "web-1", value: 91, details: { mount: "/var" } });

  heading("A service that is down: reported four times, told once");
  for (let time = 1; time <= 4; time += 1) await emit({ type: "service.health.down", service: "my-app", source: "web-1" });

  heading("It recovers: those who were told of the problem hear of its end");
  await emit({ type: "service.health.recovered", service: "my-app", source: "web-1" });

  heading("A login from a new address");
  await emit({ type: "login.new_ip", source: "panel", details: { user: "alice", ip: "203.0.113.7" } });

  heading("A script that is not sure whether its event arrived sends it again: one key, one event");
  const backup: EmitEventInput = { type: "backup.failure", source: "web-1", message: "No space left on the backup disk", idempotencyKey: "backup-2026-01-31" };
  await emit(backup);
  await emit(backup);
}

async function showHistory(server: Server, sent: number, webhook: WebhookReceiver, mail: SmtpSink): Promise<void> {
  heading("In the end");
  const page = () => run(server, HistoryDocument, { first: 100 });
  // A message arrives a moment before its attempt is stored.
  await until(async () => (await page()).history.totalCount === sent);
  const { history } = await page();
  const delivered = history.nodes.filter(({ outcome }) => outcome === "DELIVERED").length;
  console.log(`  the history has ${history.totalCount} attempts, ${delivered} of them delivered`);
  console.log(`  the webhook receiver got ${webhook.received.length} requests, all with a valid signature; ${webhook.refused} without`);
  console.log(`  the mail server got ${mail.messages.length} mails, all over TLS; ${mail.violations.length} broke a rule of SMTP or MIME`);
  if (webhook.refused + mail.violations.length > 0 || delivered !== history.totalCount) throw new Error("Something went wrong in the demo.");
}

interface Stage {
  /** Notifications sent so far, over all channels. */
  sent: number;
  /** Sends an event and shows what becomes of it, and what arrives. */
  emit(input: EmitEventInput): Promise<void>;
  setSteps(eventType: string, steps: number[]): Promise<void>;
}

function createStage(server: Server, mail: SmtpSink, webhook: WebhookReceiver): Stage {
  const stage: Stage = {
    sent: 0,

    async emit(input) {
      const { type, message: _, idempotencyKey, ...rest } = input;
      console.log(`\n  event ${type} ${JSON.stringify(rest)}${idempotencyKey ? ` with the key ${idempotencyKey}` : ""}`);
      const [requestsBefore, mailsBefore] = [webhook.received.length, mail.messages.length];
      const { emitEvent } = await run(server, EmitEventDocument, { input });
      if (emitEvent.__typename !== "EmitEventPayload") throw new Error(emitEvent.message);
      if (emitEvent.deduplicated) {
        console.log("    = the same as before: nothing new is stored, nothing is sent");
        return;
      }
      const { channels, action, explanation } = emitEvent.decision;
      if (action === "SUPPRESS") {
        console.log(`    × not sent: ${explanation}`);
        return;
      }
      const sentTo = channels.filter((channel) => channel.action === "SEND").map(({ channelName }) => channelName);
      stage.sent += sentTo.length;
      const requests = sentTo.filter((name) => name === "Webhook" || name === "Pager").length;
      const mails = sentTo.filter((name) => name === "Mail").length;
      await until(() => webhook.received.length >= requestsBefore + requests && mail.messages.length >= mailsBefore + mails);

      for (const channel of channels) if (channel.action === "SUPPRESS") console.log(`    × ${channel.channelName}: ${channel.explanation}`);
      if (sentTo.includes("Inbox")) console.log("    → Inbox: kept");
      webhook.received.slice(requestsBefore).sort((a, b) => (a.path < b.path ? -1 : 1)).forEach(showRequest);
      mail.messages.slice(mailsBefore).forEach(showMail);
    },

    async setSteps(eventType, steps) {
      const { updateTrigger } = await run(server, UpdateTriggerDocument, { eventType, input: { steps } });
      if (updateTrigger.__typename !== "UpdateTriggerPayload") throw new Error(updateTrigger.message);
      console.log(`\n  the threshold of ${eventType} is now ${steps.join(", ")} ${updateTrigger.eventType.threshold?.unit ?? ""}`);
    },
  };
  return stage;
}

function showRequest({ path, body: { event, severity, title, message } }: Received): void {
  console.log(`    → ${path === "/pager" ? "Pager" : "Webhook"}, signature valid: ${JSON.stringify({ event, severity, title, message })}`);
}

function showMail({ parsed, envelope }: SinkMessage): void {
  console.log(`    → Mail to ${envelope.to.join(", ")}: ${parsed.subject ?? ""}`);
  const [text = ""] = (parsed.text ?? "").split("\n-- \n");
  for (const line of text.split("\n")) if (line.trim() !== "") console.log(`        ${line}`);
}

function startServer(dataDir: string): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "src", "main.ts")], {
    cwd: ROOT,
    // Empty counts as not set: nothing of the caller's own server is touched.
    env: { ...process.env, HOST: "127.0.0.1", PORT: "0", DATA_DIR: dataDir, DATABASE_URL: "", SECRET_KEY: "", ADMIN_TOKEN: TOKEN, LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  return child;
}

/** Where the server listens, once it says so. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /listens on (\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", () => reject(new Error(`The server did not start.\n${output}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

function heading(text: string): void {
  console.log(`\n${text}\n${"─".repeat(text.length)}`);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error("What was sent did not arrive within 15 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

await main().catch(fail);
