import { statfsSync } from "node:fs";
import { StartError } from "./errors.ts";

/** @throws {StartError} when the disk of this folder has no room for so many bytes */
export function refuseFullDisk(folder: string, needed: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < needed) throw new StartError(`The disk of ${folder} has too little space: ${megabytes(needed)} are needed, ${megabytes(free)} are free.`);
}

/** For people, e.g. "12.3 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
