#!/usr/bin/python3
"""Who is let in, and who may read and write what, as a broker has it: the same
questions to every broker, the answers on standard output.

Called with a port; the broker must have the files that 44-access.sh writes.
"""

import struct
import sys

from raw import (CONNECT, DISCONNECT, MQTT_311, MQTT_5, PUBACK, PUBLISH,
                 PUBREC, PUBREL, PUBCOMP, SUBACK, Peer, ack_packet, packet,
                 publish_packet, string, subscribe_packet)

port = int(sys.argv[1])


class Client(Peer):
    """One that keeps the messages that come while it waits for an answer."""

    def __init__(self, client_id, user=None, password=None, version=MQTT_5,
                 will=None, clean=True, expiry=0):
        super().__init__(port, version)
        self.messages = []
        self.last_id = 0
        flags, tail = 2 if clean else 0, string(client_id)
        if will:
            topic, payload, qos, retain = will
            flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
            tail += (b"\0" if version == MQTT_5 else b"") + string(topic)
            tail += string(payload)
        if user is not None:
            flags |= 0x80
            tail += string(user)
        if password is not None:
            flags |= 0x40
            tail += string(password)
        body = string("MQTT") + bytes([version, flags]) + struct.pack("!H", 60)
        if version == MQTT_5:
            body += b"\x05\x11" + struct.pack("!I", expiry) if expiry else b"\0"
        self.send(packet(CONNECT, 0, body + tail))
        connack = self.receive()
        self.code = connack.body[1] if connack else None

    def answer(self, packet_type):
        while True:
            got = self.receive()
            if got is None:
                return None
            if got.type == packet_type:
                return got
            if got.type == PUBLISH:
                if got.qos:
                    self.send(ack_packet(PUBACK, got.packet_id))
                self.messages.append(got)

    def next_id(self):
        self.last_id += 1
        return self.last_id

    def write(self, topic, payload=b"x", qos=1, retain=False):
        """Returns the Reason Code of the acknowledgement; 0 if it has none."""
        self.send(publish_packet(topic, payload, qos, self.next_id(), False,
                                 retain, self.version))
        answer = self.answer(PUBACK if qos == 1 else PUBREC)
        if answer is None:
            return "closed"
        code = answer.body[2] if len(answer.body) > 2 else 0
        if qos == 2 and code < 0x80:
            self.send(ack_packet(PUBREL, answer.packet_id))
            self.answer(PUBCOMP)
        return 0 if code == 0x10 else code  # nobody subscribes: says no more

    def ask(self, topic_filter):
        self.send(subscribe_packet(self.next_id(), [(topic_filter, 1)],
                                   self.version))
        answer = self.answer(SUBACK)
        return answer.body[-1] if answer else "closed"

    def until(self, topic):
        """The topics that came before the message of this one, each once:
        overlapping subscriptions are not the subject here."""
        while not any(message.topic == topic for message in self.messages):
            got = self.answer_publish()
            if got is None:
                return ["closed"]
        names = [message.topic + (" (retained)" if message.retain else "")
                 for message in self.messages]
        self.messages = []
        return list(dict.fromkeys(names[:names.index(topic)]))

    def answer_publish(self):
        got = self.receive()
        if got and got.type == PUBLISH:
            if got.qos:
                self.send(ack_packet(PUBACK, got.packet_id))
            self.messages.append(got)
        return got


TOPICS = """public/a public/secret anon/in anna/x anna/secret/y anna/secret
shared/1/value shared/1/2/value w/only r/only rw_sp_ace late/anna spaced tail
bert/x bert/deny/1 bert/deny/1/2 dev/ID/a dev/ID/deny dev//a dev/ID u/USER/x u/y
preIDpost preID/x percent/%x percent/%ID other $other/x dup/t dup2/t both/ID/USER
literal/%c literal/ID many/1/2/3 many after/user end/IDx""".split()


def who(root, client_id, user, password, version=MQTT_5):
    print("== id %r user %r version %d" % (client_id, user, version))
    client = Client(client_id, user, password, version)
    print("connect", client.code)
    if client.code:
        return
    for topic_filter in ("#", "w/only", "$other/#", "no/such", "$share/g/r/only"):
        print("subscribe", topic_filter, client.ask(topic_filter))
    topics = [topic.replace("ID", client_id).replace("USER", user or "")
              .replace("_", " ") for topic in TOPICS]
    topics = [topic for topic in topics if not set("+#") & set(topic)]
    for topic in topics:
        root.write(topic)
    root.write("end/all")
    print("reads", *client.until("end/all"), sep="\n  ")
    written = [(topic, client.write(topic)) for topic in topics]
    print("writes", *[topic for topic, code in written if not code],
          sep="\n  ")
    print("refused with", sorted({code for _, code in written if code}))
    client.close()


def outcomes():
    root = Client("root", "root", "root")
    assert root.code == 0, "root is refused with %r" % root.code
    who(root, "c1", None, None)
    who(root, "c2", "anna", "anna")
    who(root, "c3", "bert", "bert")
    who(root, "c4", "nobody", "nobody")
    who(root, "a/b", "anna", "anna")
    who(root, "a+b", "anna", "anna")
    who(root, "a#", "anna", "anna")
    who(root, "c5", "an/na", "x")
    who(root, "c6", "two words", "x")
    who(root, "c7", "anna", "anna", MQTT_311)
    who(root, "$c", "anna", "anna")

    print("== wills")
    watcher = Client("watcher", "root", "root")
    watcher.ask("#")
    for topic in ("anna/will", "bert/will", "dev/c8/will", "r/only"):
        client = Client("c8", "anna", "anna", will=(topic, b"w", 1, False))
        print("connect with a will for", topic, client.code)
        client.cut()
        root.write("seen")
        watcher.until("seen")
    client = Client("c8", "anna", "anna", will=("anna/will", b"w", 1, False))
    client.cut()
    print("comes", watcher.until("anna/will"))

    print("== retained messages")
    for topic in ("anna/kept", "bert/kept", "r/only"):
        print("root keeps", topic, root.write(topic, b"r", retain=True))
    for topic in ("anna/own", "bert/own", "w/only"):
        writer = Client("c9", "anna", "anna")
        print("anna keeps", topic, writer.write(topic, b"r", retain=True))
        writer.close()
    reader = Client("c10", "anna", "anna")
    reader.ask("#")
    root.write("end/all")
    print("anna gets", sorted(reader.until("end/all")))
    for topic in ("anna/kept", "bert/kept", "r/only", "anna/own", "w/only"):
        root.write(topic, b"", retain=True)

    print("== away")
    client = Client("c11", "anna", "anna", clean=False, expiry=100)
    client.ask("#")
    client.close()
    for topic in ("anna/x", "bert/x", "anna/secret/y", "dev/c11/a"):
        root.write(topic)
    client = Client("c11", "anna", "anna", clean=False, expiry=100)
    root.write("end/all")
    print("anna gets", client.until("end/all"))
    client.close()
    Client("c11", "anna", "anna").close()

    print("== other QoS")
    writer = Client("c12", "anna", "anna")
    print([writer.write("anna/x", qos=2), writer.write("bert/x", qos=2)])
    old = Client("c13", "anna", "anna", MQTT_311)
    print([old.write(topic, qos=qos) for topic in ("anna/x", "bert/x")
           for qos in (1, 2)])
    for client in (writer, old):
        client.send(publish_packet("bert/x", version=client.version))
        print("goes on", client.write("anna/x"))


# Those who are refused: mosquitto 2.0.11 says "not authorized" to all of them,
# where we tell apart a wrong password.
def logins():
    for version in (MQTT_311, MQTT_5):
        for user, password in (
                ("anna", "anna"), ("anna", "bad"), ("anna", None), ("anna", ""),
                ("anna", "anna "), ("Anna", "anna"), ("ghost", "x"),
                ("ghost", None), (None, None), ("", None), ("", "x"),
                ("old", "old"), ("old", "new"), ("slow", "slow"),
                ("slow", "fast")):
            client = Client("login", user, password, version)
            print("version", version, "user", user, "password", password, "->",
                  "refused" if client.code else "let in")
            client.socket.close()


{"outcomes": outcomes, "logins": logins}[sys.argv[2]]()
