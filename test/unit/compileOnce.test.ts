import { expect, it } from "vitest";
import { compileOnce } from "../../src/matchers/compileOnce.ts";

it("compiles what it has not compiled before, and answers for each row at its place, equal ones included", () => {
  const compiled: number[] = [];
  const compile = compileOnce(({ of }: { of: number }) => {
    compiled.push(of);
    return `compiled ${of}`;
  });
  expect(compile([{ of: 1 }, { of: 2 }, { of: 1 }])).toEqual(["compiled 1", "compiled 2", "compiled 1"]);
  expect(compile([{ of: 3 }, { of: 1 }, { of: 3 }])).toEqual(["compiled 3", "compiled 1", "compiled 3"]);
  expect(compiled).toEqual([1, 2, 3]);
});
