import type { DeliveryFailure, Provider } from "../../src/providers/provider.ts";
import type { Message } from "../../src/render/message.ts";
import { type FakeHttp, startFakeHttp } from "./fakeHttp.ts";
import type { Answer, Reply, SeenRequest } from "./fakeHttp.ts";
import { NOW } from "./messages.ts";

/** Planted in every secret field; must never be seen outside the request. Its shape suits tokens and URL parts. */
export const CANARY = "CANARYsecret0123456789abcdef";

/** What time it is for receivers that check it. */
export const fakeClock = { now: () => NOW };

/** A documented error of the provider, and how it has to be read. */
export interface ErrorCase {
  name: string;
  answers: Answer[];
  /** `hint` must match, so that a person learns what to do. */
  expect: Pick<DeliveryFailure, "outcome"> & Partial<Omit<DeliveryFailure, "hint" | "message">> & { hint?: RegExp; message?: RegExp };
}

/** All that the shared suite needs to know of an HTTP channel kind. */
export interface ContractCase {
  provider: Provider;
  /** Answers as the real provider does, and complains of whatever that would refuse. */
  accept: (request: SeenRequest) => Reply;
  /** Valid input with every field set and the canary in each secret one, for a provider at `url`. */
  config: (url: string) => Record<string, unknown>;
  /** The config of the golden requests, where `config` would fix what the severity decides. */
  goldenConfig?: (url: string) => Record<string, unknown>;
  /** What stands in the secret fields instead of the canary, where the provider's format does not take that. At least 12 characters each. */
  secrets?: string[];
  /** Input that must be refused, by field name, and what the message must say. */
  invalid: { field: string; value: unknown; message: RegExp }[];
  errors: ErrorCase[];
  /** Reference in the receipt of an accepted message. */
  reference: string | undefined | ((message: Message) => string | undefined);
  /** Errors of the account's check, for kinds with an account. Its good answer comes from `accept`. */
  checkErrors?: ErrorCase[];
  /** True where every 2xx answer is a success, whatever its body. */
  takesAny2xx?: true;
  /** A body that is neither JSON, a form nor text, as golden files show it. */
  readBody?: (request: SeenRequest) => unknown;
  /** Request headers that are part of the golden files. */
  goldenHeaders: string[];
}

/** Gives a kind's own type back for the list, where payloads and configs differ. */
export function asProvider(provider: unknown): Provider {
  return provider as Provider;
}

export function startFake(contract: ContractCase): Promise<FakeHttp> {
  return startFakeHttp(contract.accept);
}

/** JSON with its content type. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": "text/plain", ...headers }, body };
}

const unused = () => {
  throw new Error("not for this kind");
};

/** The ways out that a kind must not take; spread first, then the ones that it may. */
export const unusedWays = { http: unused, mail: unused, checkMail: unused, run: unused, inbox: unused, print: unused };
