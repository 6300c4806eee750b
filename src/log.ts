import { pino } from "pino";
import type { Logger } from "pino";

export type Log = Logger;

/** Field names whose values never reach the log, wherever they stand in a logged object. */
const SECRET_FIELDS = ["authorization", "password", "secret", "secrets", "token", "botToken", "url", "signingSecret", "connectionParams"];

/** One JSON line an entry, on standard error: standard output belongs to the LOG channel and to what is printed for people. */
export function createLog(level: string): Log {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  return pino({ level, redact: { paths, censor: "[secret]" } }, pino.destination({ dest: 2, sync: true }));
}
