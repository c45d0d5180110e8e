// web/packets.mjs against the packets that the broker's own tests have: what is valid
// is decoded, and encoded to the same bytes; cut anywhere it is not. What breaks a rule
// that the page knows is refused.
// node web_codec.mjs WEB PACKETS
import assert from "node:assert";
import { readdirSync, readFileSync } from "node:fs";

const [web, packets] = process.argv.slice(2);
const { decode, encode, Splitter } = await import(`${web}/packets.mjs`);

// Flags, QoS 3, U+0000, and lengths that are longer than needed.
const KNOWN = /^([345]+)\s+81\s+\[MQTT-(2\.1\.3-1|3\.3\.1-4|1\.5\.4-2|1\.5\.5-1)\]\s+([0-9a-f.]+)\s/;
let count = 0;
let refused = 0;
for (const name of readdirSync(packets).filter((each) => each.endsWith(".txt"))) {
  for (const line of readFileSync(`${packets}/${name}`, "utf-8").split("\n")) {
    const [, broken, , wrong] = line.match(KNOWN) ?? [];
    for (const version of [4, 5].filter((each) => broken?.includes(each))) {
      const bytes = Uint8Array.from(Buffer.from(wrong.replaceAll(".", ""), "hex"));
      assert.throws(() => decode(bytes, version), Error, `${name}: ${line}`);
      refused++;
    }
    const [, versions, what] = line.match(/^([345]+)\s+ok\s+\S+\s+([0-9a-f.]+)\s/) ?? [];
    // Bridges set a bit of their own in the version.
    if (!what || line.endsWith("  a bridge")) continue;
    const bytes = Uint8Array.from(Buffer.from(what.replaceAll(".", ""), "hex"));
    for (const version of [4, 5].filter((each) => versions.includes(each))) {
      const { packet, fields } = decode(bytes, version);
      assert.deepStrictEqual(encode(packet, version), bytes, `${name}: ${line}`);
      // The fields stand one behind the other, and leave no byte out.
      let at = 0;
      for (const field of fields) {
        assert.strictEqual(field.start, at, `${name}: ${line}: ${field.name}`);
        at = field.end;
      }
      assert.strictEqual(at, bytes.length, `${name}: ${line}`);
      for (let cut = 0; cut < bytes.length; cut++)
        assert.throws(() => decode(bytes.subarray(0, cut), version), Error);
      count++;
    }
    // However the stream is cut, the same packets come of it.
    const twice = new Uint8Array([...bytes, ...bytes]);
    for (let cut = 0; cut <= twice.length; cut += 1 + Math.floor(twice.length / 50)) {
      const splitter = new Splitter();
      const got = [...splitter.add(twice.subarray(0, cut)), ...splitter.add(twice.subarray(cut))];
      assert.deepStrictEqual(got, [bytes, bytes], `${name}: cut at ${cut}`);
    }
  }
}
// [MQTT311-3.1.2-22]
const { Client } = await import(`${web}/client.mjs`);
const alone = { url: "ws://localhost", password: "geheim" };
assert.throws(() => new Client({ ...alone, version: 4 }), /no Password without a User Name/);
new Client({ ...alone, version: 4, userName: "anna" });
new Client({ ...alone, version: 5 });

assert(count > 300, `only ${count} packets were found`);
assert(refused > 100, `only ${refused} broken packets were found`);
console.log(`${count} packets, ${refused} broken ones`);
