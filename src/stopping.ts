import type { App } from "./app.ts";

/** Ends the process in good order by a signal, or when the server cannot go on. */
export function stopWhenTold(app: App): void {
  let stopping = false;
  const stop = (exitCode: number): void => {
    // A second signal ends at once: what is committed goes on at the next start.
    if (stopping) process.exit(1);
    stopping = true;
    void app.close().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        process.stderr.write(`The stop has failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop(0));
  process.on("SIGINT", () => stop(0));
  void app.failed.then(({ message }) => {
    if (stopping) return;
    process.stderr.write(`Carillon cannot go on.\n${message}\n`);
    stop(1);
  });
}
