import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { backUp } from "../../src/backup.ts";
import { systemClock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { StartError } from "../../src/errors.ts";
import { restore } from "../../src/restore.ts";
import { rotateKey } from "../../src/rotateKey.ts";
import { startFakeHttp } from "../channels/fakeHttp.ts";
import { eventually } from "../e2e/apiClient.ts";
import { startServerProcess } from "../e2e/serverProcess.ts";
import { canMount } from "./canMount.ts";

/** Backups as an operator makes and restores them: beside a running server, and with all that can be wrong. */

const ROOT = join(import.meta.dirname, "..", "..");
const SECRET = "signs every request";

function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "carillon-backup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const databaseIn = (dir: string) => join(dir, "carillon.db");
const configOf = (dataDir: string, env: Record<string, string> = {}) => readConfig({ DATA_DIR: dataDir, ...env });

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command behind `npm run backup` or `npm run restore`. */
function start(command: "backup" | "restore", dataDir: string, args: string[], env: Record<string, string> = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "src", `${command}Command.ts`), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", DATA_DIR: dataDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr }))) };
}

const run = (...given: Parameters<typeof start>): Promise<Ended> => start(...given).ended;

async function expectRefused(work: Promise<unknown>, right: RegExp): Promise<void> {
  const error: unknown = await work.then(() => new Error("it was done"), (reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartError);
  expect((error as StartError).message).toMatch(right);
  expect((error as StartError).message).not.toContain("\n");
}

function hashes(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).filter((name) => !name.endsWith(".lock")).map((name) => [name, createHash("sha256").update(readFileSync(join(dir, name))).digest("hex")]));
}

/** Changes a database as one that was killed before it could move its log into the file. */
function leaveInLog(file: string, statement: string): void {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec(statement);
  for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, `${file}.killed${suffix}`);
  db.close();
  for (const suffix of ["", "-wal"]) renameSync(`${file}.killed${suffix}`, file + suffix);
}

function titlesIn(file: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    expect([db.pragma("integrity_check", { simple: true }), db.pragma("foreign_key_check")]).toEqual(["ok", []]);
    return (db.prepare(`SELECT "title" FROM "Event"`).all() as { title: string }[]).map(({ title }) => title);
  } finally {
    db.close();
  }
}

/** A folder that a server has used, with one event in it and its backup beside, to be copied and broken. */
let template: string;
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "carillon-template-"));
  const dataDir = join(template, "data");
  await using server = await startServerProcess(dataDir);
  await server.api.createChannel("Hook", { webhook: { url: "http://127.0.0.1:9/", secret: SECRET } }, { enabled: false });
  await server.api.emit({ type: "custom", title: "kept" });
  expect(await server.stop()).toBe(0);
  await backUp(configOf(dataDir), join(template, "backup.db"), false);
});
afterAll(() => rmSync(template, { recursive: true, force: true }));

function used(): { dir: string; dataDir: string; backup: string } {
  const dir = freshDir();
  execFileSync("cp", ["-a", `${template}/.`, dir]);
  return { dir, dataDir: join(dir, "data"), backup: join(dir, "backup.db") };
}

it("a backup under a stream of events has all that was acknowledged before; restored, it delivers the rest", { timeout: 120_000 }, async () => {
  const [dataDir, other, dir] = [join(freshDir(), "data"), join(freshDir(), "data"), freshDir()];
  let status = 503;
  await using hook = await startFakeHttp(() => ({ status }));
  const acknowledged: string[] = [];
  let [before, total]: [string[], number] = [[], 0];
  {
    await using server = await startServerProcess(dataDir);
    await server.api.createChannel("Hook", { webhook: { url: hook.url, secret: SECRET } });
    let streaming = true;
    const producers = Array.from({ length: 4 }, async (_, producer) => {
      for (let at = 0; streaming; at += 1) {
        const title = `${producer}/${at}`;
        expect((await server.api.emit({ type: "custom", title })).__typename).toBe("EmitEventPayload");
        acknowledged.push(title);
      }
    });
    await eventually(() => acknowledged.length > 40, 30_000);
    before = [...acknowledged];
    const { code, stdout, stderr } = await run("backup", dataDir, [join(dir, "backup.db")]);
    total = acknowledged.length;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^The database is backed up in \S+backup\.db \([\d.]+ MB\)\.\nIt holds the database only: .*Without the key its secrets cannot be opened\.\n$/);
    streaming = false;
    await Promise.all(producers);
    await server.stop("SIGKILL");
  }
  expect(total).toBeGreaterThan(before.length);
  expect(readdirSync(dir)).toEqual(["backup.db"]);
  expect((statSync(join(dir, "backup.db")).mode & 0o777).toString(8)).toBe("600");
  const stored = new Set(titlesIn(join(dir, "backup.db")));
  expect(before.filter((title) => !stored.has(title))).toEqual([]);

  // On another machine, with nothing but the key.
  mkdirSync(other);
  copyFileSync(join(dataDir, "secret.key"), join(other, "secret.key"));
  expect(await run("restore", other, [join(dir, "backup.db")])).toEqual({ code: 0, stdout: `The database ${databaseIn(other)} is that of the backup ${join(dir, "backup.db")} now.\n`, stderr: "" });
  expect(readdirSync(other).sort()).toEqual(["carillon.db", "carillon.db.lock", "secret.key"]);
  status = 200;
  hook.requests.length = 0;
  await using restored = await startServerProcess(other);
  await eventually(() => {
    const arrived = new Set(hook.requests.map(({ body }) => (JSON.parse(body.toString()) as { title: string }).title));
    return before.every((title) => arrived.has(title));
  }, 60_000);
  for (const { body, headers } of hook.requests) expect(headers["x-signature-256"]).toBe(`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
  expect(restored.stderr()).toBe("");
});

describe("a backup", () => {
  it("has what a killed server left in the log, and leaves that server's files as they are", async () => {
    const { dir, dataDir } = used();
    const server = await startServerProcess(dataDir);
    await server.api.emit({ type: "custom", title: "in the log" });
    await server.stop("SIGKILL");
    await backUp(configOf(dataDir), join(dir, "new.db"), false);
    expect(titlesIn(join(dir, "new.db")).sort()).toEqual(["in the log", "kept"]);
    expect(titlesIn(databaseIn(dataDir)).sort()).toEqual(["in the log", "kept"]);
  });

  it("replaces a file only by force, and never the database", async () => {
    const { dir, dataDir, backup } = used();
    writeFileSync(backup, "mine");
    const taken = await run("backup", dataDir, [backup]);
    expect(taken).toEqual({ code: 1, stdout: "", stderr: `Nothing was backed up.\n${backup} exists already. Choose another name, or replace it with --force.\n` });
    expect(readFileSync(backup, "utf8")).toBe("mine");
    expect((await run("backup", dataDir, [backup, "--force"])).code).toBe(0);
    expect(titlesIn(backup)).toEqual(["kept"]);
    symlinkSync(databaseIn(dataDir), join(dir, "linked.db"));
    const before = hashes(dataDir);
    for (const target of [databaseIn(dataDir), `${databaseIn(dataDir)}-wal`, `${databaseIn(dataDir)}.lock`, join(dir, "linked.db")]) await expectRefused(backUp(configOf(dataDir), target, true), /database itself. Choose another file/);
    await expectRefused(backUp(configOf(dataDir), dataDir, true), /is not a file/);
    expect(hashes(dataDir)).toEqual(before);
  });

  it("is refused with one line where it cannot be", async () => {
    const { dir, dataDir, backup } = used();
    const target = join(dir, "new.db");
    await expectRefused(backUp(configOf(dataDir), join(dir, "no", "such.db"), false), /There is no folder .*\/no\.$/);
    await expectRefused(backUp(configOf(dataDir), join(backup, "new.db"), false), /backup\.db is not a folder/);
    await expectRefused(backUp(configOf(join(dir, "elsewhere")), target, false), /There is no database .*elsewhere/);
    await expectRefused(backUp(configOf(dataDir, { DATABASE_URL: "postgresql://me:secret@localhost/x" }), target, false), /^DATABASE_URL is a PostgreSQL database: back it up with pg_dump\.$/);
    await expectRefused(backUp(configOf(dataDir), join(dir, "x".repeat(250)), false), /cannot be (written|opened)/);
    writeFileSync(databaseIn(dataDir), randomBytes(8192));
    await expectRefused(backUp(configOf(dataDir), target, false), /carillon\.db is not a SQLite database/);
    expect(readdirSync(dir).sort()).toEqual(["backup.db", "data"]);
    for (const args of [[], ["a", "b"], ["--what", "a"], [""]]) expect(await run("backup", dataDir, args)).toEqual({ code: 1, stdout: "", stderr: "Nothing was backed up.\nUsage: npm run backup -- FILE [--force]\n" });
  });

  it("is not made of a damaged database or another program's", async () => {
    const { dir, dataDir } = used();
    const target = join(dir, "new.db");
    truncateSync(databaseIn(dataDir), statSync(databaseIn(dataDir)).size / 2);
    await expectRefused(backUp(configOf(dataDir), target, false), /carillon\.db is damaged/);
    rmSync(databaseIn(dataDir));
    const other = new Database(databaseIn(dataDir));
    other.exec("CREATE TABLE recipes (name TEXT)");
    other.close();
    await expectRefused(backUp(configOf(dataDir), target, false), /another program/);
    expect(readdirSync(dir).sort()).toEqual(["backup.db", "data"]);
  });

  it.runIf(canMount())("says so where the disk is full (runs only for root, who may mount one)", async () => {
    const { dataDir } = used();
    const disk = freshDir();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
    onTestFinished(() => void execFileSync("umount", ["-l", disk]));
    const db = new Database(databaseIn(dataDir));
    db.exec(`INSERT INTO "Setting" ("key", "value", "updatedAt") VALUES ('filler', '"${"x".repeat(1_000_000)}"', 1)`);
    db.close();
    await expectRefused(backUp(configOf(dataDir), join(disk, "backup.db"), false), /^The disk of \S+ has too little space: 1\.\d MB are needed, 0\.\d MB are free\.$/);
    expect(readdirSync(disk)).toEqual([]);
  });

  it("that is killed leaves nothing under the final name, and its rest is cleared a day later", async () => {
    const { dir, dataDir } = used();
    enlarge(dataDir);
    const target = join(dir, "new.db");
    const parts = () => readdirSync(dir).filter((name) => name.endsWith(".part"));
    const { child, ended } = start("backup", dataDir, [target]);
    await eventually(() => parts()[0] && statSync(join(dir, parts()[0] ?? "")).size > 0, 30_000);
    child.kill("SIGKILL");
    expect((await ended).code).toBe(null);
    expect(existsSync(target)).toBe(false);
    const [part = ""] = parts();
    expect(part).toMatch(/^new\.db\.[0-9a-f]{8}\.part$/);
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await backUp(configOf(dataDir), target, false);
    expect(parts()).toEqual([part]);
    utimesSync(join(dir, part), yesterday, yesterday);
    await backUp(configOf(dataDir), target, true);
    expect(readdirSync(dir).sort()).toEqual(["backup.db", "data", "new.db"]);
    expect(titlesIn(target)).toEqual(["kept"]);
  });
});

describe("a restore", () => {
  it("keeps the database before, with all that was in it", async () => {
    const { dataDir, backup } = used();
    const server = await startServerProcess(dataDir);
    await server.api.emit({ type: "custom", title: "after the backup" });
    await server.stop("SIGKILL");
    const kept = `${databaseIn(dataDir)}.before-restore`;
    expect(await restore(configOf(dataDir), backup)).toBe(kept);
    expect(titlesIn(kept).sort()).toEqual(["after the backup", "kept"]);
    expect((statSync(databaseIn(dataDir)).mode & 0o777).toString(8)).toBe("600");
    // A second one would lose what is kept.
    await expectRefused(restore(configOf(dataDir), backup), /before-restore is there from an earlier restore/);
    await using restored = await startServerProcess(dataDir);
    expect((await restored.api.run<any>(`{ events { nodes { title } } }`)).events.nodes).toEqual([{ title: "kept" }]);
  });

  it("takes back what was kept, its log included", async () => {
    const { dataDir, backup } = used();
    const kept = `${databaseIn(dataDir)}.before-restore`;
    await restore(configOf(dataDir), backup);
    const aside = join(dataDir, "aside.db");
    renameSync(kept, aside);
    leaveInLog(aside, `UPDATE "Event" SET "title" = 'in the log'`);
    await restore(configOf(dataDir), aside);
    expect(titlesIn(databaseIn(dataDir))).toEqual(["in the log"]);
  });

  it("replaces a damaged database, and keeps it with its log", async () => {
    const { dataDir, backup } = used();
    // A log without the first page, which it would mend; the server's logs have that.
    leaveInLog(databaseIn(dataDir), `UPDATE "Event" SET "title" = 'in the log'`);
    const file = openSync(databaseIn(dataDir), "r+");
    writeSync(file, randomBytes(4096), 0, 4096, 0);
    closeSync(file);
    const before = hashes(dataDir);
    await restore(configOf(dataDir), backup);
    expect(titlesIn(databaseIn(dataDir))).toEqual(["kept"]);
    expect(statSync(`${databaseIn(dataDir)}.before-restore-wal`).size).toBeGreaterThan(0);
    expect(hashes(dataDir)).toMatchObject({ "carillon.db.before-restore": before["carillon.db"], "carillon.db.before-restore-wal": before["carillon.db-wal"] });
    await using restored = await startServerProcess(dataDir);
    expect(restored.stderr()).toBe("");
  });

  it("is refused while a server runs, which goes on", async () => {
    const { dataDir, backup } = used();
    await using server = await startServerProcess(dataDir);
    const { code, stdout, stderr } = await run("restore", dataDir, [backup]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^Nothing was restored\.\n.*carillon\.db is in use by another Carillon process.*\n$/);
    expect((await server.api.emit({ type: "custom", title: "still there" })).__typename).toBe("EmitEventPayload");
    expect(readdirSync(dataDir).filter((name) => name.includes("restor"))).toEqual([]);
  });

  it.each<{ name: string; harm: (paths: { dataDir: string; backup: string }) => unknown; env?: Record<string, string>; right: RegExp }>([
    { name: "a file that is missing", harm: ({ backup }) => rmSync(backup), right: /There is no file .*backup\.db\.$/ },
    { name: "a folder", harm: ({ backup }) => (rmSync(backup), mkdirSync(backup)), right: /cannot be read/ },
    { name: "an empty file", harm: ({ backup }) => truncateSync(backup, 0), right: /is not a SQLite database/ },
    { name: "what is no database", harm: ({ backup }) => writeFileSync(backup, "-- PostgreSQL database dump\n".repeat(500)), right: /is not a SQLite database/ },
    { name: "a backup cut in half", harm: ({ backup }) => truncateSync(backup, Math.floor(statSync(backup).size / 2)), right: /backup\.db is damaged/ },
    { name: "a backup without its last page", harm: ({ backup }) => truncateSync(backup, statSync(backup).size - 4096), right: /backup\.db is damaged/ },
    { name: "a backup with a page overwritten", harm: ({ backup }) => overwrite(backup, 4096 * 5), right: /backup\.db is damaged/ },
    { name: "an empty database", harm: ({ backup }) => (rmSync(backup), execute(backup, "PRAGMA user_version = 1")), right: /holds no database of Carillon/ },
    { name: "another program's database", harm: ({ backup }) => (rmSync(backup), execute(backup, "CREATE TABLE recipes (name TEXT)")), right: /another program/ },
    {
      name: "a newer version's",
      harm: ({ backup }) => execute(backup, `INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count") VALUES ('x', 'x', 1, '99990101000000_telepathy', 1)`),
      right: /backup\.db was written by a newer version.*99990101000000_telepathy/,
    },
    { name: "another key", harm: () => undefined, env: { SECRET_KEY: randomBytes(32).toString("base64") }, right: /secret key is not the one that the backup .* was encrypted with, which is [0-9a-f]{8}\./ },
    { name: "a key that is gone", harm: ({ dataDir }) => rmSync(join(dataDir, "secret.key")), right: /secret key .*secret\.key is missing/ },
    { name: "a damaged key", harm: ({ dataDir }) => writeFileSync(join(dataDir, "secret.key"), "short\n"), right: /secret\.key is damaged/ },
    { name: "PostgreSQL", harm: () => undefined, env: { DATABASE_URL: "postgresql://me:secret@localhost/x" }, right: /^DATABASE_URL is a PostgreSQL database: restore it with pg_restore/ },
  ])("refuses $name and leaves everything as it was", async ({ harm, env = {}, right }) => {
    const { dir, dataDir, backup } = used();
    harm({ dataDir, backup });
    const before = hashes(dataDir);
    await expectRefused(restore(configOf(dataDir, env), backup), right);
    expect(hashes(dataDir)).toEqual(before);
    expect(readdirSync(dir).filter((name) => /-(wal|shm|journal)$/.test(name))).toEqual([]);
  });

  it("refuses the database itself, and other arguments than one file", async () => {
    const { dataDir } = used();
    await expectRefused(restore(configOf(dataDir), databaseIn(dataDir)), /is the database itself/);
    for (const args of [[], ["a", "b"], ["--force"]]) expect(await run("restore", dataDir, args)).toEqual({ code: 1, stdout: "", stderr: "Nothing was restored.\nUsage: npm run restore -- FILE\n" });
  });

  it("of a backup made before the key was changed names the old key, and takes it", async () => {
    const { dataDir, backup } = used();
    const { oldKeyId, oldKeyFile } = await rotateKey(configOf(dataDir), systemClock);
    await expectRefused(restore(configOf(dataDir), backup), new RegExp(`secret\\.key\\.${oldKeyId}\\.old`));
    copyFileSync(oldKeyFile ?? "", join(dataDir, "secret.key"));
    await restore(configOf(dataDir), backup);
    await using server = await startServerProcess(dataDir);
    expect(server.stderr()).toBe("");
  });

  it("that is killed leaves the database as it was; the next one clears its rest", async () => {
    const { dir, dataDir } = used();
    enlarge(dataDir);
    await backUp(configOf(dataDir), join(dir, "large.db"), false);
    execute(databaseIn(dataDir), `UPDATE "Event" SET "title" = 'as it was'`);
    const copy = `${databaseIn(dataDir)}.restoring`;
    const { child, ended } = start("restore", dataDir, [join(dir, "large.db")]);
    await eventually(() => existsSync(copy), 30_000);
    child.kill("SIGKILL");
    expect((await ended).code).toBe(null);
    expect(titlesIn(databaseIn(dataDir))).toEqual(["as it was"]);
    await restore(configOf(dataDir), join(dir, "large.db"));
    expect(titlesIn(databaseIn(dataDir))).toEqual(["kept"]);
    expect(existsSync(copy)).toBe(false);
  });

  it("that was cut short when the old database had its second name is ended by the next one", async () => {
    const { dataDir, backup } = used();
    execFileSync("ln", [databaseIn(dataDir), `${databaseIn(dataDir)}.before-restore`]);
    execute(databaseIn(dataDir), `UPDATE "Event" SET "title" = 'before'`);
    await restore(configOf(dataDir), backup);
    expect([titlesIn(databaseIn(dataDir)), titlesIn(`${databaseIn(dataDir)}.before-restore`)]).toEqual([["kept"], ["before"]]);
  });
});

function execute(file: string, sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

/** Large enough that a copy can be met while it is made. */
function enlarge(dataDir: string): void {
  execute(databaseIn(dataDir), `CREATE TABLE "filler" ("bytes" BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO "filler" SELECT randomblob(4000000) FROM n`);
}

function overwrite(path: string, at: number): void {
  const file = openSync(path, "r+");
  writeSync(file, randomBytes(4096), 0, 4096, at);
  closeSync(file);
}
