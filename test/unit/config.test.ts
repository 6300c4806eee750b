import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { StartError } from "../../src/errors.ts";

const KEY = Buffer.alloc(32, 7);

it("has a working default for everything", () => {
  expect(readConfig({})).toEqual({
    host: "127.0.0.1", port: 4000, dataDir: resolve("data"), database: resolve("data/carillon.db"), adminToken: undefined, secretKey: undefined, newSecretKey: undefined, privateTargets: true,
    logLevel: "info", graphiql: true, introspection: true,
  });
});

it("takes an empty variable as not set, and knows nothing of others", () => {
  const names = ["HOST", "PORT", "DATA_DIR", "DATABASE_URL", "ADMIN_TOKEN", "SECRET_KEY", "NEW_SECRET_KEY", "PRIVATE_TARGETS", "LOG_LEVEL", "GRAPHIQL", "INTROSPECTION"];
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(readConfig({}));
  expect(readConfig({ PATH: "/bin", PORTS: "x", port: "x" })).toEqual(readConfig({}));
});

it("cannot be changed", () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

describe("takes", () => {
  it.each<[Record<string, string>, object]>([
    [{ HOST: "0.0.0.0" }, { host: "0.0.0.0" }],
    [{ HOST: "::1" }, { host: "::1" }],
    [{ PORT: "0" }, { port: 0 }],
    [{ PORT: "65535" }, { port: 65_535 }],
    [{ PORT: " 8080 " }, { port: 8080 }],
    [{ DATA_DIR: "/srv/carillon" }, { dataDir: "/srv/carillon", database: "/srv/carillon/carillon.db" }],
    [{ DATA_DIR: "here" }, { dataDir: resolve("here"), database: resolve("here/carillon.db") }],
    [{ DATA_DIR: "/srv/a", DATABASE_URL: "file:/srv/b/x.db" }, { dataDir: "/srv/a", database: "/srv/b/x.db" }],
    [{ DATABASE_URL: "file:x.db" }, { database: resolve("x.db") }],
    [{ DATABASE_URL: "postgres://me:secret@localhost/x" }, { database: "postgres://me:secret@localhost/x" }],
    [{ DATABASE_URL: "postgresql://localhost:5433/x?sslmode=require" }, { database: "postgresql://localhost:5433/x?sslmode=require" }],
    [{ ADMIN_TOKEN: "x".repeat(24) }, { adminToken: "x".repeat(24) }],
    [{ ADMIN_TOKEN: "!".repeat(200) }, { adminToken: "!".repeat(200) }],
    [{ SECRET_KEY: KEY.toString("hex") }, { secretKey: KEY }],
    [{ NEW_SECRET_KEY: KEY.toString("hex") }, { newSecretKey: KEY }],
    [{ PRIVATE_TARGETS: "false" }, { privateTargets: false }],
    [{ SECRET_KEY: KEY.toString("hex").toUpperCase() }, { secretKey: KEY }],
    [{ SECRET_KEY: KEY.toString("base64") }, { secretKey: KEY }],
    [{ SECRET_KEY: KEY.toString("base64url") }, { secretKey: KEY }],
    ...["fatal", "error", "warn", "info", "debug", "trace", "silent"].map((level): [Record<string, string>, object] => [{ LOG_LEVEL: level }, { logLevel: level }]),
    [{ GRAPHIQL: "false" }, { graphiql: false }],
    [{ GRAPHIQL: "0" }, { graphiql: false }],
    [{ INTROSPECTION: "no" }, { introspection: false }],
    [{ INTROSPECTION: "TRUE" }, { introspection: true }],
  ])("%j", (env, config) => {
    expect(readConfig(env)).toMatchObject(config);
  });
});

describe("refuses, and says what would be right:", () => {
  it.each<[Record<string, string>, RegExp]>([
    [{ PORT: "abc" }, /^PORT must be a port number$/],
    [{ PORT: "NaN" }, /^PORT must be a port number$/],
    [{ PORT: "1e400" }, /^PORT must be/],
    [{ PORT: "-1" }, /^PORT must be from 0 to 65535$/],
    [{ PORT: "65536" }, /^PORT must be from 0 to 65535$/],
    [{ PORT: "80.5" }, /^PORT must be a whole number$/],
    [{ DATABASE_URL: "mysql://localhost/x" }, /^DATABASE_URL must be a PostgreSQL database as "postgresql:.* or a SQLite file as "file:/],
    [{ DATABASE_URL: "postgresql://me:secret@local host/x" }, /^DATABASE_URL must be/],
    [{ DATABASE_URL: "file:" }, /^DATABASE_URL must be/],
    [{ DATABASE_URL: "/srv/x.db" }, /^DATABASE_URL must be/],
    [{ ADMIN_TOKEN: "x".repeat(23) }, /^ADMIN_TOKEN must be at least 24/],
    [{ ADMIN_TOKEN: "x".repeat(201) }, /^ADMIN_TOKEN must be at most 200/],
    [{ ADMIN_TOKEN: `${"x".repeat(30)} y` }, /^ADMIN_TOKEN must be printable ASCII/],
    [{ ADMIN_TOKEN: "ü".repeat(30) }, /^ADMIN_TOKEN must be printable ASCII/],
    [{ ADMIN_TOKEN: `${"x".repeat(30)}\n` }, /^ADMIN_TOKEN must be printable ASCII/],
    [{ SECRET_KEY: KEY.subarray(1).toString("hex") }, /^SECRET_KEY must be 32 bytes.*openssl rand/],
    [{ SECRET_KEY: KEY.subarray(16).toString("base64") }, /^SECRET_KEY must be 32 bytes/],
    [{ SECRET_KEY: Buffer.alloc(33).toString("base64") }, /^SECRET_KEY must be 32 bytes/],
    [{ SECRET_KEY: "a password" }, /^SECRET_KEY must be 32 bytes/],
    [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent$/],
    [{ LOG_LEVEL: "INFO" }, /^LOG_LEVEL must be one of/],
    [{ GRAPHIQL: "perhaps" }, /^GRAPHIQL must be "true" or "false"$/],
    [{ INTROSPECTION: "2" }, /^INTROSPECTION must be "true" or "false"$/],
  ])("%j", (env, right) => {
    const read = () => readConfig(env);
    expect(read).toThrow(StartError);
    expect(read).toThrow(right);
    for (const value of Object.values(env).filter((one) => one.length > 12)) expect(read).not.toThrow(value);
  });

  it("everything at once, a line each", () => {
    expect(() => readConfig({ PORT: "x", LOG_LEVEL: "x", ADMIN_TOKEN: "x", SECRET_KEY: "x" })).toThrow(/^(\w+ must be .*\n){3}\w+ must be .*$/);
  });
});
