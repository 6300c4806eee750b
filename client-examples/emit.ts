/**
 * Sends one event and says what becomes of it.
 *
 *   npx tsx client-examples/emit.ts deploy.success --service my-app --detail image=myapp:latest --detail duration_seconds=45
 *   npx tsx client-examples/emit.ts disk.space_low --source web-1 --value 91 --detail mount=/var
 *
 * Exit code 0: the event is stored, and whatever is to be sent will be. Exit code 1: it was not accepted.
 */
import { parseArgs } from "node:util";
import { fail, run, serverFromEnvironment } from "./client.ts";
import { EmitEventDocument } from "./generated/graphql.ts";
import type { EmitEventInput, EventStatus, Severity } from "./generated/graphql.ts";

const text = { type: "string" } as const;

function eventFromArguments(): EmitEventInput {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: text, source: text, customer: text, title: text, message: text, severity: text, status: text, value: text,
      "dedup-key": text, "idempotency-key": text,
      detail: { type: "string", multiple: true },
    },
  });
  const [type] = positionals;
  if (type === undefined || positionals.length > 1) {
    throw new Error("Give one event type, e.g.: emit.ts deploy.success --service my-app --message \"It works\" --detail image=myapp:latest");
  }
  return {
    type,
    service: values.service,
    source: values.source,
    customer: values.customer,
    title: values.title,
    message: values.message,
    severity: values.severity?.toUpperCase() as Severity | undefined,
    status: values.status?.toUpperCase() as EventStatus | undefined,
    value: values.value === undefined ? undefined : Number(values.value),
    dedupKey: values["dedup-key"],
    idempotencyKey: values["idempotency-key"],
    details: Object.fromEntries((values.detail ?? []).map(detail)),
  };
}

/** "duration_seconds=45" as a name and a value; numbers, true and false are taken as what they are. */
function detail(pair: string): [string, unknown] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new Error(`--detail must be name=value, not "${pair}"`);
  return [name, /^(-?\d+(\.\d+)?|true|false)$/.test(value) ? JSON.parse(value) : value];
}

try {
  const { emitEvent: result } = await run(serverFromEnvironment(), EmitEventDocument, { input: eventFromArguments() });
  if (result.__typename !== "EmitEventPayload") {
    // The message of a ValidationError holds one line for each wrong field; `issues` has the same for programs.
    throw new Error(`${result.code}: ${result.message}`);
  }
  const { event, decision, deduplicated, nearestTypes } = result;
  console.log(`${event.type} (${event.severity}): ${event.title}${deduplicated ? ", sent before: this is the first answer" : ""}`);
  if (nearestTypes) console.log(`  This type was not known; it is now registered as a custom one.${nearestTypes.length > 0 ? ` Did you mean ${nearestTypes.join(", ")}?` : ""}`);
  if (decision.channels.length === 0) console.log(`  ${decision.explanation}`);
  for (const { channelName, action, explanation } of decision.channels) {
    console.log(`  ${channelName}: ${action === "SEND" ? "sent" : "not sent"}. ${explanation}`);
  }
} catch (error) {
  fail(error);
}
