import type { AppriseMessage, AppriseService } from "./apprise.ts";
import { type LogEntry, maskUrl, readLog } from "./appriseLog.ts";
import type { ProgramResult, ProgramRun } from "./program.ts";
import { DeliveryError, type DeliveryFailure, type Receipt, type Ways } from "./provider.ts";

type ProgramWays = Pick<Ways, "run" | "signal">;

const INSTALL = "Install it with `apt install apprise` or `pip install apprise`, or give the URL of an Apprise API server.";
const OUTDATED = "The installed apprise does not take the options that it is given. Install version 1.2 or newer.";

/** @throws {DeliveryError} saying how to get the program, where it is missing */
async function runApprise(given: Omit<ProgramRun, "command">, { run, signal }: ProgramWays): Promise<ProgramResult> {
  // Python otherwise reads its input in the machine's encoding, which need not be UTF-8.
  const env = { PYTHONUTF8: "1", ...given.env };
  const result = await run({ command: "apprise", ...given, env }, { signal }).catch((error: unknown) => {
    if (!(error instanceof DeliveryError) || error.failure.outcome !== "PERMANENT") throw error;
    throw new DeliveryError({ ...error.failure, hint: INSTALL });
  });
  // What a shell script in its place answers when it does not find the program.
  if (result.exitCode !== 126 && result.exitCode !== 127) return result;
  throw new DeliveryError({ outcome: "PERMANENT", message: "The program apprise could not be started.", hint: INSTALL, status: `exit ${result.exitCode}` });
}

/**
 * Sends by the program: https://github.com/caronc/apprise/blob/master/packaging/man/apprise.md
 * The URL goes by APPRISE_URLS: on the command line every user of the machine could read it, and this variable comes before any
 * configuration file of the user, in version 1.2.0 and all newer ones. The body goes by stdin, which has no limit.
 */
export async function sendByProgram({ title, body, type, format }: AppriseMessage, url: string, ways: ProgramWays): Promise<Receipt> {
  // At the third -v it tells why a connection failed, without which a time-out looks like a refused connection.
  const args = ["-vvv", `--notification-type=${type}`, `--input-format=${format}`, `--title=${title}`];
  const result = await runApprise({ args, env: { APPRISE_URLS: url }, stdin: body }, ways);
  const status = `exit ${result.exitCode}`;
  if (result.exitCode === 0) return { status };
  throw new DeliveryError({ ...readExit(result, url), status });
}

function readExit({ exitCode, stdout, stderr }: ProgramResult, url: string): DeliveryFailure {
  if (exitCode === 3) return { outcome: "PERMANENT", message: "Apprise found nothing to notify.", hint: "Check the Apprise URL." };
  const lastLine = maskUrl(url, stderr.trim().split("\n").at(-1) ?? "");
  if (exitCode === 2) return { outcome: "PERMANENT", message: lastLine || "Apprise refused its options.", hint: OUTDATED };
  if (!stderr.includes("Traceback")) return readLog(parseLog(stdout), url);
  if (/(Import|ModuleNotFound|Syntax)Error|DistributionNotFound/.test(lastLine)) {
    return { outcome: "PERMANENT", message: lastLine, hint: `The installed apprise is broken. ${INSTALL}` };
  }
  return { outcome: "UNKNOWN", message: `Apprise broke off: ${lastLine}`, hint: "It is not known whether the message was delivered." };
}

/** Lines begin "2026-03-01 12:00:00,000 - WARNING - "; what comes without that belongs to the line before it. */
function parseLog(stdout: string): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const line of stdout.split("\n")) {
    const [, level, text = ""] = /^\d[\d-]* [\d:,.]+ - ([A-Z]+) - (.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (level !== undefined) entries.push({ level, text });
    // Newer versions say this outside their log.
    else if (line.startsWith("You must specify at least one")) entries.push({ level: "ERROR", text: line });
    else if (last) last.text += `\n${line}`;
  }
  return entries;
}

/** The program's version, e.g. "1.2.0". */
export async function programVersion(ways: ProgramWays): Promise<string> {
  const { exitCode, stdout } = await runApprise({ args: ["--version"] }, ways);
  const version = /^Apprise v?(\d\S{0,30})/m.exec(stdout)?.[1];
  if (exitCode === 0 && version !== undefined) return version;
  throw new DeliveryError({ outcome: "PERMANENT", message: "The program apprise on this machine is not Apprise, or is broken.", hint: INSTALL, status: `exit ${exitCode}` });
}

/** @throws {DeliveryError} */
export async function servicesOfProgram(ways: ProgramWays): Promise<AppriseService[]> {
  const { exitCode, stdout } = await runApprise({ args: ["--details"] }, ways);
  const services = parseDetails(stdout);
  if (exitCode === 0 && services.length > 0) return services;
  throw new DeliveryError({ outcome: "PERMANENT", message: "The program apprise did not list its services.", hint: OUTDATED, status: `exit ${exitCode}` });
}

/**
 * The services that `apprise --details` says it can use. Each begins with "+ Name", or "- Name" when it is one of the user's own or
 * cannot be used, which shows no schema; the schemas follow "| Schema(s): ", or a single one begins the templates below.
 */
export function parseDetails(stdout: string): AppriseService[] {
  const services: AppriseService[] = [];
  for (const line of stdout.replace(/\u001b\[[\d;]*m/g, "").split(/\r?\n/)) {
    const name = /^[+-] ([^|]*)/.exec(line)?.[1]?.trim();
    if (name) services.push({ name, schemas: [], setupUrl: null });
    const listed = /\| Schema\(s\): (.*)$/.exec(line)?.[1]?.split(",") ?? /^ {3}- ([a-z0-9]+):\/\//i.exec(line)?.slice(1) ?? [];
    const schemas = services.at(-1)?.schemas;
    for (const schema of listed.map((text) => text.trim())) if (schema !== "" && !schemas?.includes(schema)) schemas?.push(schema);
  }
  return services.filter(({ schemas }) => schemas.length > 0);
}
