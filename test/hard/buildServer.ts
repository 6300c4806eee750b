import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");

/** Builds the server as `npm start` does, for tests that start it often: that takes a third of the time. @returns its main file, there for as long as the test runs */
export function buildServer(): string {
  // As deep as the usual one, from where the server finds its migrations.
  const folder = join("dist", `test-${randomBytes(4).toString("hex")}`);
  execFileSync("npm", ["run", "bundle", "--", `--outdir=${folder}`], { cwd: ROOT, stdio: "ignore" });
  onTestFinished(() => rmSync(join(ROOT, folder), { recursive: true, force: true }));
  return join(ROOT, folder, "main.js");
}
