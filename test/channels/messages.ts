import type { Message, MessageReason, Severity } from "../../src/render/message.ts";

/** The time of every try in these tests. */
export const NOW = new Date("2026-03-01T12:00:00.000Z");

export function makeMessage(changes: Partial<Message> = {}): Message {
  return {
    id: "0195f3c2-0000-7000-8000-000000000001",
    reason: "FIRST",
    title: "Disk almost full on pve1",
    body: "/var is at 98 %.\nSee https://pve1.example/disks?id=1&view=all for details.",
    facts: [
      { label: "Host", value: "pve1" },
      { label: "Usage", value: "98 % of 40 GB <limit 90 %>" },
    ],
    severity: "CRITICAL",
    recovered: false,
    emoji: "💾",
    displayName: "Rack 7",
    rich: true,
    event: {
      id: "0195f3c2-0000-7000-8000-0000000000e1",
      type: "storage.disk.full",
      category: "storage",
      status: "FIRING",
      source: "pve1",
      service: "storage",
      customer: null,
      message: "/var is at 98 %",
      details: { mount: "/var", percent: 98, nested: { list: [1, null, true] } },
      occurredAt: new Date("2026-03-01T11:59:58.123Z"),
    },
    condition: { id: "0195f3c2-0000-7000-8000-0000000000c1", openedAt: new Date("2026-03-01T11:00:00.000Z"), count: 1 },
    thread: null,
    acknowledgeUrl: null,
    ...changes,
  };
}

/** The same problem as told first, as it goes on, and when it is over. */
export function makeStage(reason: "FIRST" | "ONGOING" | "RECOVERY", severity: Severity, rich: boolean): Message {
  const first = makeMessage({ severity, rich, reason: reason satisfies MessageReason });
  if (reason === "FIRST") return first;
  const condition = { id: first.condition?.id ?? "", openedAt: first.condition?.openedAt ?? NOW, count: 4 };
  if (reason === "ONGOING") return { ...first, title: `Still: ${first.title}`, condition, thread: "42" };
  return {
    ...first,
    title: "Recovered: disk usage on pve1",
    body: "/var is at 71 %. The problem lasted 1 hour.",
    recovered: true,
    condition,
    thread: "42",
    event: { ...first.event, status: "RESOLVED" },
  };
}

const FAMILY = "👨‍👩‍👧‍👦";

/** Texts that have broken notifiers before. */
export const STRANGE_TEXTS: Record<string, string> = {
  "100,000 letters": "a".repeat(100_000),
  "100,000 ampersands": "&".repeat(100_000),
  "100,000 asterisks": "*".repeat(100_000),
  "families of emoji": FAMILY.repeat(3000),
  "one letter with many accents": `e${"\u0301".repeat(20_000)}`,
  "lone surrogates": "a\uD83Db\uDE00c\uD83D",
  "NUL and controls": "a\u0000b\u0007c\u001b[31md\u0085e\u2028f\r\ng",
  "only controls": "\u0000\u0001\u0002",
  "only blanks": "   \n\t ",
  HTML: '<b>bold</b> <script>alert("x")</script> &amp; <a href="https://x.example">x</a> <unclosed &copy; &#x41;',
  templates: "{{template}} ${process.env.HOME} {% include 'x' %} <%= 1 %>",
  mentions: "<!channel> <!here> <@U012AB3CD> <#C1|x> @everyone @here <@123456789012345678> <@&123456789012345678> @channel",
  Markdown: "*a* _b_ ~c~ `d` ```e``` ||f|| [g](https://x.example) > h\n# i\n- j\n1. k\\",
  "right to left": "\u202Eevil\u202C مرحبا بالعالم שלום",
  URLs: "(https://x.example/a_b*c?d=1&e=<2>) http://[::1]/ https://x.example/a|b.",
  "cut within an escape": `${"x".repeat(2990)}<<<<<<<<<<<<<<<<<<<<<<<<<<<<`,
};

/** `strange` in every place where a producer or an administrator can put text. */
export function makeStrange(strange: string, rich: boolean): Message {
  const base = makeMessage({ rich });
  return {
    ...base,
    title: strange.replaceAll("\n", " "),
    body: strange,
    emoji: rich ? "🔥" : "",
    displayName: strange,
    facts: Array.from({ length: 60 }, (_, index) => ({ label: index === 0 ? strange : `Fact ${index}`, value: strange })),
    event: { ...base.event, service: strange, customer: strange, message: strange, details: { [strange]: strange } },
  };
}

const SENTENCE = "Backup of vm-101 (“mäil”) failed: no space left on /mnt/backup; 3 < 4 && \"quoted\". ";

/** As much text as a producer can put into an event, and more. */
export const LONGEST: Partial<Message> = {
  title: SENTENCE.repeat(20).trim(),
  body: Array.from({ length: 600 }, (_, at) => `${at + 1}. ${SENTENCE.trim()} 👩‍🚀`).join("\n"),
  facts: Array.from({ length: 30 }, (_, at) => ({ label: `Node ${at + 1}`, value: SENTENCE.repeat(30).trim() })),
  displayName: SENTENCE.repeat(3).trim(),
};

const STRANGE =
  '<b>bold</b> &amp; *a* _b_ ~c~ `d` ||e|| [f](https://x.example/a_b?c=1&d=2) {{g}} ${h} @everyone @here <!channel> <@U1> 👨‍👩‍👧‍👦 e\u0301 \u202Eevil\u202C مرحبا \\ "i" \u0000\u0007 \uD83D';

/** Every kind of text that means something to somebody, in each place. */
export const STRANGEST: Partial<Message> = {
  title: STRANGE,
  body: `# ${STRANGE}\n- ${STRANGE}\r\n> quote\n    code\n1. one`,
  facts: [{ label: STRANGE, value: STRANGE }],
  displayName: STRANGE,
};
