/*
 * The page: forms for a client (client.mjs), its messages, and each packet with its
 * fields and bytes.
 */
import { Client } from "./client.mjs";
import { hex, reasonText } from "./packets.mjs";

const byId = (id) => document.getElementById(id);
const MOST_PACKETS = 500; // older ones are taken away

let client;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// ---- packets --------------------------------------------------------------------

const text = new TextDecoder("utf-8", { fatal: true });

// Bytes as text if they are some.
function readable(value) {
  if (!(value instanceof Uint8Array)) return Array.isArray(value) ? value.join(": ") : String(value);
  try {
    return text.decode(value);
  } catch {
    return `${value.length} bytes`;
  }
}

// What stands in the line of a packet behind its name.
function summaryOf(packet, version) {
  const words = [];
  if (packet.packetId) words.push(`id ${packet.packetId}`);
  if (packet.type === "CONNECT") words.push(`"${packet.clientId}"`);
  if (packet.type === "PUBLISH") {
    words.push(`QoS ${packet.qos}`, packet.topic, readable(packet.payload).slice(0, 60));
    if (packet.retain) words.push("retain");
    if (packet.dup) words.push("dup");
  }
  if (packet.type === "SUBSCRIBE")
    words.push(packet.entries.map(({ filter, options }) => `${filter} (QoS ${options & 3})`).join(", "));
  if (packet.type === "UNSUBSCRIBE") words.push(packet.entries.join(", "));
  if (packet.reason) words.push(reasonText(packet.reason, version));
  return words.join("  ");
}

// The bytes, each in an element of its own, 16 in a line.
function hexOf(bytes) {
  const pre = element("pre");
  bytes.forEach((byte, i) => {
    pre.append(element("span", hex([byte])), i % 16 === 15 ? "\n" : " ");
  });
  return pre;
}

function tableOf(fields, pre) {
  const table = element("table");
  const bytes = [...pre.children];
  for (const { name, value, start, end } of fields) {
    const row = table.insertRow();
    row.tabIndex = 0;
    row.insertCell().textContent = name;
    row.insertCell().textContent = readable(value);
    const mark = (on) => bytes.slice(start, end).forEach((b) => b.classList.toggle("marked", on));
    for (const come of ["mouseenter", "focus"]) row.addEventListener(come, () => mark(true));
    for (const go of ["mouseleave", "blur"]) row.addEventListener(go, () => mark(false));
  }
  return table;
}

function showPacket({ sent, bytes, packet, fields }) {
  const item = element("li", undefined, sent ? "sent" : "got");
  const details = element("details");
  details.append(element("summary", `${packet.type}  ${summaryOf(packet, client.version)}`));
  // Only who is opened gets its table.
  details.addEventListener("toggle", () => {
    const pre = hexOf(bytes);
    details.append(tableOf(fields, pre), pre);
  }, { once: true });
  item.append(details);
  item.dataset.type = packet.type;
  item.dataset.hex = hex(bytes);
  byId("packets").append(item);
  if (byId("packets").children.length > MOST_PACKETS) byId("packets").firstChild.remove();
}

function showMessage({ topic, payload, retain }) {
  byId("messages").append(
    element("li", `${topic}  ${readable(payload)}${retain ? "  (retained)" : ""}`));
  if (byId("messages").children.length > MOST_PACKETS) byId("messages").firstChild.remove();
}

// ---- forms ----------------------------------------------------------------------

function say(words) {
  byId("state").textContent = words;
}

function setConnected(is) {
  byId("disconnect").disabled = !is;
  for (const id of ["subscribe", "publish"]) byId(id).querySelector("button").disabled = !is;
  byId("connect").querySelector("button").disabled = is;
}

// Do what a form asks for, and tell what went wrong.
function onSubmit(id, act) {
  byId(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await act(event.target.elements);
    } catch (error) {
      say(error.message);
    }
  });
}

onSubmit("connect", async (form) => {
  client = new Client({
    url: form.url.value,
    version: Number(form.version.value),
    clientId: form.clientId.value,
    cleanStart: form.cleanStart.checked,
    keepAlive: Number(form.keepAlive.value),
    userName: form.userName.value || undefined,
    password: form.password.value || undefined,
  });
  client.addEventListener("packet", (event) => showPacket(event.detail));
  client.addEventListener("message", (event) => showMessage(event.detail));
  client.addEventListener("close", (event) => {
    setConnected(false);
    say(event.detail);
  });
  setConnected(true);
  say("connecting");
  await client.connect();
  say("connected");
});

onSubmit("subscribe", (form) => client.subscribe(form.filter.value, Number(form.qos.value)));

onSubmit("publish", (form) =>
  client.publish(form.topic.value, form.payload.value,
                 { qos: Number(form.qos.value), retain: form.retain.checked }));

byId("disconnect").addEventListener("click", () => client.disconnect());

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
byId("connect").elements.url.value = `${scheme}//${location.host}/mqtt`;
byId("connect").elements.clientId.value = `browser-${Math.random().toString(36).slice(2, 8)}`;
