import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** A shared part longer than this is written as it is, rather than copied for each connection. */
const LONGEST_COPY = 4096;
const TEXT = 0x81;

/**
 * Writes text messages straight to a WebSocket's socket. A message is made of a head of its own and a body that many
 * connections share. Nothing else writes in the middle of a message, since messages are not compressed.
 */
export class TextFrames {
  readonly #client: WebSocket;
  readonly #socket: Duplex;
  #waiting: (() => void)[] | null = null;

  constructor(client: WebSocket, socket: Duplex) {
    this.#client = client;
    this.#socket = socket;
  }

  /** False while the client does not read as fast as is written: `whenRoom` tells when it goes on. */
  get hasRoom(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  whenRoom(run: () => void): void {
    if (this.#waiting) return void this.#waiting.push(run);
    this.#waiting = [run];
    this.#socket.once("drain", () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      for (const next of waiting) next();
    });
  }

  /** Writes some messages at once; nothing when the connection is being closed. */
  write(head: string, bodies: readonly Buffer[]): void {
    if (this.#client.readyState !== this.#client.OPEN) return;
    const pieces = bodies.flatMap((body) => frame(head, body));
    if (pieces.length === 1) return void this.#socket.write(pieces[0]);
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }
}

/** A text frame as RFC 6455, 5.2 has it: of a server's, nothing is masked. */
function frame(head: string, body: Buffer): Buffer[] {
  const headBytes = Buffer.byteLength(head);
  const length = headBytes + body.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const isCopied = body.length <= LONGEST_COPY;
  const first = Buffer.allocUnsafe(2 + lengthBytes + headBytes + (isCopied ? body.length : 0));
  first[0] = TEXT;
  first[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) first.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) first.writeBigUInt64BE(BigInt(length), 2);
  first.write(head, 2 + lengthBytes);
  if (!isCopied) return [first, body];
  body.copy(first, 2 + lengthBytes + headBytes);
  return [first];
}
