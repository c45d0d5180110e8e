"""Floods: who does not read, and who asks for too much, is bounded.

Others are served within a second all the time; private_bytes of the broker is
looked at by flood.sh.
"""

import threading

from raw import *

PROMPTLY = 1.0  # seconds
MESSAGES = 100000
PAYLOAD = bytes(1000)


def deaf(port, client_id, qos):
    """Subscribes and never reads again."""
    peer = Peer(port)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(client_id)
    peer.subscribe("flood/%d" % qos, qos)
    return peer


def prompt_until(port, done):
    while not done.is_set():
        answers_within(port, PROMPTLY)
        done.wait(0.05)


def while_others_are_served(port, flood):
    """Run flood; returns what went wrong for the others, too."""
    done = threading.Event()
    wrong = []

    def work():
        try:
            flood()
        except Exception as error:
            wrong.append(error)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        prompt_until(port, done)
    finally:
        thread.join()
    assert not wrong, wrong


def test_qos_0_for_who_does_not_read(port):
    ears = [deaf(port, "deaf-0-%d" % number, 0) for number in range(5)]
    publisher = Peer(port)
    publisher.connect()
    batch = publish_packet("flood/0", PAYLOAD) * 100

    def flood():
        for _ in range(MESSAGES // 100):
            publisher.send(batch)
        publisher.nothing_more()

    while_others_are_served(port, flood)
    for ear in ears:
        ear.cut()


def test_qos_1_for_who_does_not_read(port):
    ears = [deaf(port, "deaf-1-%d" % number, 1) for number in range(5)]
    hearing = Peer(port)
    hearing.connect()
    hearing.subscribe("flood/1", 1)
    publisher = Peer(port)
    publisher.connect()

    def flood():
        """Each message is acknowledged, and comes to who does read."""
        for start in range(0, MESSAGES // 10, 100):
            publisher.send(*(publish_packet("flood/1", PAYLOAD, 1, number + 1)
                             for number in range(start, start + 100)))
            for number in range(start, start + 100):
                publisher.expect(PUBACK, number + 1)
                got = hearing.expect(PUBLISH)
                hearing.send(ack_packet(PUBACK, got.packet_id))

    while_others_are_served(port, flood)
    for ear in ears:
        ear.cut()


def test_large_messages_for_who_does_not_read(port):
    """A hundred megabytes, of which flood.sh allows 8 to wait for a client."""
    ears = [deaf(port, "deaf-large-%d" % number, 1) for number in range(5)]
    publisher = Peer(port)
    publisher.connect()
    before = broker_private_bytes()

    def flood():
        for number in range(100):
            publisher.publish("flood/1", bytes(1000000), qos=1,
                              packet_id=number + 1)
            publisher.expect(PUBACK, number + 1)

    while_others_are_served(port, flood)
    if before is not None:
        grown = broker_private_bytes() - before
        assert grown < 40 << 20, "the broker has grown by %d bytes" % grown
    for ear in ears:
        ear.cut()


def test_fifty_thousand_topics(port):
    peer = Peer(port)
    peer.connect()
    peer.subscribe("topics/#")

    def flood():
        for start in range(0, 50000, 500):
            peer.send(*(publish_packet("topics/%d/of/many" % number, b"x")
                        for number in range(start, start + 500)))
            for number in range(start, start + 500):
                assert peer.expect(PUBLISH).topic == "topics/%d/of/many" % number

    while_others_are_served(port, flood)
    peer.close()


def test_retained_messages_have_a_limit(port):
    """flood.sh sets it to 1000, those of $SYS included."""
    peer = Peer(port)
    peer.connect()

    def kept():
        late = Peer(port)
        late.connect()
        late.subscribe("keep/#")
        late.send(packet(PINGREQ, 0))
        topics = []
        while True:
            got = late.receive()
            if got.type == PINGRESP:
                return topics
            topics.append(got.topic)

    for start in range(0, 2000, 100):
        peer.send(*(publish_packet("keep/%d" % number, b"x", 1, number + 1,
                                   retain=True)
                    for number in range(start, start + 100)))
        for number in range(start, start + 100):
            peer.expect(PUBACK, number + 1)
    topics = kept()
    assert 900 <= len(topics) <= 1000, len(topics)
    assert set(topics) == {"keep/%d" % number for number in range(len(topics))}
    for start in range(0, 2000, 500):
        peer.send(*(publish_packet("keep/%d" % number, b"", retain=True)
                    for number in range(start, start + 500)))
    peer.publish("keep/again", b"there is room again", retain=True)
    peer.nothing_more()
    assert kept() == ["keep/again"]


def test_subscriptions_have_a_limit(port):
    """flood.sh sets it to 1000 for a client."""
    for version, refused in ((MQTT_311, 0x80), (MQTT_5, 0x97)):
        peer = Peer(port, version)
        peer.connect()

        def flood():
            codes = b""
            for start in range(0, 5000, 100):
                filters = [("limit/%d/+" % number, 0)
                           for number in range(start, start + 100)]
                peer.send(subscribe_packet(start + 1, filters, version))
                codes += peer.expect(SUBACK, start + 1).body[-100:]
            assert codes == bytes(1000) + bytes([refused]) * 4000

        while_others_are_served(port, flood)
        peer.cut()


def test_a_session_that_is_away_keeps_only_so_much(port):
    """flood.sh sets max_queued_messages to 1000."""
    away = Peer(port)
    away.connect("away", clean=False)
    away.subscribe("away", 1)
    away.cut()
    publisher = Peer(port)
    publisher.connect()
    for start in range(0, 5000, 100):
        publisher.send(*(publish_packet("away", b"%d" % number, 1, number + 1)
                         for number in range(start, start + 100)))
        for number in range(start, start + 100):
            publisher.expect(PUBACK, number + 1)
    back = Peer(port)
    assert back.connect("away", clean=False)
    got = []
    for _ in range(1000):
        message = back.expect(PUBLISH)
        got.append(int(message.payload))
        back.send(ack_packet(PUBACK, message.packet_id))
    assert got == list(range(1000)), got
    back.nothing_more()
    back.cut()
    forgotten = Peer(port)
    forgotten.connect("away", clean=True)
    forgotten.close()


run(globals())
