import type { Severity } from "../render/message.ts";

/** What the server knows of one kind of event before any is sent. Triggers and overrides change it per installation. */
export interface EventType {
  /** Canonical dotted name, e.g. `backup.failure`. */
  name: string;
  /** Human title, e.g. "Backup failed"; also accepted as a name. */
  title: string;
  /** One sentence: when it is sent. */
  description: string;
  /** Name of its category. */
  category: string;
  /** Severity of an event that brings none. */
  severity: Severity;
  /** Default of the master toggle. */
  enabled: boolean;
  /** A problem that goes on until it recovers, or a one-off. */
  kind: "CONDITION" | "OCCURRENCE";
  /**
   * The fields that tell one problem of this type from another: `service`, `source`, `customer` or `details.<name>`.
   * A field the event lacks counts as empty. An OCCURRENCE that names none takes all its details.
   */
  fingerprint: string[];
  /** Canonical name of the CONDITION type that this one closes. */
  recovers?: string;
  /**
   * An event with a `value` fires only when the value has reached a step; one without always fires.
   * Each step fires once as it is crossed.
   */
  threshold?: {
    /** Which side of a step is the bad one. A value equal to the step has reached it. */
    direction: "AT_LEAST" | "AT_MOST";
    /** In the order they are crossed: the mildest first. */
    steps: number[];
    /** Shown after a value, e.g. "%" or "days". */
    unit: string;
  };
  /** The trigger's own cooldown, where the category's or the general one would not do. */
  cooldownSeconds?: number;
  /** So many messages a channel gets one by one within so many seconds, where the general burst of the settings would not do. */
  burst?: { count: number; seconds: number };
  /** Something that is being done right now (a start, a stop): never held by a digest. */
  live: boolean;
  /**
   * The one-line message of an event that brings none. Placeholders: `{{service}}`, `{{source}}`, `{{customer}}`,
   * `{{value}}`, `{{details.<name>}}`.
   */
  template: string;
  /** Other names it goes by: those of the systems it comes from, and common ones. */
  aliases: string[];
}
