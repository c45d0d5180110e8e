"""MQTT on a bare socket: packets are put together and taken apart by hand, so that
a test can send what no client sends, and cut the connection where it likes.

A test script calls run(globals()): every function whose name begins with test_
is called with the port of the broker, and must not raise.
"""

import os
import socket
import struct
import sys
import time
import traceback

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = range(1, 8)
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP = range(8, 14)
DISCONNECT, AUTH = 14, 15

MQTT_31, MQTT_311, MQTT_5 = 3, 4, 5

PATIENCE = 20  # seconds until an answer that does not come is a failure


def varint(number):
    out = bytearray()
    while True:
        number, digit = divmod(number, 128)
        out.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(out)


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("!H", len(data)) + data


def packet(packet_type, flags, body=b""):
    return bytes([packet_type << 4 | flags]) + varint(len(body)) + body


def connect_packet(client_id="", version=MQTT_311, clean=True, keep_alive=60,
                   properties=b"", will=None):
    """will: (topic, payload, qos, retain, properties)."""
    flags = 0x02 if clean else 0
    tail = string(client_id)
    if will:
        topic, payload, qos, retain, will_properties = will
        flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
        if version == MQTT_5:
            tail += varint(len(will_properties)) + will_properties
        tail += string(topic) + string(payload)
    body = string("MQIsdp" if version == MQTT_31 else "MQTT")
    body += bytes([version, flags]) + struct.pack("!H", keep_alive)
    if version == MQTT_5:
        body += varint(len(properties)) + properties
    return packet(CONNECT, 0, body + tail)


def publish_packet(topic, payload=b"", qos=0, packet_id=0, dup=False,
                   retain=False, version=MQTT_311, properties=b""):
    body = string(topic)
    if qos:
        body += struct.pack("!H", packet_id)
    if version == MQTT_5:
        body += varint(len(properties)) + properties
    flags = (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    return packet(PUBLISH, flags, body + payload)


def subscribe_packet(packet_id, filters, version=MQTT_311, properties=b""):
    """filters: pairs of Topic Filter and Subscription Options."""
    body = struct.pack("!H", packet_id)
    if version == MQTT_5:
        body += varint(len(properties)) + properties
    for topic_filter, options in filters:
        body += string(topic_filter) + bytes([options])
    return packet(SUBSCRIBE, 2, body)


def ack_packet(packet_type, packet_id):
    flags = 2 if packet_type == PUBREL else 0
    return packet(packet_type, flags, struct.pack("!H", packet_id))


class Packet:
    """What came: type, flags, body; of a PUBLISH also its parts."""

    def __init__(self, first, body, version):
        self.type, self.flags, self.body = first >> 4, first & 0x0F, body
        if self.type != PUBLISH:
            self.packet_id = int.from_bytes(body[:2], "big")
            return
        self.dup, self.qos = bool(first & 8), first >> 1 & 3
        self.retain = bool(first & 1)
        at = 2 + int.from_bytes(body[:2], "big")
        self.topic = body[2:at].decode()
        self.packet_id = 0
        if self.qos:
            self.packet_id = int.from_bytes(body[at:at + 2], "big")
            at += 2
        self.properties = b""
        if version == MQTT_5:  # the tests stay below 128 bytes of Properties
            assert body[at] < 128
            self.properties = body[at + 1:at + 1 + body[at]]
            at += 1 + body[at]
        self.payload = body[at:]

    def __repr__(self):
        return "type %d flags %d %r" % (self.type, self.flags, self.body[:80])


class Peer:
    """One Network Connection."""

    def __init__(self, port, version=MQTT_311):
        self.version = version
        self.rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, *packets):
        self.socket.sendall(b"".join(packets))

    def receive(self):
        """The next packet, or None when the broker has closed."""
        while True:
            found = self.cut_packet()
            if found:
                return found
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not more:
                assert not self.rest, "closed in the middle of a packet"
                return None
            self.rest += more

    def cut_packet(self):
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self.rest):
                return None
            digit = self.rest[at]
            length |= (digit & 0x7F) << shift
            shift += 7
            at += 1
            if not digit & 0x80:
                break
        if len(self.rest) < at + length:
            return None
        found = Packet(self.rest[0], self.rest[at:at + length], self.version)
        self.rest = self.rest[at + length:]
        return found

    def expect(self, packet_type, packet_id=None):
        got = self.receive()
        assert got, "closed, instead of packet type %d" % packet_type
        assert got.type == packet_type, "%r instead of %d" % (got, packet_type)
        assert packet_id in (None, got.packet_id), got
        return got

    def nothing_more(self):
        """The broker has nothing to send: its next packet is our PINGRESP."""
        self.send(packet(PINGREQ, 0))
        self.expect(PINGRESP)

    def connect(self, *args, **options):
        """Returns Session Present."""
        options["version"] = self.version
        self.send(connect_packet(*args, **options))
        connack = self.expect(CONNACK)
        assert connack.body[1] == 0, "refused with %d" % connack.body[1]
        return bool(connack.body[0])

    def subscribe(self, topic_filter, options=0, properties=b""):
        self.send(subscribe_packet(1, [(topic_filter, options)], self.version,
                                   properties))
        suback = self.expect(SUBACK, 1)
        assert suback.body[-1] < 0x80, suback

    def publish(self, topic, payload=b"", **options):
        options["version"] = self.version
        self.send(publish_packet(topic, payload, **options))

    def cut(self):
        """Gone without a word, as when a cable is pulled."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.send(packet(DISCONNECT, 0))
        self.socket.close()


def broker_private_bytes():
    """Memory that the broker shares with no other process; None where that is not
    known."""
    try:
        with open("/proc/%s/status" % os.environ["BROKER_PID"]) as status:
            return next((int(line.split()[1]) * 1024 for line in status
                         if line.startswith("RssAnon:")), None)
    except OSError:
        return None


def answers_within(port, seconds):
    """Another client is served: connects, subscribes, publishes, receives."""
    start = time.monotonic()
    peer = Peer(port)
    peer.connect()
    peer.subscribe("answers")
    peer.publish("answers", b"?")
    peer.expect(PUBLISH)
    peer.close()
    took = time.monotonic() - start
    assert took < seconds, "served after %.2f s" % took


def run(names):
    port, wanted = int(sys.argv[1]), sys.argv[2:]
    failed = 0
    for name, test in sorted(names.items()):
        if not name.startswith("test_") or wanted and name not in wanted:
            continue
        try:
            test(port)
        except Exception:  # an assertion, or a socket's error
            print("%s failed:" % name)
            traceback.print_exc(file=sys.stdout)
            failed += 1
    sys.exit(1 if failed else 0)
