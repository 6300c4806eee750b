import type { Principal } from "../access/principal.ts";
import { differences } from "../audit/differences.ts";
import type { Difference } from "../audit/differences.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { withinTransaction } from "../db/withinTransaction.ts";
import { ConflictError, NotFoundError, ValidationError } from "../errors.ts";
import type { Json } from "../render/message.ts";
import type { SecretBox } from "../secretBox.ts";
import { serverSettings } from "../settings/settings.model.ts";
import type { SettingsServices } from "../settingsServices.ts";
import { SECTION_RULES } from "./applyItems.ts";
import type { Given } from "./applyItems.ts";
import { readConfigurationRows } from "./configuration.store.ts";
import { customerOfItem, FORMAT, keyOfItem, nameOfItem, parseDocument, refuseRepeated, SECTION_NAMES, withIsoDurations, withSeconds } from "./document.ts";
import type { ConfigurationDocument, Item, SectionName } from "./document.ts";
import { itemsOf } from "./exportItems.ts";
import type { KnownItem, KnownItems } from "./exportItems.ts";
import { createPassphraseBox } from "./passphraseBox.ts";
import type { PassphraseBox } from "./passphraseBox.ts";
import { createReferences } from "./references.ts";

export interface ConfigurationChange {
  action: "CREATE" | "UPDATE" | "DELETE";
  /** The section of the document, or `settings`. */
  section: SectionName | "settings";
  name: string;
  customer: string | null;
  differences: Difference[];
}

export interface ImportInput {
  document: unknown;
  /** For documents whose secrets are encrypted. */
  passphrase: string | null;
  /** True: shows what would change, and changes nothing. */
  dryRun: boolean;
  /** True: what the document does not hold is deleted, in the sections that it has. */
  prune: boolean;
}

export interface ConfigurationService {
  /** @param passphrase with which secrets are encrypted; null: they are left out */
  export(passphrase: string | null): Promise<ConfigurationDocument>;
  /** All of it or nothing. @returns what it changed, or would change @throws {ValidationError} with paths below `document` */
  import(input: ImportInput, by: Principal): Promise<ConfigurationChange[]>;
}

export interface ConfigurationServiceDeps {
  db: Database;
  box: SecretBox;
  clock: Clock;
  /** The services of everything that is set, on this database. */
  servicesOn(db: Database): SettingsServices;
  /** Called after an import, so that it takes effect. */
  changed(): Promise<void>;
}

/** Ends a transaction that is only to be looked at. */
class DryRun extends Error {}

export function createConfigurationService({ db, box, clock, servicesOn, changed }: ConfigurationServiceDeps): ConfigurationService {
  async function read(from: Database): Promise<{ items: KnownItems; settings: Item }> {
    const settings = withIsoDurations(await servicesOn(from).settings.get()) as unknown as Item;
    return { items: itemsOf(await readConfigurationRows(from.read, clock.now()), box), settings };
  }

  return {
    async export(passphrase) {
      const { items, settings } = await read(db);
      const seal = passphrase === null ? null : await createPassphraseBox(passphrase);
      const sections = SECTION_NAMES.map((name) => [name, [...items[name].values()].map((known) => exported(name, known, seal))]);
      return { carillon: FORMAT, ...(seal ? { encryption: { kdf: "scrypt", salt: seal.salt } } : {}), settings, ...Object.fromEntries(sections) };
    },

    async import({ document: given, passphrase, dryRun, prune }, by) {
      const document = parseDocument(given);
      const open = document.encryption && passphrase !== null ? await createPassphraseBox(passphrase, document.encryption.salt) : null;
      let changes: ConfigurationChange[] = [];
      try {
        await db.write(async (tx) => {
          const within = withinTransaction(db, tx);
          const before = await read(within);
          await apply(within, withSecrets(document, open), prune, by);
          const after = await read(within);
          changes = changesBetween(before, after);
          if (dryRun || changes.length === 0) throw new DryRun();
        });
      } catch (error) {
        if (error instanceof DryRun) return changes;
        throw error;
      }
      await changed();
      return changes;
    },
  };

  async function apply(within: Database, document: ConfigurationDocument, prune: boolean, by: Principal): Promise<void> {
    const services = servicesOn(within);
    for (const name of SECTION_NAMES) if (document[name]) await applySection(name, await canonical(name, document[name], services), within, services, by);
    if (prune) for (const name of [...SECTION_NAMES].reverse()) if (document[name]) await pruneSection(name, await canonical(name, document[name], services), within, services, by);
    if (document.settings) await applySettings(document.settings, services);
  }

  async function applySection(name: SectionName, items: Item[], within: Database, services: SettingsServices, by: Principal): Promise<void> {
    const { refersToItsOwn, create, update } = SECTION_RULES[name];
    // What was made before may be referred to: event types by rules, channels by triggers.
    await services.snapshot.reload();
    const known = async () => {
      const rows = await readConfigurationRows(within.read, clock.now());
      return { now: itemsOf(rows, box)[name], references: createReferences(rows) };
    };
    const given = (item: Item, at: number, references: Given["references"]): Given => ({ item, path: `document.${name}.${at}`, references, services, by: { ...by, customer: customerOfItem(item) } });
    const { now, references } = await known();
    const fresh = items.map((item) => !now.has(keyOfItem(name, item)));
    for (const [at, item] of items.entries()) {
      if (!fresh[at]) continue;
      const { [refersToItsOwn ?? ""]: _, ...rest } = item;
      await inDocument(`document.${name}.${at}`, () => create(given(rest, at, references)));
    }
    const made = refersToItsOwn || !fresh.includes(false) ? await known() : { now, references };
    for (const [at, item] of items.entries()) {
      const found = made.now.get(keyOfItem(name, item));
      if (!found || (fresh[at] && !refersToItsOwn) || isAsGiven(found.item, item)) continue;
      await inDocument(`document.${name}.${at}`, () => update(found.id, given(item, at, made.references)));
    }
  }

  async function pruneSection(name: SectionName, items: Item[], within: Database, services: SettingsServices, by: Principal): Promise<void> {
    const kept = new Set(items.map((item) => keyOfItem(name, item)));
    for (const [key, { id, item }] of itemsOf(await readConfigurationRows(within.read, clock.now()), box)[name]) {
      if (!kept.has(key)) await SECTION_RULES[name].remove(id, { services, by: { ...by, customer: customerOfItem(item) } });
    }
  }
}

/** Triggers are known by their types, which have many names. @throws {ValidationError} when one stands there twice by two of them */
async function canonical(name: SectionName, items: Item[], services: SettingsServices): Promise<Item[]> {
  if (name !== "triggers") return items;
  const catalogue = await services.triggers.catalogue();
  const named = items.map((item) => ({ ...item, eventType: catalogue.resolve(nameOfItem(name, item) ?? "")?.name ?? item["eventType"] }) as Item);
  refuseRepeated(name, named);
  return named;
}

async function applySettings(given: Item, services: SettingsServices): Promise<void> {
  const known = Object.keys(serverSettings.shape);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw ValidationError.of(`document.settings.${unknown}`, `must be one of ${known.join(", ")}`, "unrecognized_keys");
  await inDocument("document.settings", () => services.settings.update(withSeconds(given, "document.settings") as never));
}

/** Errors of services with where in the document they come from. */
async function inDocument(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ValidationError) throw new ValidationError(error.issues.map((issue) => (issue.path.startsWith("document.") ? issue : { ...issue, path: `${path}.${issue.path}` })));
    if (error instanceof ConflictError || error instanceof NotFoundError) throw ValidationError.of(path, error.message, error instanceof ConflictError ? "conflict" : "not_found");
    throw error;
  }
}

function isAsGiven(now: Item, given: Item): boolean {
  return Object.entries(given).every(([key, value]) => JSON.stringify(value) === JSON.stringify(now[key]));
}

function exported(name: SectionName, { item, secrets }: KnownItem, seal: PassphraseBox | null): Item {
  return seal && secrets !== null ? { ...item, secrets: seal.seal(secrets, `${name} ${keyOfItem(name, item)}`) } : item;
}

/** The document with its secrets where services take them: in the config. */
function withSecrets(document: ConfigurationDocument, open: PassphraseBox | null): ConfigurationDocument {
  const opened = (["providerAccounts", "channels"] as const).map((name) => [name, document[name]?.map((item, at) => withOwnSecrets(name, item, `document.${name}.${at}`, open))]);
  return { ...document, ...Object.fromEntries(opened.filter(([, items]) => items !== undefined)) } as ConfigurationDocument;
}

function withOwnSecrets(name: SectionName, item: Item, path: string, open: PassphraseBox | null): Item {
  const { secrets, ...rest } = item;
  if (secrets === undefined || secrets === null) return rest;
  if (typeof secrets !== "string") throw ValidationError.of(`${path}.secrets`, "must be as the export has it; secrets in plain text belong into config");
  if (!open) throw ValidationError.of("passphrase", "must be given, with the document's encryption: the document holds secrets");
  const values = JSON.parse(open.open(secrets, `${name} ${keyOfItem(name, item)}`)) as Item;
  const [[kind, config] = ["", {}]] = Object.entries((rest["config"] ?? {}) as Item);
  return { ...rest, config: { [kind]: { ...(config as Item), ...values } as Json } };
}

function changesBetween(before: { items: KnownItems; settings: Item }, after: { items: KnownItems; settings: Item }): ConfigurationChange[] {
  const settings = differences(before.settings, after.settings);
  return [
    ...(settings.length > 0 ? [{ action: "UPDATE" as const, section: "settings" as const, name: "settings", customer: null, differences: settings }] : []),
    ...SECTION_NAMES.flatMap((name) => sectionChanges(name, before.items[name], after.items[name])),
  ];
}

function sectionChanges(section: SectionName, before: Map<string, KnownItem>, after: Map<string, KnownItem>): ConfigurationChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key): ConfigurationChange[] => {
    const [was, is] = [before.get(key), after.get(key)];
    const item = (is ?? was)?.item ?? {};
    const secrets = was && is && was.secretsDigest !== is.secretsDigest ? [{ path: "secrets", before: "***", after: "*** (others)" }] : [];
    const found = [...differences(was?.item, is?.item), ...secrets];
    if (found.length === 0) return [];
    return [{ action: was ? (is ? "UPDATE" : "DELETE") : "CREATE", section, name: nameOfItem(section, item) ?? "", customer: customerOfItem(item), differences: found }];
  });
}
