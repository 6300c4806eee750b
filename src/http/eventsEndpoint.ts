import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../access/principal.ts";
import { may, refusal } from "../access/principal.ts";
import type { Verdict } from "../decide/verdict.ts";
import { CallerError } from "../errors.ts";
import { LARGEST_EMIT } from "../events/emitEvent.graphql.ts";
import type { Accepted } from "../intake/intake.ts";
import { globalIdOf } from "../graphql/globalId.ts";
import type { Services } from "../services.ts";
import { errorBody, sendJson, statusOf } from "./answer.ts";
import { readJsonBody } from "./requestBody.ts";

/**
 * POST /v1/events: one event, or an array, with the same fields and promises as emitEvent. One event answers 202 or its
 * error's status; an array answers 202 when all were accepted, 207 otherwise, with a result for each at its place.
 */
export async function handleEvents(request: IncomingMessage, response: ServerResponse, principal: Principal | null, { intake, ownDecisions }: Pick<Services, "intake" | "ownDecisions">): Promise<void> {
  if (!may(principal, "EVENTS_EMIT")) throw refusal(principal, "POST /v1/events");
  const body = await readJsonBody(request);
  const { tokenId, customer } = principal as Principal;
  const resultBody = async (result: Accepted | CallerError): Promise<object> =>
    result instanceof CallerError ? errorBody(result) : acceptedBody(result, (await ownDecisions.read(result.event.decision, result.event, principal)).verdict);
  if (!Array.isArray(body)) {
    const [result] = (await intake.emit([body], tokenId, customer)) as [Accepted | CallerError];
    sendJson(response, statusOfResult(result), await resultBody(result));
    return;
  }
  if (body.length > LARGEST_EMIT) throw new CallerError("BAD_REQUEST", `The array must hold at most ${LARGEST_EMIT} events.`);
  const results = await intake.emit(body, tokenId, customer);
  const allAccepted = results.every((result) => !(result instanceof CallerError));
  sendJson(response, allAccepted ? 202 : 207, { results: await Promise.all(results.map(async (result) => ({ status: statusOfResult(result), ...(await resultBody(result)) }))) });
}

function statusOfResult(result: Accepted | CallerError): number {
  return result instanceof CallerError ? statusOf(result.code) : 202;
}

function acceptedBody({ event, deduplicated, nearestTypes }: Accepted, { action, because, until }: Verdict): object {
  return { id: globalIdOf("Event", event.id), type: event.type, deduplicated, action, because, until, ...(nearestTypes ? { nearestTypes } : {}) };
}
