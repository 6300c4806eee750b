import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Whole-server tests are processes of their own: more files at once than cores only makes them wait for each other.
    maxWorkers: 2,
  },
});
