/**
 * Compiles rows, and those that were there the last time not again: settings are read anew at every change of any of
 * them, and what was compiled remembers what it has worked out. One for each row, also where two are the same.
 */
export function compileOnce<Row, Compiled>(compile: (row: Row) => Compiled): (rows: readonly Row[]) => Compiled[] {
  let last = new Map<string, Compiled>();
  return (rows) => {
    const next = new Map<string, Compiled>();
    const compiled = rows.map((row) => {
      const key = JSON.stringify(row);
      const one = next.get(key) ?? last.get(key) ?? compile(row);
      next.set(key, one);
      return one;
    });
    last = next;
    return compiled;
  };
}
