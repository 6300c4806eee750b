import { resolve } from "node:path";
import * as z from "zod";
import { StartError } from "./errors.ts";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const onOff = z.stringbool({ error: 'must be "true" or "false"' });

const key = z
  .string()
  .transform((text) => Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? "hex" : "base64"))
  .refine((bytes) => bytes.length === 32, "must be 32 bytes, written as 64 hexadecimal digits or as base64 (openssl rand -base64 32)");

const environment = z.object({
  HOST: z.string().min(1, "must be an address to listen on, e.g. 127.0.0.1 or 0.0.0.0").default("127.0.0.1"),
  PORT: z.coerce.number("must be a port number").int("must be a whole number").min(0, "must be from 0 to 65535").max(65_535, "must be from 0 to 65535").default(4000),
  DATA_DIR: z.string().min(1, "must be a folder").default("./data"),
  DATABASE_URL: z
    .string()
    .refine((url) => /^file:.+/.test(url) || isPostgresqlUrl(url), 'must be a PostgreSQL database as "postgresql://user:password@host:5432/name", or a SQLite file as "file:path/to/carillon.db"; leave it out for carillon.db in DATA_DIR')
    .optional(),
  ADMIN_TOKEN: z.string().min(24, "must be at least 24 characters, so that nobody guesses it").max(200, "must be at most 200 characters").regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces").optional(),
  SECRET_KEY: key.optional(),
  NEW_SECRET_KEY: key.optional(),
  PUBLIC_URL: z
    .string()
    .refine(isPublicUrl, "must be the URL under which people reach this server, e.g. https://alerts.example.com, without a login, a query or a fragment")
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  PRIVATE_TARGETS: onOff.default(true),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  GRAPHIQL: onOff.default(true),
  INTROSPECTION: onOff.default(true),
});

export interface Config {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** A SQLite file's path, or a PostgreSQL database's URL, which may hold a password. */
  readonly database: string;
  readonly adminToken: string | undefined;
  /** 32 bytes. */
  readonly secretKey: Buffer | undefined;
  /** 32 bytes; for rotating the key only. */
  readonly newSecretKey: Buffer | undefined;
  /** Where people reach this server, without a slash at the end: for links in messages. Undefined: messages have none. */
  readonly publicUrl: string | undefined;
  /** Whether channels may send to loopback and private networks. */
  readonly privateTargets: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly graphiql: boolean;
  readonly introspection: boolean;
}

/**
 * Reads the settings that come from the environment; an empty variable counts as not set.
 * @throws {StartError} naming every variable that is wrong and what would be right; values are not repeated, some are secrets
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    throw new StartError(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("\n"));
  }
  const values = parsed.data;
  const dataDir = resolve(values.DATA_DIR);
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    dataDir,
    database: databaseOf(values.DATABASE_URL, dataDir),
    adminToken: values.ADMIN_TOKEN,
    secretKey: values.SECRET_KEY,
    newSecretKey: values.NEW_SECRET_KEY,
    publicUrl: values.PUBLIC_URL,
    privateTargets: values.PRIVATE_TARGETS,
    logLevel: values.LOG_LEVEL,
    graphiql: values.GRAPHIQL,
    introspection: values.INTROSPECTION,
  });
}

function databaseOf(url: string | undefined, dataDir: string): string {
  if (url === undefined) return resolve(dataDir, "carillon.db");
  return url.startsWith("file:") ? resolve(url.slice("file:".length)) : url;
}

function isPublicUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && !/[?#\s]/.test(text) && text.length <= 200;
}

function isPostgresqlUrl(url: string): boolean {
  return /^postgres(ql)?:\/\/./.test(url) && URL.canParse(url);
}
