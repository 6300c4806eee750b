import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A way to a PostgreSQL that a test can cut. */
export interface Wire extends AsyncDisposable {
  /** The database, by this way. */
  url: string;
  /** Ends all connections and takes no more. */
  cut(): void;
  /** Lets connections through again. @param but not those whose application has this name */
  mend(but?: string): void;
}

export async function startWire(database: string): Promise<Wire> {
  const target = new URL(database);
  const sockets = new Set<Socket>();
  let lets: (greeting: string) => boolean = () => true;

  const server = createServer((near) => {
    sockets.add(near);
    near.on("error", () => undefined).on("close", () => sockets.delete(near));
    near.once("data", (greeting) => {
      if (!lets(greeting.toString("latin1"))) return near.destroy();
      const far = connect(Number(target.port || 5432), target.hostname, () => {
        far.write(greeting);
        near.pipe(far).pipe(near);
      });
      far.on("error", () => near.destroy()).on("close", () => near.destroy());
      near.on("close", () => far.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(database);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut() {
      lets = () => false;
      cutAll();
    },
    mend(but) {
      lets = (greeting) => but === undefined || !greeting.includes(but);
    },
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
