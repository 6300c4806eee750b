import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes a file's content, or the names in a folder, survive a power cut. */
export function syncToDisk(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
