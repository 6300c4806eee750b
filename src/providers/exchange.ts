import type { Agent, Dispatcher } from "undici";
import type { HttpRequest, HttpResponse } from "./http.ts";
import { readTransport } from "./httpFailure.ts";
import { DeliveryError } from "./provider.ts";

const UTF8 = new TextDecoder();

/**
 * One request on the wire, to its answer of any status.
 * @param bodyLimit bytes of the answer to read; the rest is not waited for
 * @throws {DeliveryError} when there is no answer; UNKNOWN once the request may have been taken
 */
export function exchange(agent: Agent, url: URL, { method, headers = {}, body }: HttpRequest, signal: AbortSignal, bodyLimit: number): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: Omit<HttpResponse, "body"> | undefined;
    let settled = false;
    const chunks: Buffer[] = [];
    let size = 0;

    const succeed = ({ status, headers }: Omit<HttpResponse, "body">) => {
      settled = true;
      resolve({ status, headers, body: size === 0 ? "" : UTF8.decode(Buffer.concat(chunks).subarray(0, bodyLimit)) });
    };
    const fail = (error: unknown) => {
      if (settled) return;
      // A refusal stands even when the rest of its text is lost, and a 204 has no text, whatever it announces.
      if (head && (head.status < 200 || head.status > 299 || head.status === 204)) return succeed(head);
      settled = true;
      reject(new DeliveryError(readTransport(error, url.hostname, controller !== undefined, signal.aborted)));
    };
    // Never taken off, for the signal ends with the try.
    const onAbort = () => {
      if (settled) return;
      const reason = new Error("aborted");
      fail(reason);
      controller?.abort(reason);
    };

    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    try {
      agent.dispatch(
        { origin: url.origin, path: url.pathname + url.search, method, headers, body: body ?? null },
        {
          // Called with a connection in hand, just before the first byte is written: from here on it may be delivered.
          onRequestStart(started) {
            // Its time ran out while it waited for the connection.
            if (settled) return started.abort(new Error("aborted"));
            controller = started;
          },
          onResponseStart(_, status, raw) {
            if (status >= 200) head = { status, headers: joined(raw) };
          },
          onResponseData(current, chunk) {
            chunks.push(chunk);
            size += chunk.length;
            if (size < bodyLimit || !head) return;
            succeed(head);
            current.abort(new Error("enough"));
          },
          onResponseEnd() {
            if (head) succeed(head);
          },
          onResponseError(_, error) {
            fail(error);
          },
        },
      );
    } catch (error) {
      fail(error);
    }
  });
}

/** A header that came several times, as one. */
function joined(raw: Record<string, string | string[] | undefined>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in raw) {
    const value = raw[name] ?? "";
    headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}
