import { configFields } from "../src/channels/channelConfig.ts";
import type { Pace, Provider, RecoveryForm } from "../src/providers/provider.ts";
import { PROVIDERS } from "../src/providers/registry.ts";

/** Between these lines of the README stands the table of channel kinds. */
export const KINDS_START = "<!-- The kinds: written by npm run schema. -->";
export const KINDS_END = "<!-- End of the kinds. -->";

const RECOVERIES: Record<RecoveryForm, string> = { RESOLVES: "resolves", REPLIES: "replies", REPLACES: "replaces", FOLLOWS: "second message" };

/** The README with its table of channel kinds as the registry has them. @throws {Error} when it has no place for it */
export function withKindsTable(readme: string): string {
  const [start, end] = [readme.indexOf(KINDS_START), readme.indexOf(KINDS_END)];
  if (start < 0 || end < start) throw new Error("README.md has no place for the table of channel kinds");
  return `${readme.slice(0, start)}${KINDS_START}\n\n${kindsTable()}\n\n${readme.slice(end)}`;
}

function kindsTable(): string {
  const head = ["| kind | | needs | optional | recovery | pace |", "| --- | --- | --- | --- | --- | --- |"];
  return [...head, ...PROVIDERS.map(row)].join("\n");
}

function row(provider: Provider): string {
  const fields = configFields(provider);
  const shown = ({ name }: { name: string }) => `\`${name}\`${provider.account && name in provider.account.config.shape ? "*" : ""}${provider.recipientFields?.includes(name) ? "→" : ""}`;
  const needs = fields.filter(({ required }) => required).map(shown).join(", ");
  const optional = fields.filter(({ required }) => !required).map(shown).join(", ");
  return `| \`${provider.kind}\` | ${provider.title} | ${needs || "–"} | ${optional || "–"} | ${RECOVERIES[provider.recovery]} | ${paceText(provider.pace)} |`;
}

function paceText({ perSecond, burst }: Pace): string {
  if (!Number.isFinite(perSecond)) return "–";
  const rate = perSecond >= 1 ? `${round(perSecond)} a second` : `${round(perSecond * 60)} a minute`;
  return `${rate}, ${burst} at once`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
