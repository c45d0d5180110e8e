"""Fifty subscribers that never read, with nothing configured: what they cost.

Each test says how many MiB its messages are for all of them together; the broker
may grow by a small part of that. What it has grown by is printed.
"""

from raw import *

SUBSCRIBERS = 50
PAYLOAD = bytes(64 << 10)
MIB = 1 << 20


def deaf(port, number, topic, qos):
    peer = Peer(port)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect("deaf-%d" % number, keep_alive=0)
    peer.subscribe(topic, qos)
    return peer


def publish_all(port, topics, qos):
    publisher = Peer(port)
    publisher.connect()
    for start in range(0, len(topics), 50):
        some = topics[start:start + 50]
        for number, topic in enumerate(some):
            publisher.send(publish_packet(topic, PAYLOAD, qos, number + 1))
        for number in range(len(some) if qos else 0):
            publisher.expect(PUBACK, number + 1)
    publisher.nothing_more()
    publisher.close()


def cost(port, name, topic_of, count, qos):
    """Publishes so many messages to each topic. Returns by how many bytes the
    broker has grown; None where that is not known."""
    before = broker_private_bytes()
    ears = [deaf(port, number, topic_of(number), qos)
            for number in range(SUBSCRIBERS)]
    topics = sorted({topic_of(number) for number in range(SUBSCRIBERS)})
    publish_all(port, topics * count, qos)
    after = broker_private_bytes()
    for ear in ears:
        ear.cut()
    if after is None:
        return 0
    offered = SUBSCRIBERS * count * len(PAYLOAD)
    print("%s: %d MiB for them, the broker has grown by %d MiB" %
          (name, offered / MIB, (after - before) / MIB))
    return after - before


def test_qos_0(port):
    """About a megabyte waits for each, most of it shared."""
    grown = cost(port, "QoS 0", lambda number: "all", 2000, 0)
    assert grown < 100 * MIB, grown


def test_qos_1_to_one_topic(port):
    """A queue of 8 MiB for each, but of the same messages."""
    grown = cost(port, "QoS 1, one topic", lambda number: "all", 1000, 1)
    assert grown < 150 * MIB, grown


def test_qos_1_to_a_topic_each(port):
    """Nothing is shared: the queue of each, and what waits to be written."""
    grown = cost(port, "QoS 1, a topic each",
                 lambda number: "own/%d" % number, 400, 1)
    assert grown < SUBSCRIBERS * 14 * MIB, grown


def test_qos_1_to_a_topic_each_with_memory_limit(port):
    """deaf.sh sets it to 100 MiB; a megabyte of traffic more is not noticed."""
    grown = cost(port, "QoS 1, a topic each, memory_limit 100M",
                 lambda number: "own/%d" % number, 100, 1)
    assert grown < 110 * MIB, grown


run(globals())
