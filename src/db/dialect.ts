/** Which of the two databases a statement is written for. */
export type Dialect = "sqlite" | "postgresql";

const dialects = new WeakMap<object, Dialect>();

/** Notes what a client, or a transaction of it, speaks. */
export function speaks<Client extends object>(client: Client, dialect: Dialect): Client {
  dialects.set(client, dialect);
  return client;
}

export function dialectOf(client: object): Dialect {
  const dialect = dialects.get(client);
  if (!dialect) throw new Error("this database client did not come from src/db");
  return dialect;
}

/** True for the URL of a PostgreSQL database, false for the path of a SQLite file. */
export function isPostgresqlUrl(database: string): boolean {
  return /^postgres(ql)?:\/\//.test(database);
}
