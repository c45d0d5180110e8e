/*
 * MQTT 3.1.1 and 5.0: packets as bytes, and back. client.mjs sends and receives
 * them.
 *
 * Sections of the standard stand in brackets: [MQTT5 2.1.4] is section 2.1.4 of
 * "MQTT Version 5.0", OASIS Standard.
 *
 * A packet is an object whose members are what the standard names:
 *
 *     { type: "PUBLISH", qos: 1, topic: "a/b", packetId: 7, payload: bytes }
 *
 * encode() makes bytes of it, decode() makes it of bytes; both need to know the
 * version, 4 (that is 3.1.1) or 5.
 */

// ---- names --------------------------------------------------------------------

// By number [MQTT5 2.1.2].
export const TYPES = [
  "", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
  "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP",
  "DISCONNECT", "AUTH",
];

// Properties by identifier: name and type of the value [MQTT5 2.2.2.2].
const PROPERTIES = {
  1: ["Payload Format Indicator", "u8"],
  2: ["Message Expiry Interval", "u32"],
  3: ["Content Type", "string"],
  8: ["Response Topic", "string"],
  9: ["Correlation Data", "binary"],
  11: ["Subscription Identifier", "varint"],
  17: ["Session Expiry Interval", "u32"],
  18: ["Assigned Client Identifier", "string"],
  19: ["Server Keep Alive", "u16"],
  21: ["Authentication Method", "string"],
  22: ["Authentication Data", "binary"],
  23: ["Request Problem Information", "u8"],
  24: ["Will Delay Interval", "u32"],
  25: ["Request Response Information", "u8"],
  26: ["Response Information", "string"],
  28: ["Server Reference", "string"],
  31: ["Reason String", "string"],
  33: ["Receive Maximum", "u16"],
  34: ["Topic Alias Maximum", "u16"],
  35: ["Topic Alias", "u16"],
  36: ["Maximum QoS", "u8"],
  37: ["Retain Available", "u8"],
  38: ["User Property", "pair"],
  39: ["Maximum Packet Size", "u32"],
  40: ["Wildcard Subscription Available", "u8"],
  41: ["Subscription Identifier Available", "u8"],
  42: ["Shared Subscription Available", "u8"],
};

const IDENTIFIERS = Object.fromEntries(
  Object.entries(PROPERTIES).map(([id, [name]]) => [name, Number(id)]));

// What codes say that tell of a refusal: of version 5 [MQTT5 2.4], and those of
// CONNACK in version 3.1.1 [MQTT311 3.2.2.3].
const REASONS = {
  0x80: "Unspecified error", 0x81: "Malformed Packet", 0x82: "Protocol Error",
  0x83: "Implementation specific error", 0x84: "Unsupported Protocol Version",
  0x85: "Client Identifier not valid", 0x86: "Bad User Name or Password",
  0x87: "Not authorized", 0x88: "Server unavailable", 0x89: "Server busy",
  0x8a: "Banned", 0x8b: "Server shutting down",
  0x8c: "Bad authentication method", 0x8d: "Keep Alive timeout",
  0x8e: "Session taken over", 0x8f: "Topic Filter invalid",
  0x90: "Topic Name invalid", 0x91: "Packet Identifier in use",
  0x92: "Packet Identifier not found", 0x93: "Receive Maximum exceeded",
  0x94: "Topic Alias invalid", 0x95: "Packet too large",
  0x96: "Message rate too high", 0x97: "Quota exceeded",
  0x98: "Administrative action", 0x99: "Payload format invalid",
  0x9a: "Retain not supported", 0x9b: "QoS not supported",
  0x9c: "Use another server", 0x9d: "Server moved",
  0x9e: "Shared Subscriptions not supported", 0x9f: "Connection rate exceeded",
  0xa0: "Maximum connect time",
  0xa1: "Subscription Identifiers not supported",
  0xa2: "Wildcard Subscriptions not supported",
};
const RETURN_CODES = [
  "accepted", "unacceptable protocol version", "identifier rejected",
  "server unavailable", "bad user name or password", "not authorized",
];

export function reasonText(code, version) {
  if (version < 5 && code < RETURN_CODES.length) return RETURN_CODES[code];
  return REASONS[code] ?? (code < 0x80 ? "Success" : "refused");
}

// ---- bytes --------------------------------------------------------------------

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

// Puts values behind one another [MQTT5 1.5].
class Writer {
  bytes = [];

  u8(value) { this.bytes.push(value & 0xff); }

  u16(value) { this.u8(value >> 8); this.u8(value); }

  u32(value) { this.u16(value >>> 16); this.u16(value & 0xffff); }

  // Seven bits in each byte, the lowest first; the eighth bit says that more
  // follow [MQTT5 1.5.5].
  varint(value) {
    do {
      const digit = value % 128;
      value = Math.floor(value / 128);
      this.u8(digit | (value > 0 ? 0x80 : 0));
    } while (value > 0);
  }

  raw(bytes) { for (const byte of bytes) this.bytes.push(byte); }

  // A length of two bytes, then so many.
  binary(bytes) { this.u16(bytes.length); this.raw(bytes); }

  string(text) { this.binary(utf8.encode(text)); }

  pair([name, value]) { this.string(name); this.string(value); }
}

// Takes values one after another, and notes where each of them lay.
class Reader {
  fields = []; // { name, value, start, end }

  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get left() { return this.bytes.length - this.at; }

  raw(count) {
    if (count > this.left) throw new Error("the packet ends too soon");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  u8() { return this.raw(1)[0]; }

  u16() { return this.u8() * 256 + this.u8(); }

  u32() { return this.u16() * 65536 + this.u16(); }

  varint() {
    let value = 0;
    for (let shift = 1; shift <= 128 ** 3; shift *= 128) {
      const digit = this.u8();
      value += (digit & 0x7f) * shift;
      if (digit === 0 && shift > 1) // [MQTT-1.5.5-1]
        throw new Error("a Variable Byte Integer is longer than needed");
      if (digit < 0x80) return value;
    }
    throw new Error("a Variable Byte Integer has more than four bytes");
  }

  binary() { return this.raw(this.u16()); }

  string() {
    const text = fromUtf8.decode(this.binary());
    if (text.includes("\0")) throw new Error("U+0000 is in a string"); // [MQTT-1.5.4-2]
    return text;
  }

  pair() { return [this.string(), this.string()]; }

  // Take a value of this kind under a name.
  field(name, kind, ...rest) {
    const start = this.at;
    const value = this[kind](...rest);
    this.fields.push({ name, value, start, end: this.at });
    return value;
  }
}

// Properties are pairs of name and value, in the order in which they stand in the
// packet [MQTT5 2.2.2].
function writeProperties(out, properties = []) {
  const inner = new Writer();
  for (const [name, value] of properties) {
    const id = IDENTIFIERS[name];
    inner.varint(id);
    inner[PROPERTIES[id][1]](value);
  }
  out.varint(inner.bytes.length);
  out.raw(inner.bytes);
}

function readProperties(from, what = "Property") {
  const properties = [];
  const length = from.field(`${what} Length`, "varint");
  const end = from.at + length;
  while (from.at < end) {
    const start = from.at;
    const id = from.varint();
    if (!(id in PROPERTIES)) throw new Error(`there is no Property ${id}`);
    const [name, kind] = PROPERTIES[id];
    const value = from[kind]();
    from.fields.push({ name, value, start, end: from.at });
    properties.push([name, value]);
  }
  if (from.at > end) throw new Error("the Properties are longer than they say");
  return properties;
}

export function property(packet, name) {
  return packet.properties?.find(([each]) => each === name)?.[1];
}

// ---- packets ------------------------------------------------------------------

// For each type the flags of its first byte, and what comes behind the Remaining
// Length: write(out, packet, version) and read(from, packet, version).

// Most types have flags that never change [MQTT-2.1.3-1].
const fixed = (value) => ({
  write: () => value,
  read(flags) {
    if (flags !== value) throw new Error("the flags are not those of this type");
  },
});
const NO_FLAGS = fixed(0);
const FLAG_2 = fixed(2);

const connect = { // [MQTT5 3.1]
  flags: NO_FLAGS,
  write(out, packet, version) {
    const { will } = packet;
    out.string("MQTT");
    out.u8(version);
    out.u8((packet.cleanStart ? 0x02 : 0) |
           (will ? 0x04 | will.qos << 3 | (will.retain ? 0x20 : 0) : 0) |
           (packet.password !== undefined ? 0x40 : 0) |
           (packet.userName !== undefined ? 0x80 : 0));
    out.u16(packet.keepAlive);
    if (version === 5) writeProperties(out, packet.properties);
    out.string(packet.clientId);
    if (will) {
      if (version === 5) writeProperties(out, will.properties);
      out.string(will.topic);
      out.binary(will.payload);
    }
    if (packet.userName !== undefined) out.string(packet.userName);
    if (packet.password !== undefined) out.binary(packet.password);
  },
  read(from, packet, version) {
    from.field("Protocol Name", "string");
    from.field("Protocol Version", "u8");
    const flags = from.field("Connect Flags", "u8");
    packet.cleanStart = (flags & 0x02) !== 0;
    packet.keepAlive = from.field("Keep Alive", "u16");
    if (version === 5) packet.properties = readProperties(from);
    packet.clientId = from.field("Client Identifier", "string");
    if (flags & 0x04) {
      const will = { qos: flags >> 3 & 3, retain: (flags & 0x20) !== 0 };
      if (version === 5) will.properties = readProperties(from, "Will Property");
      will.topic = from.field("Will Topic", "string");
      will.payload = from.field("Will Payload", "binary");
      packet.will = will;
    }
    if (flags & 0x80) packet.userName = from.field("User Name", "string");
    if (flags & 0x40) packet.password = from.field("Password", "binary");
  },
};

const connack = { // [MQTT5 3.2]
  flags: NO_FLAGS,
  write(out, packet, version) {
    out.u8(packet.sessionPresent ? 1 : 0);
    out.u8(packet.reason);
    if (version === 5) writeProperties(out, packet.properties);
  },
  read(from, packet, version) {
    packet.sessionPresent = from.field("Session Present", "u8") === 1;
    packet.reason = from.field("Reason Code", "u8");
    if (version === 5) packet.properties = readProperties(from);
  },
};

const publish = { // [MQTT5 3.3]
  flags: {
    write: ({ dup, qos = 0, retain }) => (dup ? 8 : 0) | qos << 1 | (retain ? 1 : 0),
    read(flags, packet) {
      packet.dup = (flags & 8) !== 0;
      packet.qos = flags >> 1 & 3;
      packet.retain = (flags & 1) !== 0;
      if (packet.qos === 3) throw new Error("there is no QoS 3"); // [MQTT-3.3.1-4]
    },
  },
  write(out, packet, version) {
    out.string(packet.topic);
    if (packet.qos > 0) out.u16(packet.packetId);
    if (version === 5) writeProperties(out, packet.properties);
    out.raw(packet.payload ?? []);
  },
  read(from, packet, version) {
    packet.topic = from.field("Topic Name", "string");
    if (packet.qos > 0) packet.packetId = from.field("Packet Identifier", "u16");
    if (version === 5) packet.properties = readProperties(from);
    packet.payload = from.field("Payload", "raw", from.left);
  },
};

// PUBACK, PUBREC, PUBREL and PUBCOMP look alike. In version 5 a Reason Code may
// follow, and then Properties; 0 and none need not be written [MQTT5 3.4.2.1].
const acknowledgement = (flags) => ({
  flags,
  write(out, packet, version) {
    out.u16(packet.packetId);
    if (version < 5 || packet.reason === undefined) return;
    out.u8(packet.reason);
    if (packet.properties) writeProperties(out, packet.properties);
  },
  read(from, packet, version) {
    packet.packetId = from.field("Packet Identifier", "u16");
    if (version < 5 || !from.left) return;
    packet.reason = from.field("Reason Code", "u8");
    if (from.left) packet.properties = readProperties(from);
  },
});

// What has a Packet Identifier, Properties and then one entry or more.
const list = (flags, { writeEntry, readEntry, propertiesSince = 5, mayBeEmpty }) => ({
  flags,
  write(out, packet, version) {
    out.u16(packet.packetId);
    if (version >= propertiesSince) writeProperties(out, packet.properties);
    for (const entry of packet.entries ?? []) writeEntry(out, entry);
  },
  read(from, packet, version) {
    packet.packetId = from.field("Packet Identifier", "u16");
    if (version >= propertiesSince) packet.properties = readProperties(from);
    packet.entries = [];
    while (from.left) packet.entries.push(readEntry(from));
    if (!packet.entries.length && !(mayBeEmpty && version < 5))
      throw new Error("the list is empty");
  },
});

const subscribe = list(FLAG_2, { // [MQTT5 3.8]; options: QoS in the lowest bits
  writeEntry(out, { filter, options }) { out.string(filter); out.u8(options); },
  readEntry: (from) => ({
    filter: from.field("Topic Filter", "string"),
    options: from.field("Subscription Options", "u8"),
  }),
});

const unsubscribe = list(FLAG_2, { // [MQTT5 3.10]
  writeEntry(out, filter) { out.string(filter); },
  readEntry: (from) => from.field("Topic Filter", "string"),
});

const codes = { // [MQTT5 3.9], [MQTT5 3.11]
  writeEntry(out, code) { out.u8(code); },
  readEntry: (from) => from.field("Reason Code", "u8"),
  mayBeEmpty: true,
};

const ping = { flags: NO_FLAGS, write() {}, read() {} };

// DISCONNECT and AUTH: a Reason Code and Properties, both may be left out.
const farewell = { // [MQTT5 3.14], [MQTT5 3.15]
  flags: NO_FLAGS,
  write(out, packet) {
    if (packet.reason === undefined) return;
    out.u8(packet.reason);
    if (packet.properties) writeProperties(out, packet.properties);
  },
  read(from, packet) {
    if (!from.left) return;
    packet.reason = from.field("Reason Code", "u8");
    if (from.left) packet.properties = readProperties(from);
  },
};

const PACKETS = {
  CONNECT: connect, CONNACK: connack, PUBLISH: publish,
  PUBACK: acknowledgement(NO_FLAGS), PUBREC: acknowledgement(NO_FLAGS),
  PUBREL: acknowledgement(FLAG_2), PUBCOMP: acknowledgement(NO_FLAGS),
  SUBSCRIBE: subscribe, SUBACK: list(NO_FLAGS, codes),
  UNSUBSCRIBE: unsubscribe, UNSUBACK: list(NO_FLAGS, codes),
  PINGREQ: ping, PINGRESP: ping, DISCONNECT: farewell, AUTH: farewell,
};

// The bytes of a packet.
export function encode(packet, version) {
  const { flags, write } = PACKETS[packet.type];
  const body = new Writer();
  write(body, packet, version);
  const out = new Writer();
  out.u8(TYPES.indexOf(packet.type) << 4 | flags.write(packet));
  out.varint(body.bytes.length);
  const head = out.bytes.length;
  const bytes = new Uint8Array(head + body.bytes.length);
  bytes.set(out.bytes);
  bytes.set(body.bytes, head);
  return bytes;
}

// { packet, fields }: what one whole packet says, and where in it. Throws an Error
// when it cannot be read. Whether a packet of this type may say so is not asked:
// lib/mqtt, where the broker does that, is longer.
export function decode(bytes, version) {
  const from = new Reader(bytes);
  const first = from.field("Packet type and flags", "u8");
  const type = TYPES[first >> 4];
  if (!type || (type === "AUTH" && version < 5))
    throw new Error("there is no such type of packet");
  const packet = { type };
  PACKETS[type].flags.read(first & 15, packet);
  const length = from.field("Remaining Length", "varint");
  if (length !== from.left) throw new Error("this is not one packet");
  PACKETS[type].read(from, packet, version);
  if (from.left) throw new Error("something stands behind the packet");
  return { packet, fields: from.fields };
}

// Cuts a stream into packets, however it arrives: a WebSocket frame may hold part
// of a packet, or several [MQTT5 6.0].
export class Splitter {
  kept = new Uint8Array(0);

  // Add bytes; returns the packets that are complete now.
  add(bytes) {
    const all = new Uint8Array(this.kept.length + bytes.length);
    all.set(this.kept);
    all.set(bytes, this.kept.length);
    const packets = [];
    let at = 0;
    for (;;) {
      const length = Splitter.lengthAt(all, at);
      if (length === undefined || at + length > all.length) break;
      packets.push(all.slice(at, at + length));
      at += length;
    }
    this.kept = all.slice(at);
    return packets;
  }

  // Of the packet that begins there; undefined: too little has come.
  static lengthAt(bytes, at) {
    let length = 0;
    for (let i = 1; i <= 4; i++) {
      const digit = bytes[at + i];
      if (digit === undefined) return undefined;
      length += (digit & 0x7f) * 128 ** (i - 1);
      if (digit < 0x80) return 1 + i + length;
    }
    throw new Error("the Remaining Length has more than four bytes");
  }
}
