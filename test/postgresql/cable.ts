import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** As the server has named that statement. */
const COMMIT = createHash("sha256").update("COMMIT").digest("base64url").slice(0, 20);

export interface Cable {
  /** By which the database is reached over it. */
  url: string;
  cut(): void;
  mend(): void;
  /** Cuts one connection when the answer to the COMMIT of the next transaction comes in which this text was sent. */
  loseAnswer(text: string): void;
  /** How many answers were lost so. */
  readonly lost: number;
}

/** Stands between a server and PostgreSQL. */
export async function startCable(target: URL): Promise<Cable> {
  const sockets = new Set<Socket>();
  let whole = true;
  let awaited: string | null = null;
  let lost = 0;

  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (!whole) return void socket.destroy();
    const other = connect(Number(target.port), target.hostname);
    let state: "USUAL" | "TO_COMMIT" | "TO_LOSE" = "USUAL";
    socket.on("data", (sent) => {
      if (awaited !== null && sent.includes(awaited)) [state, awaited] = ["TO_COMMIT", null];
      if (state === "TO_COMMIT" && sent.includes(COMMIT)) state = "TO_LOSE";
      other.write(sent);
    });
    other.on("data", (answer) => {
      if (state !== "TO_LOSE") return void socket.write(answer);
      lost += 1;
      socket.destroy();
    });
    for (const [one, its] of [[socket, other], [other, socket]] as const) {
      sockets.add(one);
      one.on("error", () => undefined).on("close", () => {
        sockets.delete(one);
        its.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut() {
      whole = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => void (whole = true),
    loseAnswer: (text) => void (awaited = text),
    get lost() {
      return lost;
    },
  };
}
