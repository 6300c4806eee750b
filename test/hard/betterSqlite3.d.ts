/** As much of the driver as the tests use; it brings no types of its own. */
declare module "better-sqlite3" {
  export default class Database {
    constructor(file: string, options?: { readonly?: boolean; timeout?: number });
    exec(sql: string): this;
    pragma(sql: string, options?: { simple?: boolean }): unknown;
    prepare(sql: string): { run(...values: unknown[]): unknown; all(...values: unknown[]): unknown[]; get(...values: unknown[]): unknown };
    close(): void;
  }
}
