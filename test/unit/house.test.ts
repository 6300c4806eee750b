import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../../src");

/** What each folder of src may import: the shape of the house. Root files (clock, ids, errors …) are open to all. */
const SUBJECTS = ["access", "accounts", "audit", "channels", "conditions", "configuration", "escalations", "events", "history", "inbox", "inhibitions", "matchers", "people", "rules", "settings", "silences", "triggers"];
const MAY_IMPORT: Record<string, string[]> = {
  render: [],
  providers: ["render"],
  catalogue: ["render"],
  schedules: [],
  decide: ["catalogue", "render", "schedules"],
  db: [],
  live: [],
  intake: ["catalogue", "db", "decide", "dispatch", "render", ...SUBJECTS],
  dispatch: ["catalogue", "db", "decide", "providers", "render", "schedules", "live", ...SUBJECTS],
  graphql: ["access", "audit", "db", "decide", "render"],
  http: ["graphql", "db", "intake", "dispatch", "live", "render", ...SUBJECTS],
  ...Object.fromEntries(SUBJECTS.map((subject) => [subject, ["catalogue", "db", "decide", "dispatch", "intake", "live", "providers", "render", "schedules", ...SUBJECTS]])),
};

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.startsWith("db/generated"));

const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(SRC, file), "utf8").matchAll(/^(import|export)( type)? [^;]*?from "([^"]+)"|^import "([^"]+)"/gm)].map((match) => {
    const specifier = (match[3] ?? match[4]) as string;
    const target = specifier.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), specifier)) : specifier;
    return { file, target, typeOnly: match[2] !== undefined };
  }),
);

const folderOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] as string) : "");
const isOurs = (target: string): boolean => files.includes(target) || target.startsWith("db/generated");
const show = ({ file, target }: Import): string => `${file} → ${target}`;

it("folders import only what the house allows", () => {
  const wrong = imports.filter(({ file, target, typeOnly }) => {
    const [from, to] = [folderOf(file), folderOf(target)];
    if (!isOurs(target) || from === "" || from === to || to === "" || typeOnly) return false;
    if (file.endsWith(".graphql.ts") && to === "graphql") return false;
    if (file === "graphql/schema.ts" && target.endsWith(".graphql.ts")) return false;
    return !MAY_IMPORT[from]?.includes(to);
  });
  expect(wrong.map(show)).toEqual([]);
});

it("every folder has a rule", () => {
  const folders = new Set(files.map(folderOf).filter(Boolean));
  expect([...folders].filter((folder) => !(folder in MAY_IMPORT))).toEqual([]);
});

it("a subject's store belongs to the subject, to intake, to dispatch and to what puts things together", () => {
  const wrong = imports.filter(({ file, target, typeOnly }) => {
    const sharers = ["", "intake", "dispatch"];
    return target.endsWith(".store.ts") && !typeOnly && folderOf(file) !== folderOf(target) && !sharers.includes(folderOf(file));
  });
  // Retention deletes of several subjects in one place; a setting may be kept by any subject.
  expect(wrong.map(show)).toEqual(["history/retention.ts → conditions/burst.store.ts", "history/retention.ts → conditions/condition.store.ts", "history/retention.ts → escalations/acknowledgement.store.ts", "history/retention.ts → events/event.store.ts", "history/retention.ts → silences/silence.store.ts"]);
});

it("services know nothing of GraphQL and HTTP, and GraphQL files use no store", () => {
  const services = imports.filter(({ file, target }) => file.endsWith(".service.ts") && (target.startsWith("graphql") || target.startsWith("http/") || target.endsWith(".graphql.ts")));
  const graphql = imports.filter(({ file, target, typeOnly }) => file.endsWith(".graphql.ts") && target.endsWith(".store.ts") && !typeOnly);
  expect([...services, ...graphql].map(show)).toEqual([]);
});

it("deciding, rendering and schedules touch no network, clock or chance", () => {
  const pure = imports.filter(({ file, target }) => ["decide", "render", "catalogue", "schedules"].includes(folderOf(file)) && /^(node:(?!crypto)|undici|nodemailer|pino)/.test(target));
  expect(pure.map(show)).toEqual([]);
  const impure = files.filter((file) => ["decide", "render", "catalogue", "schedules", "providers", "intake", "dispatch"].includes(folderOf(file)) && /Date\.now\(|new Date\(\)|Math\.random|process\.env/.test(readFileSync(join(SRC, file), "utf8")));
  expect(impure).toEqual([]);
});

it("what is loaded at every start is taken of a library in parts, where the whole is much larger", () => {
  const zod = files.filter((file) => /^import (?!(type )?\* as z )[^;]* from "zod"/m.test(readFileSync(join(SRC, file), "utf8")));
  const whole = imports.filter(({ file, target, typeOnly }) => ["undici", "web-push"].includes(target) && !typeOnly && !file.endsWith(".d.ts"));
  expect([...zod, ...whole.map(show)]).toEqual([]);
});

/** What is about the machine, and not about what is due: connections, threads, how long the processor was busy, when a file was written. */
const BY_THE_MACHINE = [
  "backup.ts", "clock.ts", "db/batch.ts", "db/notifications.ts", "db/pace.ts", "db/postgresql.ts", "db/sqliteWriter.ts", "dispatch/leases.ts", "dispatch/sendMessage.ts", "http/webSocket.ts", "intake/intake.ts", "live/hub.ts", "providers/mail.ts", "providers/smtpLine.ts",
];

it("whatever is due goes by the clock that is handed in", () => {
  const own = files.filter((file) => /\bset(Timeout|Interval)\b|\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/.test(readFileSync(join(SRC, file), "utf8")));
  expect(own.sort()).toEqual(BY_THE_MACHINE);
});

it("no file re-exports another, and none is a drawer for everything", () => {
  const reexports = files.filter((file) => /^export (\*|\{[^}]*\}) from/m.test(readFileSync(join(SRC, file), "utf8")));
  const drawers = files.filter((file) => /(^|\/)(utils?|helpers?|common|manager|index)(\.ts|\/)/i.test(file));
  const defaults = files.filter((file) => /^export default/m.test(readFileSync(join(SRC, file), "utf8")));
  expect([...reexports, ...drawers, ...defaults]).toEqual([]);
});

it("main stays short", () => {
  expect(readFileSync(join(SRC, "main.ts"), "utf8").split("\n").length).toBeLessThan(60);
});
