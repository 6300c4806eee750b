import fc from "fast-check";
import { Liquid } from "liquidjs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type BodyValues, checkBodyTemplate, fillBodyTemplate, TemplateProblem } from "../../src/render/bodyTemplate.ts";

const VALUES: BodyValues = {
  title: 'a "b" \\ <c> & d=e\'s',
  message: "one\ntwo\t1 + 1 = 100 %",
  service: null,
  count: 3,
  recovered: false,
  details: { mount: "/var", "some key": [1, null, "x\ny"], constructor: "mine" },
};

const fill = (template: string, contentType = "application/json", values: BodyValues = {}) => fillBodyTemplate(template, contentType, { ...VALUES, ...values });

/** For what is not about time: a busy machine takes what it takes. */
function withoutTimeLimit(): void {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  onTestFinished(() => now.mockRestore());
}

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateProblem) return error.message;
    throw error;
  }
  return "";
}

describe("for JSON", () => {
  test.each<[string, string]>([
    ['{"text": "{{ title }}"}', `{"text": ${JSON.stringify(VALUES["title"])}}`],
    ['{"text": "{{ message }}!"}', `{"text": ${JSON.stringify(`${VALUES["message"] as string}!`)}}`],
    ["[{{ count }},{{ recovered }},{{ service }},{{ details }}]", JSON.stringify([3, false, null, VALUES["details"]])],
    ['[{{ title | json }},{{ service | json }},{{ details.mount | jsonify }}]', JSON.stringify([VALUES["title"], null, "/var"])],
    ['"{{ title | upcase | truncate: 4, "…" }}"', '"A \\"…"'],
    ['"{{ service | default: "none" }}"', '"none"'],
    ['"{% echo title %}"', JSON.stringify(VALUES["title"])],
    ['["{% cycle title, message %}","{% cycle title, message %}"]', JSON.stringify([VALUES["title"], VALUES["message"]])],
    ["[{% for item in details['some key'] %}{{ item | json }}{% unless forloop.last %},{% endunless %}{% endfor %}]", '[1,null,"x\\ny"]'],
    ["{{ '[1]' | raw }}", "[1]"],
    ["{% assign x = title | split: '' | last %}\"{{ x }}\"", '"s"'],
    ["{% capture x %}{{ count }}{% endcapture %}{{ x | raw }}", "3"],
    ["{{ 1 | divided_by: 0 }}", "null"],
    ['"{{ "now" | date: "%Y" | size }}"', '"4"'],
    ['"{{ "2026-01-31T23:30:00Z" | date: "%d.%m. %H:%M" }}"', '"31.01. 23:30"'],
  ])("%s", (template, expected) => {
    expect(fill(template)).toBe(expected);
    expect(fill(template, "application/vnd.example+JSON; charset=utf-8")).toBe(expected);
  });

  test("any text at all gives valid JSON", () => {
    withoutTimeLimit();
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.string({ unit: fc.constantFrom('"', "\\", "\n", "{{ title }}", "{% raw %}", "\u2028", "</script>", "\\u") }),
    );
    const details = fc.dictionary(text, fc.jsonValue()) as fc.Arbitrary<{ [key: string]: never }>;
    fc.assert(
      fc.property(text, text, details, (title, message, inner) => {
        const body = fill('{"a":"{{ title }}","b":"{{ message }}","d":{{ details }}}', "application/json", { title, message, details: inner });
        const clean = (value: string) => value.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\uFFFD");
        expect(JSON.parse(body)).toMatchObject({ a: clean(title), b: clean(message) });
        expect(body).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  test("half a character, cut by the template, becomes a replacement character", () => {
    expect(fill('"{{ "👩" | split: "" | first }}{% capture x %}{{ "👩" | split: "" | first | raw }}{% endcapture %}{{ x }}"')).toBe('"\uFFFD\uFFFD"');
  });

  test.each(['{"a": {{ title }}}', '{"a": "{{ title | raw }}"}', "", "{{ title }}", '{"a": 1,}'])("invalid JSON is refused: %s", (template) => {
    expect(problemOf(() => fill(template))).toMatch(/^its result is not valid JSON/);
  });
});

describe("for other types", () => {
  test.each<[string, string, string]>([
    ["application/x-www-form-urlencoded", "t={{ title }}&n={{ count }}&s={{ service }}", "t=a+%22b%22+%5C+%3Cc%3E+%26+d%3De%27s&n=3&s="],
    ["application/x-www-form-urlencoded; charset=utf-8", "d={{ details.mount }}&x={{ title | raw }}", `d=%2Fvar&x=${VALUES["title"] as string}`],
    ["text/html", "<p title='{{ title }}'>{{ details }}</p>", "<p title='a &quot;b&quot; \\ &lt;c&gt; &amp; d=e&#39;s'>{&quot;mount&quot;:&quot;/var&quot;,&quot;some key&quot;:[1,null,&quot;x\\ny&quot;],&quot;constructor&quot;:&quot;mine&quot;}</p>"],
    ["application/xml", "<a>{{ '<\u0007>' }}{{ service }}</a>", "<a>&lt;&gt;</a>"],
    ["image/svg+xml", "{{ '<' }}", "&lt;"],
    ["text/plain", "{{ title }} {{ details['some key'] }} {{ service }}{{ recovered }}", `${VALUES["title"] as string} [1,null,"x\\ny"] false`],
    ["text/csv", "{{ message | json }}", JSON.stringify(VALUES["message"])],
  ])("%s: %s", (contentType, template, expected) => {
    expect(fill(template, contentType)).toBe(expected);
  });
});

describe("what JavaScript has of its own is out of reach", () => {
  test.each([
    "constructor", "__proto__", "toString", "title.constructor", "title.__proto__", "details.__proto__", "details.toString", "count.constructor.name",
    "details['hasOwnProperty']", "title['constructor']['constructor']", "globalThis", "process.env", "this", "nothing.at.all", "forloop",
  ])("{{ %s }}", (name) => {
    expect(fill(`{{ ${name} }}`, "text/plain")).toBe("");
    expect(fill(`{{ ${name} }}`)).toBe("null");
  });

  test("nor does a filter find it", () => {
    expect(fill("{{ details | map: 'toString' }}{{ title | map: 'constructor' }}{{ title | where: 'constructor' }}", "text/plain")).toBe("[null][null][]");
  });

  test("but a producer's own name is there", () => {
    expect(fill("{{ details.constructor }}", "text/plain")).toBe("mine");
  });

  test("the values stay as they are", () => {
    const values = structuredClone(VALUES);
    fill("{% assign title = 1 %}{% increment count %}{% assign d = details['some key'] | push: 2 | reverse | sort %}{% increment __proto__ %}", "text/plain", values);
    expect(values).toEqual(VALUES);
    expect(fill("{{ title }}{{ count }}", "text/plain")).toBe(`${VALUES["title"] as string}3`);
  });
});

describe("a problem says what and where, and quotes nothing", () => {
  test.each<[string, string]>([
    ["{{ title", "{{ is not closed by }} (line 1, column 1)"],
    ["a\n b {% if title", "{% is not closed by %} (line 2, column 4)"],
    ["{% if title == 's3cret' %}", "a tag has no end tag, e.g. endif or endfor (line 1, column 1)"],
    ["{% for x in details %}{{ x }}", "a tag has no end tag, e.g. endif or endfor (line 1, column 1)"],
    ["{% raw %}s3cret", "a tag has no end tag, e.g. endif or endfor (line 1, column 10)"],
    ["\n{{ 's3cret' | shout }}", 'there is no filter "shout" (line 2, column 1)'],
    ["{% if title %}{{ title | shout }}{% endif %}", 'there is no filter "shout" (line 1, column 15)'],
    ["{% shout 's3cret' %}", 'there is no tag "shout" (line 1, column 1)'],
    ["{% endif %}", 'there is no tag "endif" (line 1, column 1)'],
    ["{% include '/etc/passwd' %}", 'the tag "include" cannot be used, for there are no other templates (line 1, column 1)'],
    ["{% render 'a' %}", 'the tag "render" cannot be used, for there are no other templates (line 1, column 1)'],
    ["{% layout 'a' %}", 'the tag "layout" cannot be used, for there are no other templates (line 1, column 1)'],
    ["{% for s3cret %}{% endfor %}", "something here is not Liquid as it should be (line 1, column 1)"],
    ["{{ 's3cret%' | url_decode }}", "what stands here cannot be worked out (line 1, column 1)"],
  ])("%s", (template, problem) => {
    expect(problemOf(() => fill(template, "text/plain"))).toContain(problem);
    expect(problemOf(() => checkBodyTemplate(template, "text/plain"))).not.toContain("s3cret");
  });
});

describe("limits", () => {
  test("of the template itself", () => {
    expect(problemOf(() => fill(" ".repeat(20_001), "text/plain"))).toBe("it has more than 20000 characters");
    expect(problemOf(() => fill("{% if 1 %}".repeat(1900), "text/plain"))).toContain("it is nested too deeply");
  });

  test.each<[string, string, RegExp]>([
    ["nested loops", "{% for a in (1..100000) %}{% for b in (1..100000) %}{% endfor %}{% endfor %}", /^it takes too long|^it needs too much memory/],
    ["a huge range", "{% for a in (1..10000000000) %}{% endfor %}", /^it needs too much memory/],
    ["text that doubles", `{% assign a = title %}${"{% assign a = a | append: a %}".repeat(40)}`, /^it needs too much memory/],
    ["captured text that doubles", `{% capture a %}{{ title }}{% endcapture %}${"{% capture a %}{{ a | raw }}{{ a | raw }}{% endcapture %}".repeat(40)}`, /^it needs too much memory/],
    ["lists in lists", `{% assign a = "1" | split: "," %}${"{% assign a = a | push: a %}".repeat(60)}`, /^it needs too much memory/],
    ["a growing text in one output", `{{ "%"${" | url_encode".repeat(1500)} }}`, /^it needs too much memory/],
    ["a long search", "{{ details.long | remove_last: details.part }}", /^it needs too much memory/],
    ["a long search in a condition", "{% if details.long contains details.part %}{% endif %}", /^it needs too much memory/],
    ["a long body", `{% for a in (1..1000) %}${"x".repeat(2000)}{% endfor %}`, /^it makes a body of more than 1000000 characters/],
  ])("%s", (_, template, problem) => {
    const details = { long: "a".repeat(32_000), part: `${"a".repeat(8000)}b${"a".repeat(8000)}` };
    expect(problemOf(() => fill(template, "text/plain", { details }))).toMatch(problem);
  });

  test("the longest message that there can be is well within them", () => {
    withoutTimeLimit();
    const details = { log: "<".repeat(32_000) };
    const body = fill('{"a":"{{ title }}","b":"{{ message | strip | replace: "x", "y" | truncate: 15000 }}","c":{{ details }},"d":"{{ details.log }}"}', "application/json", { message: "x".repeat(20_000), details });
    expect(JSON.parse(body)).toMatchObject({ b: expect.stringMatching(/^y+\.\.\.$/), d: details.log });
  });
});

test("a template is parsed once, until too many others came", () => {
  const parse = vi.spyOn(Liquid.prototype, "parse");
  try {
    const times = (template: string) => parse.mock.calls.filter(([given]) => given === template).length;
    for (let index = 0; index < 3; index += 1) fill("parsed once {{ title }}", "text/plain");
    expect(times("parsed once {{ title }}")).toBe(1);
    for (let index = 0; index < 90; index += 1) {
      fill(`${index}${"x".repeat(10_000)}`, "text/plain");
      if (index < 30) fill("parsed once {{ title }}", "text/plain");
    }
    expect(times("parsed once {{ title }}")).toBe(1);
    fill("parsed once {{ title }}", "text/plain");
    expect(times("parsed once {{ title }}")).toBe(2);
  } finally {
    parse.mockRestore();
  }
});

describe("when it is saved", () => {
  test.each(['{"text": "{{ title }}: {{ message }}", "data": {{ details }}}', '{"service": {{ service | json }}, "n": {{ count }}, "percent": {{ details.percent }}}'])("%s is taken", (template) => {
    expect(problemOf(() => checkBodyTemplate(template, "application/json"))).toBe("");
  });

  test.each([
    ["a text without quotes", '{"service": {{ service }}}'],
    ["a branch for recoveries only", '{"a": 1{% if recovered %},{% endif %}}'],
    ["a branch for events without service", '{"a": 1{% unless service %},{% endunless %}}'],
  ])("%s is tried", (_, template) => {
    expect(problemOf(() => checkBodyTemplate(template, "application/json"))).toMatch(/not valid JSON/);
    expect(problemOf(() => checkBodyTemplate(template, "text/plain"))).toBe("");
  });
});
