import type { TypedDocumentString } from "./generated/graphql.ts";

/** Where the server is, and the token that lets this program in. */
export interface Server {
  url: string;
  token: string;
}

/** A request that the server refused. Its code tells a program why; see the table of codes in the README. */
export class RequestError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Reads CARILLON_URL and CARILLON_TOKEN. */
export function serverFromEnvironment(): Server {
  const url = process.env["CARILLON_URL"] || "http://127.0.0.1:4000";
  const token = process.env["CARILLON_TOKEN"];
  if (!token) {
    console.error("CARILLON_TOKEN is not set. The administrator's token is in the server's data folder: export CARILLON_TOKEN=$(cat data/admin.token)");
    process.exit(1);
  }
  return { url: url.replace(/\/+$/, ""), token };
}

/**
 * Runs one operation and gives its data.
 *
 * A mutation's own errors (a wrong field, a name that is taken) are part of the data: look at `__typename`.
 * What is thrown is everything else: no access, a faulty query, a fault of the server, no connection.
 */
export async function run<Data, Variables>(server: Server, operation: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.token}`,
      "content-type": "application/json",
      // With this type the HTTP status says whether the query itself was right; with application/json it is 200 either way.
      accept: "application/graphql-response+json, application/json",
    },
    body: JSON.stringify({ query: operation.toString(), variables }),
  });
  const answer = (await response.json()) as { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] };
  const [error] = answer.errors ?? [];
  if (error) throw new RequestError(error.message, error.extensions?.code ?? "INTERNAL");
  if (!answer.data) throw new RequestError(`The server answered ${response.status} without data.`, "INTERNAL");
  return answer.data;
}

/** Writes what went wrong on one line and ends with exit code 1. */
export function fail(error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  console.error(error instanceof RequestError ? `${error.code}: ${error.message}` : `${error instanceof Error ? error.message : String(error)}${cause}`);
  process.exit(1);
}
