/** Statements on a connection to SQLite, in this thread or in another one. Rows come as they do from Prisma's raw queries: times as Date, JSON as text. */
export interface Statements {
  query(text: string, values: readonly unknown[]): Record<string, unknown>[] | Promise<Record<string, unknown>[]>;
  /** @returns how many rows it changed */
  execute(text: string, values: readonly unknown[]): number | Promise<number>;
  /** The same statement with one set of values after the other. */
  executeEach(text: string, rows: readonly (readonly unknown[])[]): void;
}

const connections = new WeakMap<object, Statements>();

/** Notes that a client, or a transaction of it, is on the connection of these statements. */
export function runsOn<Client extends object>(client: Client, statements: Statements): Client {
  connections.set(client, statements);
  return client;
}

/** The statements of the connection that a client is on; undefined on PostgreSQL. */
export function statementsOf(client: object): Statements | undefined {
  return connections.get(client);
}
