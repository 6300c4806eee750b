import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRunProgram, type ProgramRun } from "../../src/providers/program.ts";
import { DeliveryError } from "../../src/providers/provider.ts";
import { CANARY } from "./case.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "carillon-program-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = createRunProgram(process.env);
const node = (script: string, given: Partial<ProgramRun> = {}, signal = new AbortController().signal) =>
  run({ command: process.execPath, args: ["-e", script], ...given }, { signal });

async function failureOf(result: Promise<unknown>) {
  const error = await result.then(
    (value) => expect.fail(`ended well: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw error;
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(CANARY);
  return error.failure;
}

/** False too for one that has ended and is only not yet taken note of by the system's first process. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/\) Z /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
}

describe("what a program does", () => {
  test("arguments, input and output go through as they are, without a shell", async () => {
    const strange = `$(id) \`id\` "'\\ ; & | > * ~ 👩‍🚀 é`;
    const script = "process.stdin.pipe(process.stdout); process.stderr.write(process.argv[1])";
    const result = await run({ command: process.execPath, args: ["-e", script, strange], stdin: `in 👩‍🚀\n` }, { signal: new AbortController().signal });
    expect(result).toEqual({ exitCode: 0, stdout: "in 👩‍🚀\n", stderr: strange });
  });

  test.each([0, 1, 2, 3, 127, 255])("exit code %d", async (code) => {
    expect(await node(`process.exit(${code})`)).toEqual({ exitCode: code, stdout: "", stderr: "" });
  });

  test("output is cut at 64 KiB, and all of it is taken", async () => {
    const { stdout, stderr, exitCode } = await node(`const all = "x".repeat(5e6); process.stdout.write(all, () => process.stderr.write(all, () => process.exit(7)))`);
    expect([stdout, stderr, exitCode]).toEqual(["x".repeat(65_536), "x".repeat(65_536), 7]);
  });

  test("one that never reads its input ends all the same", async () => {
    expect(await node("process.exit(4)", { stdin: "x".repeat(5_000_000) })).toMatchObject({ exitCode: 4 });
  });

  test("only what it needs of the environment is passed on", async () => {
    const environment = { PATH: process.env["PATH"], HOME: "/home/x", CARILLON_SECRET_KEY: CANARY, DATABASE_URL: CANARY, NODE_OPTIONS: "--no-such", LANG: undefined };
    const { stdout } = await createRunProgram(environment)(
      { command: process.execPath, args: ["-e", "console.log(JSON.stringify(process.env))"], env: { GIVEN: "1" } },
      { signal: new AbortController().signal },
    );
    expect(JSON.parse(stdout)).toEqual({ PATH: process.env["PATH"], HOME: "/home/x", GIVEN: "1" });
  });
});

describe("what goes wrong", () => {
  test("not installed: permanent", async () => {
    const failure = await failureOf(run({ command: "carillon-no-such-program", args: [CANARY], env: { TOKEN: CANARY }, stdin: CANARY }, { signal: new AbortController().signal }));
    expect(failure).toEqual({ outcome: "PERMANENT", message: "The program carillon-no-such-program is not installed on this machine." });
  });

  test("may not be run: permanent", async () => {
    const path = join(folder, "plain");
    await writeFile(path, "not a program");
    await chmod(path, 0o644);
    expect(await failureOf(run({ command: path, args: [CANARY] }, { signal: new AbortController().signal }))).toMatchObject({ outcome: "PERMANENT", message: expect.stringMatching(/could not be started \(EACCES\)/) });
  });

  test.each([
    ["a NUL in an argument", { args: [`${CANARY}\0`] }, /ERR_INVALID_ARG_VALUE/],
    ["a NUL in the environment", { env: { TOKEN: `${CANARY}\0` } }, /ERR_INVALID_ARG_VALUE/],
    ["arguments longer than the system takes", { args: [CANARY.repeat(100_000)] }, /E2BIG/],
  ])("%s: permanent, and not repeated", async (_, given, message) => {
    expect(await failureOf(node("", given))).toMatchObject({ outcome: "PERMANENT", message: expect.stringMatching(message) });
  });

  test("out of time: killed with all that it has started, and unknown", async () => {
    const pids = join(folder, "pids");
    const inner = `setInterval(() => {}, 1000)`;
    const script = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(inner)}], { stdio: "inherit" });
      child.on("spawn", () => require("node:fs").writeFileSync(${JSON.stringify(pids)}, process.pid + " " + child.pid));
      process.on("SIGTERM", () => {});
      setInterval(() => {}, 1000);`;
    const controller = new AbortController();
    const failure = failureOf(node(script, { env: { TOKEN: CANARY } }, controller.signal));
    const started = await expect.poll(() => readFile(pids, "utf8").catch(() => ""), { timeout: 10_000 }).toMatch(/^\d+ \d+$/).then(() => readFile(pids, "utf8"));
    controller.abort(new Error(CANARY));
    expect(await failure).toMatchObject({ outcome: "UNKNOWN", message: expect.stringMatching(/ended before it was done/) });
    for (const pid of started.split(" ").map(Number)) await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });

  test("killed by somebody else: unknown", async () => {
    expect(await failureOf(node("process.kill(process.pid, 'SIGKILL')"))).toMatchObject({ outcome: "UNKNOWN" });
  });

  test("no time left: not started", async () => {
    const path = join(folder, "started");
    const failure = await failureOf(node(`require("node:fs").writeFileSync(${JSON.stringify(path)}, "")`, {}, AbortSignal.abort()));
    expect(failure).toMatchObject({ outcome: "TRANSIENT" });
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});
