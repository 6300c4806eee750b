import { defineConfig } from "vitest/config";

/** What runs on PostgreSQL as well: all that store tests say, and whole servers where most of the SQL is. */
const ON_POSTGRESQL = [
  "test/store/*.test.ts",
  "test/postgresql/*.test.ts",
  ...["smoke", "asking", "dispatch", "triggers", "live", "quietHours", "againstNoise", "people", "fallback", "escalation", "deletion"].map((name) => `test/e2e/${name}.test.ts`),
  ...["kill", "clockSteps", "stop", "deadProvider"].map((name) => `test/hard/${name}.test.ts`),
];
/** About SQLite's file. */
const ON_FILES = ["test/store/database.test.ts", "test/store/sqliteWriter.test.ts"];

const shared = {
  root: new URL("..", import.meta.url).pathname,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Busy machines: what is polled for is there at once, or never.
  expect: { poll: { timeout: 10_000 } },
};

export default defineConfig({
  // Node loads the CommonJS build of graphql, Vite would load the ES one: with both, errors of the one are strangers to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    root: shared.root,
    // Whole-server tests are processes of their own: more files at once than cores only makes them wait for each other.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { ...shared, name: "sqlite", include: ["test/**/*.test.ts"], exclude: ["test/postgresql/**"] } },
      {
        extends: true,
        test: { ...shared, name: "postgresql", include: ON_POSTGRESQL, exclude: ON_FILES, globalSetup: ["test/postgresql/globalSetup.ts"], env: { TEST_DATABASE: "postgresql" } },
      },
    ],
  },
});
