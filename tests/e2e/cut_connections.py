"""Handshakes that are cut at each step, and go on with the next connection."""

from raw import *

FOREVER = b"\x11\xff\xff\xff\xff"  # Session Expiry Interval


def resume(port, client_id, version, present=True):
    """Connect to the session of client_id, which must (not) be there."""
    peer = Peer(port, version)
    properties = FOREVER if version == MQTT_5 else b""
    there = peer.connect(client_id, clean=False, properties=properties)
    # CONNACK of 3.1 has no way to say it.
    assert there is (present and version > MQTT_31)
    return peer


def watcher(port, topic):
    peer = Peer(port)
    peer.connect()
    peer.subscribe(topic, 2)
    return peer


def expect_message(peer, payload):
    """A PUBLISH of QoS 2, acknowledged to the end."""
    got = peer.expect(PUBLISH)
    assert got.payload == payload, got
    peer.send(ack_packet(PUBREC, got.packet_id))
    peer.expect(PUBREL, got.packet_id)
    peer.send(ack_packet(PUBCOMP, got.packet_id))


# [MQTT-4.3.3-10] a message of QoS 2 is published once, however often the client
# has to send it again [MQTT-4.4.0-1].
def publish_once(port, version):
    client_id = "once-%d" % version
    topic = "cut/" + client_id
    watch = watcher(port, topic)
    peer = resume(port, client_id, version, present=False)

    def again():
        nonlocal peer
        peer.cut()
        peer = resume(port, client_id, version)

    # Cut behind PUBLISH, so behind PUBREC, which is not seen.
    peer.publish(topic, b"one", qos=2, packet_id=7)
    expect_message(watch, b"one")
    again()
    peer.publish(topic, b"one", qos=2, packet_id=7, dup=True)
    peer.expect(PUBREC, 7)
    watch.nothing_more()
    # Cut behind PUBREC that was seen.
    again()
    peer.publish(topic, b"one", qos=2, packet_id=7, dup=True)
    peer.expect(PUBREC, 7)
    peer.send(ack_packet(PUBREL, 7))
    peer.expect(PUBCOMP, 7)
    # Cut behind PUBREL, so behind PUBCOMP, which is not seen.
    again()
    peer.send(ack_packet(PUBREL, 7))
    peer.expect(PUBCOMP, 7)
    watch.nothing_more()
    # From then on the Packet Identifier is free for another message.
    peer.publish(topic, b"two", qos=2, packet_id=7)
    peer.expect(PUBREC, 7)
    expect_message(watch, b"two")
    peer.send(ack_packet(PUBREL, 7))
    peer.expect(PUBCOMP, 7)
    # Half a PUBLISH is none.
    peer.send(publish_packet(topic, b"half", qos=2, packet_id=8,
                             version=version)[:-2])
    again()
    peer.nothing_more()
    watch.nothing_more()
    peer.close()
    watch.close()


def test_publish_once_with_311(port):
    publish_once(port, MQTT_311)


def test_publish_once_with_31(port):
    publish_once(port, MQTT_31)


def test_publish_once_with_5(port):
    publish_once(port, MQTT_5)


# [MQTT-4.4.0-1] [MQTT-4.3.2-2] [MQTT-4.3.3-6] what was not acknowledged is sent
# again, with the same Packet Identifier, and DUP.
def deliver_again(port, version):
    client_id = "again-%d" % version
    topic = "cut/" + client_id
    sender = Peer(port)
    sender.connect()
    peer = resume(port, client_id, version, present=False)
    peer.subscribe(topic, 2)

    def again():
        nonlocal peer
        peer.cut()
        peer = resume(port, client_id, version)

    sender.publish(topic, b"one", qos=1, packet_id=1)
    first = peer.expect(PUBLISH)
    assert first.qos == 1 and not first.dup
    for _ in range(2):
        again()
        second = peer.expect(PUBLISH, first.packet_id)
        assert second.dup and second.payload == b"one"
    peer.send(ack_packet(PUBACK, first.packet_id))
    peer.nothing_more()
    again()
    peer.nothing_more()

    sender.publish(topic, b"two", qos=2, packet_id=2)
    sender.send(ack_packet(PUBREL, 2))
    first = peer.expect(PUBLISH)
    assert first.qos == 2 and not first.dup
    again()
    second = peer.expect(PUBLISH, first.packet_id)
    assert second.dup and second.payload == b"two"
    peer.send(ack_packet(PUBREC, first.packet_id))
    peer.expect(PUBREL, first.packet_id)
    again()
    peer.expect(PUBREL, first.packet_id)
    again()
    peer.expect(PUBREL, first.packet_id)
    peer.send(ack_packet(PUBCOMP, first.packet_id))
    peer.nothing_more()
    again()
    peer.nothing_more()
    peer.close()
    sender.close()


def test_deliver_again_with_311(port):
    deliver_again(port, MQTT_311)


def test_deliver_again_with_31(port):
    deliver_again(port, MQTT_31)


def test_deliver_again_with_5(port):
    deliver_again(port, MQTT_5)


# [MQTT-4.6.0-1] [MQTT-4.6.0-6] what was under way comes again in its order, then
# what waited behind it, and nothing is lost.
def test_order_survives_a_cut(port):
    sender = Peer(port)
    sender.connect()
    peer = resume(port, "order", MQTT_311, present=False)
    peer.subscribe("cut/order", 1)
    for number in range(100):
        sender.publish("cut/order", b"%d" % number, qos=1, packet_id=number + 1)
        sender.expect(PUBACK, number + 1)
    seen = [peer.expect(PUBLISH) for _ in range(10)]
    # Acknowledged out of order, and some not at all.
    for got in (seen[1], seen[5], seen[0]):
        peer.send(ack_packet(PUBACK, got.packet_id))
    peer.send(packet(PINGREQ, 0))
    while peer.receive().type != PINGRESP:
        pass
    peer.cut()
    peer = resume(port, "order", MQTT_311)
    numbers = []
    while not numbers or numbers[-1] != 99:
        got = peer.expect(PUBLISH)
        numbers.append(int(got.payload))
        peer.send(ack_packet(PUBACK, got.packet_id))
    assert numbers == [2, 3, 4] + list(range(6, 100)), numbers
    peer.nothing_more()
    peer.close()
    sender.close()


# [MQTT-3.1.4-3] a second connection of the same client ends the first, and has
# what the first left unfinished.
def test_takeover_in_the_middle_of_a_handshake(port):
    sender = Peer(port)
    sender.connect()
    first = resume(port, "taken", MQTT_5, present=False)
    first.subscribe("cut/taken", 2)
    sender.publish("cut/taken", b"x", qos=2, packet_id=1)
    sender.send(ack_packet(PUBREL, 1))
    got = first.expect(PUBLISH)
    first.send(ack_packet(PUBREC, got.packet_id))
    first.expect(PUBREL, got.packet_id)
    second = resume(port, "taken", MQTT_5)
    goodbye = first.expect(DISCONNECT)
    assert goodbye.body[0] == 0x8E, goodbye
    assert first.receive() is None
    second.expect(PUBREL, got.packet_id)
    second.send(ack_packet(PUBCOMP, got.packet_id))
    second.nothing_more()
    second.close()
    sender.close()


run(globals())
