/**
 * Compiles rows, and those that were there the last time not again: settings are read anew at every change of any of
 * them, and what was compiled remembers what it has worked out.
 */
export function compileOnce<Row, Compiled>(compile: (row: Row) => Compiled): (rows: readonly Row[]) => Compiled[] {
  let last = new Map<string, Compiled>();
  return (rows) => {
    const next = new Map<string, Compiled>();
    for (const row of rows) {
      const key = JSON.stringify(row);
      next.set(key, last.get(key) ?? compile(row));
    }
    last = next;
    return [...next.values()];
  };
}
