import { apprise } from "./apprise.ts";
import { discord } from "./discord.ts";
import { email } from "./email.ts";
import { googleChat } from "./googleChat.ts";
import { gotify } from "./gotify.ts";
import { inbox } from "./inbox.ts";
import { log } from "./log.ts";
import { matrix } from "./matrix.ts";
import { mattermost } from "./mattermost.ts";
import { ntfy } from "./ntfy.ts";
import { oneSignal } from "./oneSignal.ts";
import { opsgenie } from "./opsgenie.ts";
import { pagerduty } from "./pagerduty.ts";
import type { Account, Provider } from "./provider.ts";
import { pushbullet } from "./pushbullet.ts";
import { pusherBeams } from "./pusherBeams.ts";
import { pushover } from "./pushover.ts";
import { rocketChat } from "./rocketChat.ts";
import { signal } from "./signal.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import { telegram } from "./telegram.ts";
import { twilioSms } from "./twilioSms.ts";
import { twilioVoice } from "./twilioVoice.ts";
import { twilioWhatsapp } from "./twilioWhatsapp.ts";
import { vonageSms } from "./vonageSms.ts";
import { webhook } from "./webhook.ts";
import { webPush } from "./webPush.ts";

/** Every channel kind, in the order in which people are shown them. A new kind is one file and one line here. */
export const PROVIDERS: readonly Provider[] = [
  email,
  slack,
  discord,
  telegram,
  webhook,
  gotify,
  ntfy,
  teams,
  googleChat,
  mattermost,
  rocketChat,
  matrix,
  signal,
  pushover,
  pushbullet,
  oneSignal,
  pusherBeams,
  webPush,
  twilioSms,
  twilioVoice,
  twilioWhatsapp,
  vonageSms,
  pagerduty,
  opsgenie,
  apprise,
  inbox,
  log,
] as unknown as readonly Provider[];

const byKind = new Map(PROVIDERS.map((provider) => [provider.kind, provider]));

/** @throws {Error} when there is no such kind */
export function providerOf(kind: string): Provider {
  const provider = byKind.get(kind);
  if (!provider) throw new Error(`There is no channel kind ${kind}`);
  return provider;
}

/** Every kind of provider account, in the order of the channel kinds that use them. */
export const ACCOUNTS: readonly Account[] = [...new Set(PROVIDERS.flatMap(({ account }) => account ?? []))];

const accountByKind = new Map(ACCOUNTS.map((account) => [account.kind, account]));

/** @throws {Error} when there is no such kind */
export function accountOf(kind: string): Account {
  const account = accountByKind.get(kind);
  if (!account) throw new Error(`There is no kind of provider account ${kind}`);
  return account;
}
