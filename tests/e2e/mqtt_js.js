// The broker as MQTT.js sees it: node mqtt_js.js PORT [PROTOCOL], where PROTOCOL is
// ws or wss; NODE_EXTRA_CA_CERTS says whom to trust.
"use strict";

const assert = require("assert");
const mqtt = require("mqtt");

const port = Number(process.argv[2]);
const protocol = process.argv[3] || "mqtt";
const PATIENCE_MS = 20000;

function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("waited in vain for " + what)),
                       PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// A client that keeps what comes.
class Client {
  static async connect(clientId, options = {}) {
    const self = new Client();
    self.messages = [];
    self.waiting = [];
    self.mqtt = mqtt.connect({
      protocol, path: "/mqtt", host: "127.0.0.1", port, clientId, protocolVersion: 5,
      reconnectPeriod: 0, clean: true, ...options,
    });
    self.mqtt.on("error", () => {});
    self.mqtt.on("message", (topic, payload, packet) => {
      const message = { topic, payload: payload.toString(), packet };
      const next = self.waiting.shift();
      if (next) next(message); else self.messages.push(message);
    });
    self.mqtt.on("disconnect", (packet) => { self.goodbye = packet; });
    self.connack = await inTime(new Promise((done, fail) => {
      self.mqtt.once("connect", done);
      self.mqtt.once("error", fail);
    }), "CONNACK");
    return self;
  }

  // The next message.
  take() {
    if (this.messages.length) return Promise.resolve(this.messages.shift());
    return inTime(new Promise((done) => this.waiting.push(done)), "a message");
  }

  async subscribe(filter, options = {}) {
    const granted = await this.mqtt.subscribeAsync(filter, options);
    return granted[0].qos;
  }

  publish(topic, payload, options = {}) {
    return this.mqtt.publishAsync(topic, payload, options);
  }

  // What the broker had to send has come before this message does.
  async nothingMore() {
    const marker = "js/marker/" + this.mqtt.options.clientId;
    await this.subscribe(marker);
    await this.publish(marker, "", { qos: 1 });
    assert.strictEqual((await this.take()).topic, marker);
  }

  end() {
    return this.mqtt.endAsync();
  }

  // Gone without DISCONNECT.
  async vanish() {
    this.mqtt.stream.destroy();
    await inTime(new Promise((done) => this.mqtt.once("close", done)), "close");
  }
}

const tests = {
  async everyQosAndVersion() {
    for (const protocolVersion of [3, 4, 5]) {
      const options = { protocolVersion };
      if (protocolVersion === 3) options.protocolId = "MQIsdp";
      const client = await Client.connect("js-" + protocolVersion, options);
      await client.subscribe("js/q", { qos: 2 });
      for (const qos of [0, 1, 2]) {
        await client.publish("js/q", "x" + qos, { qos });
        const message = await client.take();
        assert.strictEqual(message.payload, "x" + qos);
        assert.strictEqual(message.packet.qos, qos);
      }
      await client.end();
    }
  },

  async propertiesPassUnchanged() {
    const client = await Client.connect("js-properties");
    await client.subscribe("js/p", {
      qos: 1, properties: { subscriptionIdentifier: 77 },
    });
    await client.publish("js/p", "x", {
      qos: 1,
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 100,
        contentType: "text/plain",
        responseTopic: "answers",
        correlationData: Buffer.from([0, 255]),
        userProperties: { b: ["1", "3"], a: "2" },
      },
    });
    const got = (await client.take()).packet.properties;
    assert.strictEqual(got.payloadFormatIndicator, true);
    assert.ok(got.messageExpiryInterval > 90);
    assert.strictEqual(got.contentType, "text/plain");
    assert.strictEqual(got.responseTopic, "answers");
    assert.deepStrictEqual([...got.correlationData], [0, 255]);
    assert.deepStrictEqual({ ...got.userProperties }, { b: ["1", "3"], a: "2" });
    assert.strictEqual([].concat(got.subscriptionIdentifier)[0], 77);
    await client.end();
  },

  async connackSaysWhatHolds() {
    const client = await Client.connect("", {
      properties: { requestResponseInformation: true },
    });
    const told = client.connack.properties;
    assert.ok(told.assignedClientIdentifier.length > 0);
    assert.strictEqual(told.responseInformation,
                       "response/" + told.assignedClientIdentifier);
    assert.ok(told.receiveMaximum > 0 && told.topicAliasMaximum > 0);
    await client.end();
  },

  async subscriptionOptions() {
    const client = await Client.connect("js-options");
    await client.publish("js/o/kept", "kept", { qos: 1, retain: true });
    await client.subscribe("js/o/#", { qos: 1, nl: true, rh: 2 });
    await client.publish("js/o/own", "own", { qos: 1 });
    await client.nothingMore();
    await client.subscribe("js/o/#", { qos: 1, rh: 1 });
    await client.nothingMore();
    await client.subscribe("js/o/#", { qos: 1, rap: true, rh: 0 });
    assert.strictEqual((await client.take()).payload, "kept");
    await client.publish("js/o/kept", "again", { qos: 1, retain: true });
    assert.strictEqual((await client.take()).packet.retain, true);
    await client.publish("js/o/kept", "", { qos: 1, retain: true });
    await client.end();
  },

  async aGroupSharesItsMessages() {
    const one = await Client.connect("js-one");
    const two = await Client.connect("js-two");
    await one.publish("js/s", "for no group", { qos: 1, retain: true });
    await one.subscribe("$share/g/js/s", { qos: 1 });
    await two.subscribe("$share/g/js/s", { qos: 1 });
    await one.nothingMore();
    await two.nothingMore();
    for (let i = 0; i < 10; i++) await one.publish("js/s", "x", { qos: 1 });
    for (let i = 0; i < 5; i++) {
      await one.take();
      await two.take();
    }
    await one.nothingMore();
    await two.nothingMore();
    await one.publish("js/s", "", { qos: 1, retain: true });
    await one.end();
    await two.end();
  },

  // MQTT.js uses aliases by itself, and resolves those of the broker.
  async topicAliasesBothWays() {
    const client = await Client.connect("js-alias", {
      autoAssignTopicAlias: true,
      properties: { topicAliasMaximum: 5 },
    });
    const aliased = [];
    client.mqtt.on("packetreceive", (packet) => {
      if (packet.cmd === "publish")
        aliased.push([packet.topic, packet.properties &&
                                    packet.properties.topicAlias]);
    });
    await client.subscribe("js/alias/#", { qos: 1 });
    for (let i = 0; i < 5; i++) {
      for (const topic of ["js/alias/temperature", "js/alias/humidity"]) {
        await client.publish(topic, topic + i, { qos: 1 });
        const message = await client.take();
        assert.strictEqual(message.topic, topic);
        assert.strictEqual(message.payload, topic + i);
      }
    }
    assert.ok(aliased.some(([, alias]) => alias >= 1 && alias <= 5), aliased);
    await client.end();
  },

  async refusalsHaveTheirReason() {
    const client = await Client.connect("js-refused");
    await assert.rejects(client.publish("$SYS/lie", "x", { qos: 1 }),
                         (error) => error.code === 0x87);
    await assert.rejects(client.publish("$SYS/lie", "x", { qos: 2 }),
                         (error) => error.code === 0x87);
    const again = await Client.connect("js-refused");
    await inTime((async () => { while (!client.goodbye) await sleep(10); })(),
                 "DISCONNECT");
    assert.strictEqual(client.goodbye.reasonCode, 0x8e);
    await again.end();
    await client.end();
  },

  async sessionsAndMessagesExpire() {
    const options = {
      clean: false,
      properties: { sessionExpiryInterval: 100, receiveMaximum: 2 },
    };
    let client = await Client.connect("js-away", options);
    await client.subscribe("js/e", { qos: 2 });
    await client.end();
    const publisher = await Client.connect("js-publisher");
    for (let i = 0; i < 10; i++)
      await publisher.publish("js/e", "m" + i, {
        qos: 1 + i % 2,
        properties: { messageExpiryInterval: i < 2 ? 1 : 100 },
      });
    await sleep(1500);
    client = await Client.connect("js-away", options);
    assert.strictEqual(client.connack.sessionPresent, true);
    const got = [];
    for (let i = 2; i < 10; i++) got.push((await client.take()).payload);
    assert.deepStrictEqual(got.sort(),
                           [2, 3, 4, 5, 6, 7, 8, 9].map((i) => "m" + i));
    await client.nothingMore();
    await client.end();
    await publisher.end();
  },

  async aWillWaitsForItsDelay() {
    const watcher = await Client.connect("js-watcher");
    await watcher.subscribe("js/will", { qos: 1 });
    const options = {
      clean: false,
      properties: { sessionExpiryInterval: 100 },
      will: {
        topic: "js/will", payload: "dead", qos: 1,
        properties: { willDelayInterval: 1 },
      },
    };
    await (await Client.connect("js-dying", options)).vanish();
    await (await Client.connect("js-dying", options)).end();
    await watcher.nothingMore(); // it was back in time, and said goodbye
    await (await Client.connect("js-dying", options)).vanish();
    await watcher.nothingMore();
    assert.strictEqual((await watcher.take()).payload, "dead");
    await watcher.end();
  },
};

(async () => {
  for (const [name, test] of Object.entries(tests)) {
    console.log(name);
    await test();
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
