import { StartError } from "../errors.ts";
import { textOf } from "./databaseErrors.ts";

/** PostgreSQL's, Prisma's and the network's words for what can go wrong, and what to do about it. */
export const POSTGRESQL_CAUSES: { match: RegExp; advice: string }[] = [
  { match: /ECONNREFUSED/, advice: "cannot be reached: nothing listens there. Check DATABASE_URL and that PostgreSQL runs." },
  { match: /P1001|Can't reach database server/, advice: "cannot be reached. Check that PostgreSQL runs, and the network." },
  { match: /P1017|ConnectionClosed|ECONNRESET/, advice: "cannot be reached: it has closed the connection." },
  { match: /ENOTFOUND|EAI_AGAIN/, advice: "cannot be reached: there is no host of this name. Check DATABASE_URL." },
  { match: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timeout expired|timeout exceeded|Connection terminated/, advice: "cannot be reached: it does not answer. Check DATABASE_URL and firewalls." },
  { match: /28P01|password authentication failed|SCRAM|password must be a string/, advice: "refuses the user or the password in DATABASE_URL." },
  { match: /28000|no pg_hba\.conf entry/, advice: "refuses this user, this host or a connection without TLS: see its pg_hba.conf." },
  { match: /3D000/, advice: "does not exist. Create it (CREATE DATABASE … ENCODING 'UTF8') and give it to the user in DATABASE_URL." },
  { match: /42501/, advice: "does not let this user create tables: make the user its owner." },
  { match: /53300|too many clients|P2037|TooManyConnections/, advice: "has no connection left: raise its max_connections or stop something else." },
  { match: /57P0|starting up|shutting down/, advice: "is starting or stopping: try again." },
  { match: /53100|disk full|No space left/, advice: "cannot be written: its disk is full." },
  { match: /25006|read-only transaction/, advice: "is read-only: perhaps it is a standby." },
  { match: /P1008|SocketTimeout|Query read timeout|57014/, advice: "does not answer in time." },
  { match: /certificate|CERT_|SSL|TLS/i, advice: "cannot be used over TLS as DATABASE_URL asks (sslmode): check its certificate." },
];

/** What opening the database at start failed from, as one clear line. @param where the database, without its password */
export function postgresqlStartErrorOf(error: unknown, where: string): unknown {
  if (error instanceof StartError) return error;
  const text = textOf(error);
  const cause = POSTGRESQL_CAUSES.find(({ match }) => match.test(text));
  return cause ? new StartError(`The database ${where} ${cause.advice}`) : error;
}

/** The URL as people may see it. */
export function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username ? `${username}@` : ""}${host}${pathname}`;
  } catch {
    return "of DATABASE_URL";
  }
}
