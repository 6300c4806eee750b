import { appriseCase } from "./apprise.contract.ts";
import type { ContractCase } from "./case.ts";
import { discordCase } from "./discord.contract.ts";
import { googleChatCase } from "./googleChat.contract.ts";
import { gotifyCase } from "./gotify.contract.ts";
import { matrixCase } from "./matrix.contract.ts";
import { mattermostCase } from "./mattermost.contract.ts";
import { ntfyCase } from "./ntfy.contract.ts";
import { oneSignalCase } from "./oneSignal.contract.ts";
import { opsgenieCase } from "./opsgenie.contract.ts";
import { pagerdutyCase } from "./pagerduty.contract.ts";
import { pushbulletCase } from "./pushbullet.contract.ts";
import { pusherBeamsCase } from "./pusherBeams.contract.ts";
import { pushoverCase } from "./pushover.contract.ts";
import { rocketChatCase } from "./rocketChat.contract.ts";
import { signalCase } from "./signal.contract.ts";
import { slackCase } from "./slack.contract.ts";
import { teamsCase } from "./teams.contract.ts";
import { telegramCase } from "./telegram.contract.ts";
import { twilioSmsCase } from "./twilioSms.contract.ts";
import { twilioVoiceCase } from "./twilioVoice.contract.ts";
import { twilioWhatsappCase } from "./twilioWhatsapp.contract.ts";
import { vonageSmsCase } from "./vonageSms.contract.ts";
import { webhookCase } from "./webhook.contract.ts";
import { webPushCase } from "./webPush.contract.ts";

/** Every HTTP channel kind's contract case. */
export const CASES: ContractCase[] = [
  slackCase,
  discordCase,
  telegramCase,
  webhookCase,
  gotifyCase,
  ntfyCase,
  teamsCase,
  googleChatCase,
  mattermostCase,
  rocketChatCase,
  matrixCase,
  signalCase,
  pushoverCase,
  pushbulletCase,
  oneSignalCase,
  pusherBeamsCase,
  webPushCase,
  twilioSmsCase,
  twilioVoiceCase,
  twilioWhatsappCase,
  vonageSmsCase,
  pagerdutyCase,
  opsgenieCase,
  appriseCase,
];

/** Kinds that speak something else than HTTP, and the test file beside this one that holds their contract. */
export const KINDS_WITH_OWN_TEST: Record<string, string> = {
  EMAIL: "email.test.ts",
  INBOX: "local.test.ts",
  LOG: "local.test.ts",
};
