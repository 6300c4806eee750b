/** Some measurements of one thing. */
export interface Sample {
  median: number;
  min: number;
  max: number;
}

/** One line of the result. All are already written out, so that each figure has the unit that suits it. */
export interface Figure {
  name: string;
  value: string;
  /** What the value is held against, measured in the same run. */
  reference: string;
  ratio: string;
  goal: string;
}

export function sampleOf(values: readonly number[]): Sample {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

export function quantile(values: readonly number[], share: number): number {
  const rising = [...values].sort((a, b) => a - b);
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? Number.NaN;
}

/** The median and, of several rounds, how far they were apart. */
export function shown({ median, min, max }: Sample, unit: string, digits = 0): string {
  const [middle, low, high] = [median, min, max].map((value) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return low === high ? `${middle} ${unit}` : `${middle} ${unit} (${low} to ${high})`;
}

export function ratioOf(value: Sample, reference: Sample): string {
  return (value.median / reference.median).toFixed(2);
}

export function printTable(figures: readonly Figure[]): void {
  const head: Figure = { name: "figure", value: "median (min to max)", reference: "reference", ratio: "ratio", goal: "goal" };
  const columns = ["name", "value", "reference", "ratio", "goal"] as const;
  const widths = columns.map((column) => Math.max(...[head, ...figures].map((figure) => figure[column].length)));
  for (const figure of [head, ...figures]) {
    console.log(columns.map((column, index) => figure[column].padEnd(widths[index] ?? 0)).join("  ").trimEnd());
  }
}
