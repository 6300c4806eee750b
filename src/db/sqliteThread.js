// Plain JavaScript, because a thread starts from a file that Node itself can read.
import { parentPort, workerData } from "node:worker_threads";
import Sqlite from "better-sqlite3";
import { createSqliteStatements } from "./sqliteStatements.js";

/**
 * What is to be run in order, of which the last one is answered; see sqliteWriter.ts.
 * @typedef {{ text: string; values: readonly unknown[] }} Statement
 * @typedef {{ text: string; rows: readonly (readonly unknown[])[] }} Repeated
 * @typedef {{ id: number; before: Repeated[]; last: Statement; wants: "ROWS" | "CHANGES" }} Request
 * @typedef {{ id: number; result: unknown } | { id: number; error: { name: string; message: string; code: string | undefined } }} Answer
 */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const { file, pragmas } = /** @type {{ file: string; pragmas: string }} */ (workerData);
const connection = /** @type {import("./sqliteStatements.js").Sqlite} */ (/** @type {unknown} */ (new Sqlite(file)));
connection.exec(pragmas);
const statements = createSqliteStatements(connection);

/** Why the transaction cannot go on; what else was sent for it must not be run outside of it. @type {{ name: string; message: string; code: string | undefined } | null} */
let failure = null;

/** @param {Request} request @returns {Answer} */
function answer({ id, before, last, wants }) {
  if (last.text.startsWith("ROLLBACK")) failure = null;
  if (failure) return { id, error: failure };
  try {
    if (last.text === "ROLLBACK" && !connection.inTransaction) return { id, result: 0 };
    for (const { text, rows } of before) statements.executeEach(text, rows);
    return { id, result: wants === "ROWS" ? statements.query(last.text, last.values) : statements.execute(last.text, last.values) };
  } catch (error) {
    const { name, message, code } = /** @type {Error & { code?: string }} */ (error);
    failure = { name, message, code };
    return { id, error: failure };
  }
}

port.on("message", (/** @type {Request | "close"} */ message) => {
  if (message !== "close") return port.postMessage(answer(message));
  connection.close();
  port.close();
});
port.postMessage("open");
