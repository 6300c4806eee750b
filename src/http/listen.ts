import type { Server } from "node:http";
import { StartError } from "../errors.ts";

const CAUSES: Record<string, string> = {
  EADDRINUSE: "is in use by another program. Stop it, or choose another PORT.",
  EACCES: "may not be used without more rights. Choose a PORT above 1023.",
  EADDRNOTAVAIL: "is not an address of this machine. Check HOST.",
  ENOTFOUND: "is not a known host name. Check HOST.",
};

/** @throws {StartError} when the address cannot be listened on */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const cause = CAUSES[error.code ?? ""];
      reject(cause ? new StartError(`${host}:${port} ${cause}`) : error);
    });
    server.listen(port, host, resolve);
  });
}
