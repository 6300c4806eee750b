import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { PROVIDERS } from "../../src/providers/registry.ts";
import { CASES, KINDS_WITH_OWN_TEST } from "./cases.ts";
import { testContract } from "./contractSuite.ts";

test("every kind has a contract case or a test file of its own", () => {
  const covered = new Set([...CASES.map(({ provider }) => provider.kind), ...Object.keys(KINDS_WITH_OWN_TEST)]);
  expect(PROVIDERS.map(({ kind }) => kind).filter((kind) => !covered.has(kind))).toEqual([]);
  for (const file of Object.values(KINDS_WITH_OWN_TEST)) expect(existsSync(new URL(file, import.meta.url)), file).toBe(true);
});

for (const contract of CASES) testContract(contract);
