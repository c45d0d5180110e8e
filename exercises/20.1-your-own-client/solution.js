// A thermometer. With "tls" behind it: to the port that wants certificates.
"use strict";
const fs = require("fs");
const mqtt = require("mqtt");

const NAME = "{{name}}"; // the Client Identifier
const TOPIC = "{{name}}/temperature";
const STATE = "{{name}}/state";

const tls = process.argv.includes("tls");
const client = mqtt.connect({
  protocol: tls ? "mqtts" : "mqtt",
  host: "localhost",
  port: tls ? {{tls_port}} : {{port}},
  clientId: NAME,
  keepalive: 10,
  will: { topic: STATE, payload: "offline", qos: 1, retain: true },
  ...(tls && {
    ca: fs.readFileSync("ca.crt"),
    cert: fs.readFileSync("{{name}}.crt"),
    key: fs.readFileSync("{{name}}.key"),
  }),
});
client.on("error", (error) => console.log(error.message));
client.on("connect", () => {
  console.log("connected");
  client.publish(STATE, "online", { qos: 1, retain: true });
});
setInterval(() => {
  const reading = (15 + 15 * Math.random()).toFixed(1);
  console.log(reading);
  client.publish(TOPIC, reading, { qos: 1 });
}, process.argv.includes("fast") ? 500 : 2000);
