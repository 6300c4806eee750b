import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_TYPES } from "../../src/catalogue/eventTypes.ts";
import { fillTemplate } from "../../src/render/fillTemplate.ts";
import type { TemplateFields } from "../../src/render/fillTemplate.ts";

const NOTHING: TemplateFields = { service: null, source: null, customer: null, value: null, details: {} };
const fill = (template: string, fields: Partial<TemplateFields> = {}) => fillTemplate(template, { ...NOTHING, ...fields });

describe("a template", () => {
  test.each<[string, Partial<TemplateFields>, string]>([
    ["{{service}} on {{source}} of {{customer}}: {{value}}", { service: "web", source: "pve1", customer: "acme", value: 97.5 }, "web on pve1 of acme: 97.5"],
    ["{{ service }}, {{service}}", { service: "web" }, "web, web"],
    ["{{details.mount}} {{details.some-name_2}}", { details: { mount: "/var", "some-name_2": true } }, "/var true"],
    ["{{value}} {{details.zero}} {{details.no}}", { value: 0, details: { zero: 0, no: false } }, "0 0 false"],
    ["Nothing to fill.", {}, "Nothing to fill."],
    ["{{service}}", { service: "{{source}} $& $1 \\" }, "{{source}} $& $1 \\"],
  ])("%s", (template, fields, expected) => {
    expect(fill(template, fields)).toBe(expected);
  });

  test.each<[string, string, Partial<TemplateFields>]>([
    ["a field is missing", "{{service}} on {{source}}", { service: "web" }],
    ["a field is empty", "{{service}}", { service: "" }],
    ["a value is missing", "{{value}} %", {}],
    ["a detail is missing", "{{details.mount}}", {}],
    ["a detail is null", "{{details.mount}}", { details: { mount: null } }],
    ["a detail is an object", "{{details.mount}}", { details: { mount: { path: "/" } } }],
    ["a detail is a list", "{{details.mount}}", { details: { mount: ["/"] } }],
    ["the name is unknown", "{{hostname}}", {}],
    ["the name is JavaScript's own", "{{constructor}}", {}],
    ["it is empty", "", {}],
  ])("is null when %s", (_, template, fields) => {
    expect(fill(template, fields)).toBeNull();
  });

  test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])("details.%s is missing unless the event has it", (name) => {
    expect(fill(`{{details.${name}}}`)).toBeNull();
  });

  test("puts in what the field holds, unchanged, whatever it is", () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (service) => {
      expect(fill("<{{service}}>", { service })).toBe(`<${service}>`);
    }));
  });

  test.each(EVENT_TYPES.map(({ name, template }) => [name, template]))("of %s is whole when every field it names is there", (_, template) => {
    const named = [...template.matchAll(/\{\{details\.([\w-]+)\}\}/g)].map(([, name]) => [name, "detail"]);
    const text = fill(template, { service: "web", source: "pve1", customer: "acme", value: 1, details: Object.fromEntries(named) as Record<string, string> });
    expect(text).toBeTruthy();
    expect(text).not.toMatch(/\{\{|\}\}|null|undefined/);
  });
});
