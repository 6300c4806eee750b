import type { App } from "./app.ts";
import { systemClock } from "./clock.ts";
import { readConfig } from "./config.ts";
import { StartError } from "./errors.ts";
import { keepHeapSmall, keepWasmSmall } from "./heap.ts";
import { createLog } from "./log.ts";
import { stopWhenTold } from "./stopping.ts";

keepHeapSmall();
keepWasmSmall();
// Libraries leave out what only helps those who develop with them; graphql checks every value twice otherwise.
process.env["NODE_ENV"] ??= "production";
const { createApp } = await import("./app.ts");

const print = (line: string): void => void process.stdout.write(`${line}\n`);

// Whatever the server writes is for its owner only.
process.umask(0o077);
// A reader of our output that goes away (a closed pipe) must not take the server with it.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

try {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const app = await createApp({ config, environment: process.env, clock: systemClock, log, random: Math.random, print });
  welcome(app);
  stopWhenTold(app);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`Carillon cannot start.\n${error.message}\n`);
  process.exit(1);
}

function welcome({ url, adminToken }: App): void {
  print(`Carillon listens on ${url}`);
  print(`GraphiQL: ${url}/graphql`);
  if (adminToken.isNew) print(`Admin token (shown once, kept in ${adminToken.file ?? ""}): ${adminToken.value}`);
  print(`In GraphiQL, put { "Authorization": "Bearer <admin token>" } into Headers and run:`);
  print(`  mutation { emitEvent(input: { type: "deploy.success", service: "my-app" }) { __typename ... on EmitEventPayload { decision { explanation } } } }`);
}
