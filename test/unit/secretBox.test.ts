import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createSecretBox } from "../../src/secretBox.ts";

const box = createSecretBox(Buffer.alloc(32, 1));

it("gives back what was put in, for its row", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 500 }), fc.string(), (plain, row) => {
      const sealed = box.seal(plain, row);
      expect(sealed).toMatch(/^v1\.[0-9a-f]{8}(\.[\w-]*){3}$/);
      expect(box.open(sealed, row)).toBe(plain);
    }),
  );
});

it("never looks the same twice, and shows nothing of what is in it", () => {
  const plain = "CANARY secret of some length";
  const sealed = Array.from({ length: 100 }, () => box.seal(plain, "row"));
  expect(new Set(sealed).size).toBe(100);
  for (const text of sealed) {
    expect(Buffer.from(text.split(".")[3] ?? "", "base64url").toString("latin1")).not.toContain("CANARY");
    expect(text).not.toContain(Buffer.from(plain).toString("base64url"));
  }
});

it("opens for no other row", () => {
  const sealed = box.seal("x", "channel:1");
  for (const row of ["channel:2", "channel:10", "", "Channel:1"]) expect(() => box.open(sealed, row)).toThrow();
});

it("opens with no other key, and says which key it was", () => {
  const other = createSecretBox(randomBytes(32));
  const sealed = box.seal("CANARY", "row");
  expect(() => other.open(sealed, "row")).toThrow(`with the key ${box.keyId}, not with ${other.keyId}`);
  // Even where the key's name is forged.
  const forged = sealed.replace(box.keyId, other.keyId);
  expect(() => other.open(forged, "row")).toThrow();
});

it("opens nothing that was changed in any place", () => {
  const sealed = box.seal("a secret", "row");
  const parts = sealed.split(".");
  for (let part = 2; part < 5; part += 1) {
    const bytes = Buffer.from(parts[part] ?? "", "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const tampered = parts.map((text, index) => (index === part ? changed.toString("base64url") : text)).join(".");
      expect(() => box.open(tampered, "row"), tampered).toThrow();
    }
  }
});

it.each(["", "v1", "v2.aaaaaaaa.b.c.d", "v1....", "plain text", "v1.xxxxxxxx.x.x.x", `v1.${box.keyId}...`, `v1.${box.keyId}.AAAA.AAAA.AAAA`])("does not take %j for sealed", (text) => {
  expect(() => box.open(text, "row")).toThrow();
});

it("takes no tag that was cut short", () => {
  const parts = box.seal("a secret", "row").split(".");
  for (const bytes of [0, 1, 4, 8, 12, 15]) {
    const short = Buffer.from(parts[4] ?? "", "base64url").subarray(0, bytes).toString("base64url");
    expect(() => box.open([...parts.slice(0, 4), short].join("."), "row"), `a tag of ${bytes} bytes`).toThrow();
  }
});

it("names its key without telling it", () => {
  const key = randomBytes(32);
  const { keyId } = createSecretBox(key);
  expect(createSecretBox(key).keyId).toBe(keyId);
  expect(key.toString("hex")).not.toContain(keyId);
});
