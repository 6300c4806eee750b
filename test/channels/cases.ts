import type { ContractCase } from "./case.ts";
import { discordCase } from "./discord.contract.ts";
import { gotifyCase } from "./gotify.contract.ts";
import { slackCase } from "./slack.contract.ts";
import { telegramCase } from "./telegram.contract.ts";
import { webhookCase } from "./webhook.contract.ts";

/** Every HTTP channel kind's contract case. */
export const CASES: ContractCase[] = [slackCase, discordCase, telegramCase, webhookCase, gotifyCase];

/** Kinds that speak something else than HTTP, and the test file beside this one that holds their contract. */
export const KINDS_WITH_OWN_TEST: Record<string, string> = {
  EMAIL: "email.test.ts",
  INBOX: "local.test.ts",
  LOG: "local.test.ts",
};
