import pg from "pg";

/** By these names Carillon's servers find each other's connections. */
export const APPLICATION = "carillon";
export const NOTIFICATIONS = `${APPLICATION} notifications`;

/** How long, in milliseconds, to wait for a connection. */
export const CONNECT_MS = 5_000;

/** Runs `work` on a connection of its own. */
export async function withPostgresqlClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: `${APPLICATION} command`, connectionTimeoutMillis: CONNECT_MS });
  // Without a listener, a connection that breaks would end the process; what waits for an answer hears of it anyway.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SET search_path = public");
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
