"""Eight clients with sessions that stay publish to each other, of all versions, while
their connections are cut, or taken over by themselves, at random. Each obeys the
standard to the letter and keeps books. random_cuts.py PORT SECONDS [SEED]."""

import random
import select
import sys
import time

from raw import *

FOREVER = b"\x11\xff\xff\xff\xff"  # Session Expiry Interval
TOPICS = ["a/b", "a/c", "b", "a/b/c", "d/e"]
FILTERS = ["a/+", "#", "a/#", "b", "+/b", "d/e", "+"]
SUBSCRIBE_ID = 60000


def matches(topic_filter, topic):
    have = topic.split("/")
    for i, want in enumerate(topic_filter.split("/")):
        if want == "#":
            return True
        if i == len(have) or want not in ("+", have[i]):
            return False
    return len(have) == i + 1


class Client:
    def __init__(self, port, number):
        self.port, self.number = port, number
        self.version = random.choice([MQTT_31, MQTT_311, MQTT_5, MQTT_5])
        self.filters = [(one, random.randint(1, 2))
                        for one in random.sample(FILTERS, random.randint(1, 3))]
        self.peer, self.up, self.subscribed = None, False, False
        self.sent = {}  # Packet Identifier: [was PUBREC received, topic, payload, qos]
        self.last_id = 0
        self.received = {}  # QoS 2, waiting for PUBREL: Packet Identifier to payload
        self.got = {}  # (topic, payload): how often
        self.newest = {}  # (topic, publisher, qos): number of the newest message

    # ---- connections

    def come(self):
        """A new connection, which takes over from the old one, if there is one."""
        old, self.up = self.peer, False
        maximum = random.choice([1, 2, 5, 100, 65535])
        properties = FOREVER + b"\x21" + maximum.to_bytes(2, "big")
        self.peer = Peer(self.port, self.version)
        self.send(connect_packet("random-%d" % self.number, self.version, clean=False,
                                 properties=properties))
        if old:
            old.socket.close()

    def go(self):
        if self.peer:
            random.choice([self.peer.cut, self.peer.socket.close])()
        self.peer, self.up = None, False

    def send(self, *packets):
        try:
            self.peer.send(*packets)
        except OSError:
            pass  # the end of the connection is seen by who reads from it

    def begin(self, connack):
        assert connack.body[1] == 0, connack
        # CONNACK of 3.1 has no way to say that there is a session.
        if self.version > MQTT_31:
            assert connack.body[0] == self.subscribed, "the session is lost"
        self.up = True
        for packet_id in self.sent:
            self.send_publish(packet_id, True)
        if not self.subscribed:
            self.send(subscribe_packet(SUBSCRIBE_ID, self.filters, self.version))

    # ---- what it publishes

    def publish(self, topic, payload, qos):
        while not self.last_id or self.last_id in self.sent:
            self.last_id = self.last_id % 500 + 1
        self.sent[self.last_id] = [False, topic, payload, qos]
        if self.up:
            self.send_publish(self.last_id, False)

    def send_publish(self, packet_id, again):
        received, topic, payload, qos = self.sent[packet_id]
        if received:
            self.send(ack_packet(PUBREL, packet_id))
        else:
            self.send(publish_packet(topic, payload, qos, packet_id, dup=again,
                                     version=self.version))

    # ---- what it receives

    def take(self, publish):
        message = publish.topic, publish.payload
        self.got[message] = self.got.get(message, 0) + 1
        assert publish.qos == 1 or self.got[message] == 1, "twice: %r" % publish
        publisher, number = publish.payload.split(b"-")
        stream = publish.topic, publisher, publish.qos
        if self.got[message] == 1:
            assert self.newest.get(stream, -1) < int(number), "order: %r" % publish
            self.newest[stream] = int(number)

    def handle(self, packet):
        packet_id = packet.packet_id
        if packet.type == CONNACK:
            self.begin(packet)
        elif packet.type == SUBACK:
            self.subscribed = True
        elif packet.type == PUBLISH and packet.qos == 1:
            self.take(packet)
            self.send(ack_packet(PUBACK, packet_id))
        elif packet.type == PUBLISH:
            if packet_id not in self.received:
                self.take(packet)
            self.received.setdefault(packet_id, packet.payload)
            assert self.received[packet_id] == packet.payload, "identifier used again"
            self.send(ack_packet(PUBREC, packet_id))
        elif packet.type == PUBREL:
            self.received.pop(packet_id, None)
            self.send(ack_packet(PUBCOMP, packet_id))
        elif packet.type == PUBREC and packet_id in self.sent:
            self.sent[packet_id][0] = True
            self.send(ack_packet(PUBREL, packet_id))
        elif packet.type in (PUBACK, PUBCOMP):
            self.sent.pop(packet_id, None)
        elif packet.type == DISCONNECT:
            assert packet.body[0] == 0x8E, packet  # Session taken over

    def read(self):
        peer = self.peer
        try:
            more = peer.socket.recv(65536)
        except OSError:
            more = b""
        if not more:
            self.peer, self.up = None, False
            return
        peer.rest += more
        while self.peer is peer:
            packet = peer.cut_packet()
            if not packet:
                return
            self.handle(packet)


def spin(clients, seconds):
    """Let the clients handle what comes."""
    end = time.monotonic() + seconds
    while True:
        by_socket = {one.peer.socket: one for one in clients if one.peer}
        rest = max(0, end - time.monotonic())
        ready = select.select(list(by_socket), [], [], rest)[0]
        for socket_of in ready:
            if by_socket[socket_of].peer:
                by_socket[socket_of].read()
        if time.monotonic() >= end:
            return


def until(clients, what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        for one in clients:
            if not one.peer:
                one.come()
        spin(clients, 0.02)


def missing(clients, published):
    for one in clients:
        for topic, payload in published:
            wanted = any(matches(each, topic) for each, _ in one.filters)
            if wanted != ((topic, payload) in one.got):
                return "%d %s %r %s" % (one.number, topic, payload, one.filters)
    return None


def test_nothing_is_lost_or_doubled(port):
    seconds = float(SECONDS)
    clients = [Client(port, number) for number in range(8)]
    published = []
    until(clients, "subscribe", lambda: all(one.subscribed for one in clients))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one, dice = random.choice(clients), random.random()
        if dice < 0.8:
            for _ in range(random.choice([1, 1, 3, 20]) if len(one.sent) < 200 else 0):
                payload = b"%d-%d" % (one.number, len(published))
                published.append((random.choice(TOPICS), payload))
                one.publish(*published[-1], random.randint(1, 2))
        elif dice < 0.87:
            one.go()
        elif not one.peer or dice < 0.92:
            one.come()
        spin(clients, random.choice([0, 0, 0.002, 0.01]))
    until(clients, "acknowledged", lambda: not any(one.sent for one in clients))
    until(clients, "received", lambda: not missing(clients, published))
    print("%d messages" % len(published))
    assert len(published) > 100


SECONDS = sys.argv.pop(2)
SEED = int(sys.argv.pop(2)) if len(sys.argv) > 2 else random.randrange(1 << 30)
random.seed(SEED)
print("seed %d" % SEED)
run(globals())
