"""What a broker must not mind: peers that talk nonsense, stop in the middle of a
word, or are slow.  After each, others must be served within a second."""

import random

from raw import *

PROMPTLY = 1.0  # seconds
CONNECT_TIMEOUT = 2  # as hostile.sh configures the broker


def peers(port, count):
    return [Peer(port) for _ in range(count)]


def is_closed(peer):
    """Nothing but the end comes; what the broker says before does not matter."""
    try:
        while peer.socket.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_garbage(port):
    """Bytes of chance as the first thing, and behind a good CONNECT."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print("seed", seed)
    for number in range(150):
        peer = Peer(port, (MQTT_311, MQTT_5)[number % 2])
        if number % 3:
            peer.connect("garbage-%d" % number)
        try:
            for _ in range(4):
                peer.send(chance.randbytes(chance.randrange(1, 3000)))
        except OSError:
            pass  # closed already
        peer.socket.close()
    answers_within(port, PROMPTLY)


def test_other_protocols(port):
    for words in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                  b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(506),
                  b"SSH-2.0-OpenSSH_9.2\r\n"):
        peer = Peer(port)
        peer.send(words)
        assert is_closed(peer)
    answers_within(port, PROMPTLY)


def test_connect_that_never_comes(port):
    """Silent peers, and CONNECTs cut at each byte, are closed in time, and stand
    in nobody's way until then."""
    whole = connect_packet("half", will=("will", b"payload", 1, False, b""))
    waiting = peers(port, len(whole))
    start = time.monotonic()
    for length, peer in enumerate(waiting):
        peer.send(whole[:length])
    answers_within(port, PROMPTLY)
    assert all(is_closed(peer) for peer in waiting)
    took = time.monotonic() - start
    assert took < CONNECT_TIMEOUT + 5, "closed after %.2f s" % took
    answers_within(port, PROMPTLY)


def test_half_packets(port):
    """A PUBLISH cut at each byte, and then the other half."""
    whole = publish_packet("half/packets", b"payload", qos=1, packet_id=1)
    waiting = peers(port, len(whole))
    for length, peer in enumerate(waiting):
        peer.connect()
        peer.send(whole[:length])
    answers_within(port, PROMPTLY)
    for length, peer in enumerate(waiting):
        peer.send(whole[length:])
        peer.expect(PUBACK, 1)
        peer.close()


def test_drips(port):
    """A hundred peers at once send one byte at a time."""
    stream = b"".join((connect_packet(), subscribe_packet(1, [("drip", 2)]),
                       publish_packet("drip", b"x", qos=2, packet_id=1),
                       ack_packet(PUBREL, 1)))
    waiting = peers(port, 100)
    for byte in stream:
        for peer in waiting:
            peer.send(bytes([byte]))
    answers_within(port, PROMPTLY)
    for peer in waiting:
        peer.expect(CONNACK)
        peer.expect(SUBACK, 1)
        seen = []
        while not {PUBREC, PUBCOMP} <= set(seen):
            seen.append(peer.receive().type)
        peer.cut()


def test_announced_and_not_sent(port):
    """Packets of 256 MiB are announced by many, and a little of them sent."""
    waiting = peers(port, 100)
    for peer in waiting:
        peer.connect()
        peer.send(b"\x30\xff\xff\xff\x7f\x00\x01a" + bytes(1000))
    answers_within(port, PROMPTLY)
    for peer in waiting:
        peer.cut()
    # CONNECT need not be so large: it is refused when it is announced.
    peer = Peer(port)
    peer.send(b"\x10\xff\xff\xff\x7f")
    assert is_closed(peer)


def test_who_does_not_read_answers_is_not_read_from(port):
    """A flood of PINGREQ without looking at PINGRESP stops itself."""
    peer = Peer(port)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect()
    peer.socket.settimeout(0.5)
    sent = 0
    try:
        while sent < 200 << 20:
            sent += peer.socket.send(packet(PINGREQ, 0) * 32768)
    except socket.timeout:
        pass
    assert sent < 200 << 20, "the broker swallows without end"
    answers_within(port, PROMPTLY)
    peer.cut()


run(globals())
