"""Rules that no client library lets one break, or shows: on real sockets."""

from raw import *

RECEIVE_MAXIMUM, TOPIC_ALIAS, MAXIMUM_PACKET_SIZE = b"\x21", b"\x23", b"\x27"


def property_2(identifier, value):
    return identifier + struct.pack("!H", value)


def connected(port, *args, **options):
    peer = Peer(port, MQTT_5)
    peer.connect(*args, **options)
    return peer


def refused(port, whole):
    """The broker answers a CONNECT with this, and closes."""
    peer = Peer(port)
    peer.send(whole)
    connack = peer.expect(CONNACK)
    assert peer.receive() is None
    return connack.body[:2]


# [MQTT311-3.1.2-2] [MQTT311-3.1.3-8] [MQTT-3.2.2-7]
def test_connect_is_refused_with_its_reason(port):
    whole = connect_packet("v9")
    for version in b"\x02\x06\xff":
        other = whole.replace(b"MQTT\x04", b"MQTT" + bytes([version]))
        assert refused(port, other) == b"\x00\x01"
    assert refused(port, connect_packet("", clean=False)) == b"\x00\x02"
    long = connect_packet("x" * 2000, MQTT_5)
    assert refused(port, long)[1] == 0x85


# [MQTT-3.1.0-2] [MQTT-4.13.1-1] what is wrong is said, and the connection closed.
def test_disconnect_says_what_was_wrong(port):
    alias = property_2(TOPIC_ALIAS, 60000)
    for sent, reason in (
            (connect_packet("again", MQTT_5), 0x82),
            (packet(PUBLISH, 6, string("t") + b"\x00\x01\x00"), 0x81),
            (publish_packet("a/+", version=MQTT_5), 0x90),
            (publish_packet("", version=MQTT_5), 0x82),
            (publish_packet("t", version=MQTT_5, properties=alias), 0x94),
            (subscribe_packet(1, [], MQTT_5), 0x82),
            (packet(SUBSCRIBE, 0, b"\x00\x01\x00" + string("t") + b"\x00"), 0x81),
            (packet(0, 0), 0x81)):
        peer = connected(port, "again")
        peer.send(sent)
        goodbye = peer.expect(DISCONNECT)
        assert goodbye.body[0] == reason, "%r: %r" % (sent, goodbye)
        assert peer.receive() is None


# [MQTT-3.3.4-9] [MQTT-3.3.4-7]
def test_receive_maximum_holds_in_both_directions(port):
    peer = connected(port, "window",
                     properties=property_2(RECEIVE_MAXIMUM, 2))
    peer.subscribe("window", 1)
    sender = connected(port)
    for number in range(5):
        sender.publish("window", b"%d" % number, qos=1, packet_id=number + 1)
        sender.expect(PUBACK, number + 1)
    got = [peer.expect(PUBLISH), peer.expect(PUBLISH)]
    peer.nothing_more()
    for number in range(2, 5):
        peer.send(ack_packet(PUBACK, got.pop(0).packet_id))
        got.append(peer.expect(PUBLISH))
        assert got[-1].payload == b"%d" % number, got[-1]
        peer.nothing_more()
    peer.close()
    # Its own Receive Maximum, which a client of QoS 2 can exceed.
    sender.send(connect_packet())  # ends it
    sender = Peer(port, MQTT_5)
    sender.send(connect_packet("greedy", MQTT_5))
    connack = sender.expect(CONNACK).body
    at = connack.index(RECEIVE_MAXIMUM, 3)
    allowed = int.from_bytes(connack[at + 1:at + 3], "big")
    sender.send(*(publish_packet("none", b"", 2, number + 1, version=MQTT_5)
                  for number in range(allowed)))
    for number in range(allowed):
        sender.expect(PUBREC, number + 1)
    sender.publish("none", b"", qos=2, packet_id=allowed + 1)
    assert sender.expect(DISCONNECT).body[0] == 0x93


# [MQTT-3.1.2-24] [MQTT-3.1.2-25] too large for this client is as if delivered.
def test_maximum_packet_size_of_the_client(port):
    limit = MAXIMUM_PACKET_SIZE + struct.pack("!I", 100)
    peer = connected(port, "small", properties=limit)
    peer.subscribe("size", 1)
    sender = connected(port)
    for payload in (b"x" * 200, b"fits"):
        sender.publish("size", payload, qos=1, packet_id=1)
        sender.expect(PUBACK, 1)
    assert peer.expect(PUBLISH).payload == b"fits"
    peer.close()
    sender.close()


# [MQTT-3.14.4-3] a DISCONNECT with reason 0x04 asks for the will.
def test_disconnect_with_will(port):
    watch = connected(port)
    watch.subscribe("wire/will")
    for body, fires in ((b"\x04", True), (b"\x00", False), (b"", False)):
        peer = connected(port, will=("wire/will", b"dead", 0, False, b""))
        peer.send(packet(DISCONNECT, 0, body))
        assert peer.receive() is None
        if fires:
            assert watch.expect(PUBLISH).payload == b"dead"
        watch.nothing_more()
    watch.close()


# [MQTT-3.1.2-22] one and a half times Keep Alive of silence; a packet in time
# is enough.
def test_keep_alive(port):
    watch = connected(port)
    watch.subscribe("wire/silent")
    silent = connected(port, keep_alive=1,
                       will=("wire/silent", b"silent", 0, False, b""))
    polite = connected(port, keep_alive=1)
    start = time.monotonic()
    while time.monotonic() - start < 1.2:
        time.sleep(0.3)
        polite.nothing_more()
    assert silent.expect(DISCONNECT).body[0] == 0x8D
    assert time.monotonic() - start > 1.4
    watch.expect(PUBLISH)
    polite.nothing_more()
    polite.close()
    watch.close()


run(globals())
