/*
 * A client of MQTT 3.1.1 and 5.0 for browsers, without any library: it sends and
 * receives packets (packets.mjs) in WebSocket [MQTT5 6].
 */
import { decode, encode, property, reasonText, Splitter } from "./packets.mjs";

const utf8 = new TextEncoder();

/*
 * Its events: "packet" for each packet that it sends and gets, with
 * { sent, bytes, packet, fields } in detail; "message" for each Application Message,
 * with its PUBLISH in detail; "close" at the end, with a text.
 */
export class Client extends EventTarget {
  #socket;
  #splitter = new Splitter();
  #answers = new Map(); // what is waited for: name to { resolve, reject }
  #received = new Set(); // Packet Identifiers of QoS 2 whose PUBREL has not come
  #lastId = 0;
  #pingTimer;

  // version: 4 (3.1.1) or 5. The rest is what CONNECT says. Throws when that version
  // cannot say so.
  constructor({ url, version = 5, clientId = "", cleanStart = true, keepAlive = 60,
                userName, password, will, properties = [] }) {
    super();
    this.url = url;
    this.version = version;
    if (version < 5 && password !== undefined && userName === undefined) // [MQTT311-3.1.2-22]
      throw new Error("version 3.1.1 has no Password without a User Name");
    this.connectPacket = {
      type: "CONNECT", clientId, cleanStart, keepAlive, will, properties, userName,
      password: password === undefined ? undefined : utf8.encode(password),
    };
  }

  // Returns CONNACK when the server accepts.
  connect() {
    this.#socket = new WebSocket(this.url, "mqtt"); // [MQTT5 6.0]
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#send(this.connectPacket);
    this.#socket.onmessage = (event) => this.#take(new Uint8Array(event.data));
    this.#socket.onclose = (event) => this.#end(event);
    return this.#answer("CONNACK");
  }

  // Returns SUBACK; an entry of it says the QoS that is granted, or why not.
  subscribe(filter, qos = 0) {
    const packetId = this.#newId();
    this.#send({ type: "SUBSCRIBE", packetId, entries: [{ filter, options: qos }] });
    return this.#answer(`SUBACK ${packetId}`);
  }

  unsubscribe(filter) {
    const packetId = this.#newId();
    this.#send({ type: "UNSUBSCRIBE", packetId, entries: [filter] });
    return this.#answer(`UNSUBACK ${packetId}`);
  }

  // payload: text or bytes. Returns when the server has it: at once, PUBACK or
  // PUBCOMP [MQTT5 4.3]. Throws when it does not want it.
  async publish(topic, payload, { qos = 0, retain = false, properties } = {}) {
    const bytes = typeof payload === "string" ? utf8.encode(payload) : payload;
    const packet = { type: "PUBLISH", topic, payload: bytes, qos, retain, properties };
    if (qos === 0) {
      this.#send(packet);
      return undefined;
    }
    packet.packetId = this.#newId();
    this.#send(packet);
    if (qos === 1) return this.#answer(`PUBACK ${packet.packetId}`);
    await this.#answer(`PUBREC ${packet.packetId}`);
    this.#send({ type: "PUBREL", packetId: packet.packetId });
    return this.#answer(`PUBCOMP ${packet.packetId}`);
  }

  disconnect() {
    if (this.#socket.readyState === WebSocket.OPEN) this.#send({ type: "DISCONNECT" });
    this.#socket.close();
  }

  // A Packet Identifier that nobody waits for [MQTT5 2.2.1].
  #newId() {
    do {
      this.#lastId = this.#lastId % 65535 + 1;
    } while ([...this.#answers.keys()].some((name) => name.endsWith(` ${this.#lastId}`)));
    return this.#lastId;
  }

  #answer(name) {
    return new Promise((resolve, reject) => this.#answers.set(name, { resolve, reject }));
  }

  #send(packet) {
    const bytes = encode(packet, this.version);
    this.#show(true, bytes);
    this.#socket.send(bytes);
    this.#keepAlive();
  }

  // When nothing else was sent for so long, the server gets a PINGREQ
  // [MQTT5 3.1.2.10].
  #keepAlive() {
    clearTimeout(this.#pingTimer);
    if (this.connectPacket.keepAlive)
      this.#pingTimer = setTimeout(() => this.#send({ type: "PINGREQ" }),
                                   this.connectPacket.keepAlive * 1000);
  }

  #show(sent, bytes) {
    const detail = { sent, bytes, ...decode(bytes, this.version) };
    this.dispatchEvent(new CustomEvent("packet", { detail }));
    return detail.packet;
  }

  #take(bytes) {
    try {
      for (const each of this.#splitter.add(bytes)) this.#handle(this.#show(false, each));
    } catch (error) {
      this.#socket.close(1000, error.message); // [MQTT5 4.13]
    }
  }

  #handle(packet) {
    switch (packet.type) {
    case "PUBLISH": this.#handlePublish(packet); break;
    case "PUBREL":
      this.#received.delete(packet.packetId);
      this.#send({ type: "PUBCOMP", packetId: packet.packetId });
      break;
    case "CONNACK": {
      // The server's Keep Alive counts [MQTT5 3.2.2.3.14].
      this.connectPacket.keepAlive =
        property(packet, "Server Keep Alive") ?? this.connectPacket.keepAlive;
      this.#resolve("CONNACK", packet);
      break;
    }
    default:
      if (packet.packetId) this.#resolve(`${packet.type} ${packet.packetId}`, packet);
    }
  }

  #resolve(name, packet) {
    const waiting = this.#answers.get(name);
    this.#answers.delete(name);
    if (!waiting) return;
    if (packet.reason >= (packet.type === "CONNACK" ? 1 : 0x80))
      waiting.reject(new Error(reasonText(packet.reason, this.version)));
    else
      waiting.resolve(packet);
  }

  // At QoS 2 a message is new if its Packet Identifier is [MQTT5 4.3.3].
  #handlePublish(packet) {
    const { qos, packetId } = packet;
    const isNew = qos < 2 || !this.#received.has(packetId);
    if (isNew) this.dispatchEvent(new CustomEvent("message", { detail: packet }));
    if (qos === 1) this.#send({ type: "PUBACK", packetId });
    if (qos !== 2) return;
    this.#received.add(packetId);
    this.#send({ type: "PUBREC", packetId });
  }

  #end(event) {
    clearTimeout(this.#pingTimer);
    const text = `closed with status ${event.code}${event.reason ? `: ${event.reason}` : ""}`;
    for (const { reject } of this.#answers.values()) reject(new Error(text));
    this.#answers.clear();
    this.dispatchEvent(new CustomEvent("close", { detail: text }));
  }
}
