import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node loads the CommonJS build of graphql, Vite would load the ES one: with both, errors of the one are strangers to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Whole-server tests are processes of their own: more files at once than cores only makes them wait for each other.
    maxWorkers: 2,
  },
});
