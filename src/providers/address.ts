import { lookup as systemLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * What an outgoing request may do with an address.
 * - PUBLIC: always allowed.
 * - PRIVATE: loopback, private and other networks that are not the internet; allowed only where the setting says so.
 * - NEVER: link-local, cloud metadata services, unspecified, multicast, broadcast.
 */
export type AddressTier = "PUBLIC" | "PRIVATE" | "NEVER";

const NEVER_RANGES = new Set<string>(["linkLocal", "unspecified", "multicast", "broadcast", "teredo"]);

/** Metadata services of clouds that are not link-local: AWS, AWS EKS, Google, Scaleway; Alibaba, Oracle, Azure. */
const METADATA = new Set(
  ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "100.100.100.200", "192.0.0.192", "168.63.129.16"].map((text) =>
    ipaddr.parse(text).toString(),
  ),
);

/** The IPv4 address that an IPv6 address really leads to, if it does. */
function embedded({ parts }: ipaddr.IPv6, range: string): ipaddr.IPv4 | undefined {
  const at = (index: number) => {
    const [high = 0, low = 0] = parts.slice(index, index + 2);
    return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  };
  if (range === "6to4") return at(1);
  if (["ipv4Mapped", "rfc6145", "rfc6052"].includes(range)) return at(6);
  // ::a.b.c.d, the old IPv4-compatible form; :: and ::1 have ranges of their own.
  return range === "unicast" && parts.slice(0, 6).every((part) => part === 0) ? at(6) : undefined;
}

/**
 * The tier of an address in any form a host can have: dotted, decimal, octal or hex IPv4, IPv6 with or without brackets.
 * @returns undefined when `host` is a name
 */
export function addressTier(host: string): AddressTier | undefined {
  const text = host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (!ipaddr.isValid(text)) return undefined;
  return tierOf(ipaddr.parse(text));
}

function tierOf(address: ipaddr.IPv4 | ipaddr.IPv6): AddressTier {
  const range = address.range();
  if (address instanceof ipaddr.IPv6) {
    // Local-use NAT64 (RFC 8215) may hide its IPv4 address anywhere, so nobody can say where it leads.
    if (range === "rfc6052" && address.parts[2] === 1) return "NEVER";
    const inner = embedded(address, range);
    if (inner) return tierOf(inner);
    // The zone only names a network interface.
    delete address.zoneId;
  }
  if (NEVER_RANGES.has(range) || METADATA.has(address.toString())) return "NEVER";
  return range === "unicast" ? "PUBLIC" : "PRIVATE";
}

/** A target that the address rules refuse. The message names no address, so that names inside a network are not probed with it. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly hint: string;

  constructor(tier: AddressTier) {
    super(tier === "NEVER" ? "the address is one that is never used as a target" : "the address is in a private network");
    this.hint =
      tier === "NEVER"
        ? "Link-local, multicast and cloud metadata addresses cannot be targets. Check the host name."
        : "Targets in private networks are not allowed here. Use a public address, or have an administrator allow private ones.";
  }
}

/** Why `host` may not be a target; undefined for allowed addresses and for names. */
export function refusal(host: string, allowPrivate: boolean): AddressRefused | undefined {
  const tier = addressTier(host);
  if (tier === undefined || tier === "PUBLIC" || (tier === "PRIVATE" && allowPrivate)) return undefined;
  return new AddressRefused(tier);
}

/** A `lookup` for sockets that gives allowed addresses only, so that the address checked is the address connected to. */
export function checkedLookup(allowPrivate: boolean, lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const addresses = found as LookupAddress[];
      const allowed = addresses.filter(({ address }) => !refusal(address, allowPrivate));
      const [first] = allowed;
      if (!first) return callback(refusal(addresses[0]?.address ?? "0.0.0.0", allowPrivate) ?? new AddressRefused("NEVER"), []);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
