import fc from "fast-check";
import type { LookupFunction } from "node:net";
import { describe, expect, test } from "vitest";
import { AddressRefused, addressTier, checkedLookup, refusal } from "../../src/providers/address.ts";

test.each([
  // link-local, metadata
  "169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fe80::1%eth0", "[fe80::1]", "fd00:ec2::254", "fd00:0ec2:0:0:0:0:0:254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
  // unspecified, multicast, broadcast
  "0.0.0.0", "0.1.2.3", "0", "::", "[::]", "224.0.0.1", "239.255.255.255", "ff02::1", "255.255.255.255",
  // the same in other clothes
  "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::1", "2001:0:1:2:3:4:5:6",
  "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0xa9.0xfe.43518", "169.254.169.254.", "::ffff:0:169.254.169.254", "::ffff:0.0.0.0",
])("%s: never", (host) => {
  expect(addressTier(host)).toBe("NEVER");
  expect(refusal(host, true)?.hint).toMatch(/cannot be targets/);
});

test.each([
  "127.0.0.1", "127.255.255.254", "::1", "[::1]", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fc00::1", "fd12:3456::1", "fec0::1",
  "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::192.168.0.1", "2002:7f00:1::", "2002:c0a8:101::1",
  "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "198.18.0.1", "192.0.2.1", "240.0.0.1", "2001:db8::1",
])("%s: private", (host) => {
  expect(addressTier(host)).toBe("PRIVATE");
  expect(refusal(host, true)).toBeUndefined();
  expect(refusal(host, false)?.hint).toMatch(/private/);
});

test.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "172.15.255.255", "100.128.0.1", "192.169.0.1", "2606:4700::1111", "[2a00:1450::1]", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "134744072"])(
  "%s: public",
  (host) => {
    expect(addressTier(host)).toBe("PUBLIC");
    expect(refusal(host, false)).toBeUndefined();
  },
);

test.each(["example.com", "localhost", "a.b", "1.2.3.4.5", "256.256.256.256.example", "xn--n3h.example"])("%s is a name", (host) => {
  expect(addressTier(host)).toBeUndefined();
  expect(refusal(host, false)).toBeUndefined();
});

test("an IPv4 address has the same tier in every IPv6 form and number form", () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      const bytes = ip.split(".").map(Number);
      const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
      const pairs = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
      const tier = addressTier(ip);
      expect(tier).toBeDefined();
      for (const form of [`::ffff:${ip}`, `::ffff:${pairs}`, `64:ff9b::${pairs}`, `2002:${pairs}::`, String(number), `0x${hex.join("")}`]) {
        expect(addressTier(form), form).toBe(tier);
      }
    }),
  );
});

test("a URL's host is read as the URL parser leaves it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV6().map((ip) => `[${ip}]`)), (host) => {
      fc.pre(URL.canParse(`http://${host}/`));
      expect(addressTier(new URL(`http://${host}/`).hostname)).toBe(addressTier(host));
    }),
  );
});

describe("checkedLookup", () => {
  const lookup: LookupFunction = (hostname, _, callback) =>
    callback(
      null,
      hostname.split(",").map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  const look = (allowPrivate: boolean, names: string, all: boolean) =>
    new Promise((resolve) =>
      checkedLookup(allowPrivate, lookup)(names, { all }, (error, address, family) => resolve(error ?? [address, family])),
    );

  test("gives allowed addresses only, in both forms of answer", async () => {
    expect(await look(false, "10.0.0.1,8.8.8.8,fe80::1", true)).toEqual([[{ address: "8.8.8.8", family: 4 }], undefined]);
    expect(await look(false, "10.0.0.1,8.8.8.8", false)).toEqual(["8.8.8.8", 4]);
    expect(await look(true, "fe80::1,10.0.0.1", false)).toEqual(["10.0.0.1", 4]);
  });

  test("refuses a name with none", async () => {
    expect(await look(false, "10.0.0.1,::1", true)).toBeInstanceOf(AddressRefused);
    expect(await look(true, "169.254.169.254", false)).toBeInstanceOf(AddressRefused);
  });

  test("passes failures on", async () => {
    const failure = new Error("no");
    const failing = checkedLookup(true, (_, __, callback) => callback(failure, []));
    expect(await new Promise((resolve) => failing("x", {}, resolve))).toBe(failure);
  });
});
