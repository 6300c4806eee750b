import type { Named } from "./settings.ts";

/**
 * Every reason for which an event is sent or not, with what it means in plain words. The API's VerdictReason enum is
 * made from this table; a stage that holds or drops events adds its reasons here.
 */
export const VERDICT_REASONS = {
  MATCHED: "The event type is on and the channel's settings let it through.",
  DIGEST: "It is only information, which the channel takes once a day as a digest.",
  QUIET_HOURS: "The channel is quiet now; it gets one summary when that ends.",
  BURST: "There were many of its kind within a short time; the rest comes as one message.",
  PROBLEM_WAITS: "The problem still waits for the channel, so its end waits with it.",
  TOLD_OF_PROBLEM: "It was told of the problem, so it hears of its end.",
  TRIGGER_OFF: "The event type is switched off.",
  BELOW_THRESHOLD: "The value has not reached the threshold.",
  STEP_ALREADY_FIRED: "This step of the threshold has been told of already.",
  COOLDOWN: "It was told of a short while ago; the cooldown is not over.",
  HOLD: "It is told of only if it goes on for as long as its trigger says.",
  RESOLVED_WITHIN_HOLD: "The problem was over before it had gone on for as long as its trigger says, so nobody was told of it.",
  ACKNOWLEDGED: "Somebody has taken it on.",
  FLAPPING: "It comes and goes too often to tell of each time; there will be word when it is steady.",
  SILENCED: "A silence covers it.",
  INHIBITED: "Another problem that is open accounts for it.",
  ALREADY_TOLD: "It was told of this already.",
  NOTHING_OPEN: "A recovery without an open problem.",
  NO_CHANNEL: "No channel takes it.",
  NOBODY_TOLD: "The problem is over, and no channel had been told of it.",
  CHANNEL_DISABLED: "The channel is switched off.",
  TYPE_OFF_FOR_CHANNEL: "The channel has switched this event type off.",
  CATEGORY_OFF_FOR_CHANNEL: "The channel has switched this category off.",
  NOT_FOR_CUSTOMERS: "The channel is a customer's, and the event type does not concern services.",
  NOT_NAMED_BY_TRIGGER: "The trigger names the channels that receive it, and this is not one of them.",
  BELOW_MINIMUM_SEVERITY: "The severity is below the channel's minimum.",
  OTHER_CUSTOMER: "The channel is for other customers.",
  OTHER_SERVICE: "The channel is for other services.",
  OTHER_SOURCE: "The channel is for other sources.",
  NO_RULE: "It hears only of what an alert rule leads to it, and none does.",
  CONTACT_DISABLED: "Its owner is switched off.",
  CONTACT_PREFERENCE: "Its owner has chosen not to hear of this.",
  NOT_TOLD_OF_PROBLEM: "It was not told of the problem, so it does not hear of its end.",
} as const;

export type VerdictReason = keyof typeof VERDICT_REASONS;

/** What holds a message back until a summary carries it. */
export type HoldReason = "DIGEST" | "QUIET_HOURS" | "BURST" | "RATE_LIMIT";

export interface Verdict {
  action: "SEND" | "HOLD" | "SUPPRESS";
  because: VerdictReason;
  /** Until when the reason holds, where it ends by itself. */
  until: Date | null;
  /** What the reason does not say by itself, in plain words: which silence, which problem, how many. */
  detail?: string;
}

/** The first of the ways by which alert rules lead to a channel. */
export interface Via {
  rule: Named;
  contact?: Named;
  group?: Named;
}

export interface ChannelVerdict extends Verdict {
  channelId: string;
  /** Its name at that moment. */
  channelName: string;
  /** Set when the action is HOLD. */
  heldFor?: HoldReason;
  /** Set when an alert rule leads to it, sent or not. */
  via?: Via;
}
