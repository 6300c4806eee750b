import { expect, test } from "vitest";
import { escapeMarkdown, markdownText } from "../../src/render/markdown.ts";
import { LONGEST, makeMessage } from "../channels/messages.ts";

test.each([
  ["a *b* _c_ `d`", "a \\*b\\* \\_c\\_ \\`d\\`"],
  ["see https://x.example/a_b?c=1&d=2, please", "see https://x.example/a_b?c=1&d=2, please"],
  ["[f](https://x.example/a_b)", "\\[f\\](https://x.example/a_b)"],
  ["# head\n- item\n1. one\n> quote", "\\# head  \n\\- item  \n1\\. one  \n\\> quote"],
  ["one\ntwo\n\nthree", "one  \ntwo\n\nthree"],
  ["x\n\n    code", "x\n\n\u00a0\u00a0\u00a0\u00a0code"],
  ["@everyone <b>&amp;</b>", "@\u2060everyone \\<b\\>\\&amp;\\</b\\>"],
])("%j", (text, expected) => {
  expect(escapeMarkdown(text)).toBe(expected);
});

test.each([1000, 2000, 4096])("markdownText keeps to %d bytes and shows some of everything", (total) => {
  const message = makeMessage(LONGEST);
  const text = markdownText(message, { total, unit: "BYTES" });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(total);
  expect(text).toMatch(/^1\\. Backup/);
  expect(text).toContain("- **Node 1:** Backup");
  expect(text).toContain("…");
});
