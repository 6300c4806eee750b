import { createHttp } from "../providers/http.ts";
import { createMail } from "../providers/mail.ts";
import { createRunProgram } from "../providers/program.ts";
import { DeliveryError } from "../providers/provider.ts";
import type { Ways } from "../providers/provider.ts";
import type { Message } from "../render/message.ts";

/** The outside world, as channel kinds reach it. */
export interface Outside extends Omit<Ways, "signal" | "now"> {
  /** Stores the message in the inbox of this channel. */
  inbox(channelId: string, message: Message): Promise<void>;
  print(line: string): void;
}

export interface OutsideWorld {
  /** What channels and accounts may reach: the server's own (null), or a customer's, which never get into private networks nor run programs here. */
  of(customer: string | null): Outside;
  /** Breaks off whatever is under way. */
  close(): Promise<void>;
}

export interface OutsideDeps {
  /** Whether the server's own channels may reach loopback and private networks. */
  privateTargets: boolean;
  /** Our own name for mail servers. */
  hostName: string;
  /** The server's own environment, of which programs get a little. */
  environment: Readonly<Record<string, string | undefined>>;
  inbox: Outside["inbox"];
  print: Outside["print"];
}

export function createOutside({ privateTargets, hostName, environment, inbox, print }: OutsideDeps): OutsideWorld {
  const waysOut = (allowPrivate: boolean) => ({ http: createHttp({ allowPrivate }), mail: createMail({ hostname: hostName, allowPrivate }) });
  const own = waysOut(privateTargets);
  const customers = waysOut(false);
  const breaker = createBreaker();
  const outsideOf = ({ http, mail }: typeof own, run: Outside["run"]): Outside => ({ http: http.http, mail: breaker.of(mail.mail), checkMail: breaker.of(mail.checkMail), run: breaker.of(run), inbox, print });
  const server = outsideOf(own, createRunProgram(environment));
  const customer = outsideOf(customers, refuseProgram);
  return {
    of: (name) => (name === null ? server : customer),
    async close() {
      breaker.breakOff();
      for (const { http, mail } of [own, customers]) {
        await http.close();
        await mail.close();
      }
    },
  };
}

/** Lets calls that take an abort signal all be broken off at once, whatever each waits for. */
function createBreaker() {
  const stops = new Set<AbortController>();
  return {
    of<Given extends unknown[], Options extends { signal: AbortSignal }, Result>(call: (...args: [...Given, Options]) => Promise<Result>) {
      return async (...args: [...Given, Options]): Promise<Result> => {
        const stop = new AbortController();
        stops.add(stop);
        const [given, options] = [args.slice(0, -1) as Given, args.at(-1) as Options];
        try {
          return await call(...given, { ...options, signal: AbortSignal.any([options.signal, stop.signal]) });
        } finally {
          stops.delete(stop);
        }
      };
    },
    breakOff(): void {
      for (const stop of stops) stop.abort();
    },
  };
}

/** A program connects to whatever it likes, so the address rules would not hold. */
function refuseProgram(): Promise<never> {
  return Promise.reject(new DeliveryError({ outcome: "PERMANENT", message: "Channels of customers cannot use programs on the server's machine.", hint: "Use a server that is reached by HTTP instead." }));
}
