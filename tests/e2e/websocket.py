"""WebSocket by hand [RFC 6455]: what clients send, what none should, and how it
ends. websocket.py PORT; at $PORT2 only pages of http://lab.example are welcome."""

import os
import socket
import struct

import raw

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of that key [RFC 6455 1.3]


def frame(opcode, payload=b"", fin=True, masked=True, reserved=0, length=None):
    """length: what the header says, if not the truth."""
    size = len(payload) if length is None else length
    out = bytearray([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if size < 126:
        out.append(mask_bit | size)
    elif size < 65536:
        out += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        out += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return bytes(out) + payload
    key = os.urandom(4)
    pad = (key * (len(payload) // 4 + 1))[:len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
    return bytes(out) + key + number.to_bytes(len(payload), "big")


def request(path="/mqtt", method="GET", **headers):
    lines = {
        "Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "mqtt",
    }
    for name, value in headers.items():
        lines[name.replace("_", "-")] = value
    text = "%s %s HTTP/1.1\r\n" % (method, path)
    text += "".join("%s: %s\r\n" % line for line in lines.items() if line[1])
    return (text + "\r\n").encode()


class Peer:
    def __init__(self, port, shake=True):
        self.socket = socket.create_connection(("127.0.0.1", port), raw.PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.mqtt = b""
        if shake:
            self.send(request())
            self.expect_upgrade()

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece)

    def fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise EOFError
        self.got += more

    def take(self, count):
        while len(self.got) < count:
            self.fill()
        taken, self.got = self.got[:count], self.got[count:]
        return taken

    def head(self):
        while b"\r\n\r\n" not in self.got:
            self.fill()
        head, self.got = self.got.split(b"\r\n\r\n", 1)
        return head.decode()

    def expect_upgrade(self):
        head = self.head()
        assert head.startswith("HTTP/1.1 101 "), head
        assert ACCEPT in head, head
        assert "sec-websocket-protocol: mqtt" in head.lower(), head

    def expect_status(self, status):
        head = self.head()
        assert head.split()[1] == str(status), head
        try:
            while True:
                self.fill()
        except EOFError:
            return head, self.got

    def frame(self):
        first, second = self.take(2)
        assert not second & 0x80, "the server masks"
        assert first & 0x80, "the server fragments"
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        return first & 0x0f, self.take(length)

    def packet(self, wanted):
        """The next MQTT packet, whose bytes may lie anyhow in binary frames."""
        while True:
            packet = self.cut()
            if packet:
                assert packet[0] >> 4 == wanted, packet
                return packet
            opcode, payload = self.frame()
            assert opcode == BINARY, (opcode, payload)
            self.mqtt += payload

    def cut(self):
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self.mqtt):
                return None
            digit = self.mqtt[at]
            length |= (digit & 0x7f) << shift
            shift, at = shift + 7, at + 1
            if not digit & 0x80:
                break
        if len(self.mqtt) < at + length:
            return None
        packet = self.mqtt[:at + length]
        self.mqtt = self.mqtt[at + length:]
        return packet

    def connect(self, client_id, **options):
        self.send(frame(BINARY, raw.connect_packet(client_id, **options)))
        self.packet(raw.CONNACK)
        return self

    def expect_close(self, status):
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                assert struct.unpack("!H", payload[:2])[0] == status, payload
                break
        try:
            self.send(frame(CLOSE, struct.pack("!H", status)))
        except ConnectionError:
            pass
        self.expect_end()

    def expect_end(self):
        try:
            while True:
                self.fill()
        except (EOFError, ConnectionResetError):
            pass

    def expect_echo(self, payload=b"still there"):
        """A message to ourselves and back."""
        self.send(frame(BINARY, raw.subscribe_packet(1, [("echo/%d" % id(self), 0)])))
        self.packet(raw.SUBACK)
        self.send(frame(BINARY, raw.publish_packet("echo/%d" % id(self), payload)))
        assert self.packet(raw.PUBLISH).endswith(payload)


# ---- packets and frames

def test_packets_may_lie_in_any_frames(port):
    """[MQTT-6.0.0-2]"""
    peer = Peer(port)
    stream = raw.connect_packet("split") + raw.subscribe_packet(7, [("split/#", 0)])
    for byte in stream:
        peer.send(frame(BINARY, bytes([byte])), frame(BINARY))
    peer.packet(raw.CONNACK)
    peer.packet(raw.SUBACK)
    # Two packets in one message of three fragments, with a ping between.
    stream = raw.publish_packet("split/a", b"one") + raw.publish_packet("split/b")
    peer.send(frame(BINARY, stream[:3], fin=False), frame(PING, b"are you there"),
              frame(CONTINUATION, stream[3:20], fin=False),
              frame(CONTINUATION, stream[20:]))
    assert peer.frame() == (PONG, b"are you there")
    assert peer.packet(raw.PUBLISH).endswith(b"one")
    peer.packet(raw.PUBLISH)


def test_a_frame_may_come_with_the_request(port):
    peer = Peer(port, shake=False)
    peer.send(request() + frame(BINARY, raw.connect_packet("eager")) + frame(PING))
    peer.expect_upgrade()
    assert sorted(peer.frame()[0] for _ in range(2)) == [BINARY, PONG]
    peer.expect_echo()


def test_a_request_may_come_byte_by_byte(port):
    peer = Peer(port, shake=False)
    for byte in request():
        peer.send(bytes([byte]))
    peer.expect_upgrade()
    peer.connect("slow").expect_echo()


def test_a_big_message_passes(port):
    payload = os.urandom(1000) * 3000
    peer = Peer(port).connect("big")
    peer.expect_echo(payload)


def test_the_other_subprotocol_is_granted(port):
    peer = Peer(port, shake=False)
    peer.send(request(Sec_WebSocket_Protocol="chat, mqttv3.1"))
    head = peer.head()
    assert "101" in head and "mqttv3.1" in head, head


# ---- ends

def watcher(port, topic):
    peer = Peer(port).connect("watch" + topic)
    peer.send(frame(BINARY, raw.subscribe_packet(1, [(topic, 0)])))
    peer.packet(raw.SUBACK)
    return peer


def test_a_close_without_disconnect_fires_the_will(port):
    """[MQTT-3.1.2-8]"""
    watch = watcher(port, "will/close")
    peer = Peer(port).connect("mortal", will=("will/close", "gone", 0, False, b""))
    peer.send(frame(CLOSE, struct.pack("!H", 1001) + b"going away"))
    opcode, payload = peer.frame()
    assert opcode == CLOSE and payload[:2] == struct.pack("!H", 1001), payload
    peer.expect_end()
    assert watch.packet(raw.PUBLISH).endswith(b"gone")


def test_a_close_after_disconnect_fires_no_will(port):
    watch = watcher(port, "will/none")
    peer = Peer(port).connect("calm", will=("will/none", "gone", 0, False, b""))
    peer.send(frame(BINARY, raw.packet(raw.DISCONNECT, 0)))
    peer.expect_close(1000)
    watch.send(frame(BINARY, raw.publish_packet("will/none", b"mark")))
    assert watch.packet(raw.PUBLISH).endswith(b"mark")


def test_a_cut_fires_the_will(port):
    watch = watcher(port, "will/cut")
    peer = Peer(port).connect("cut", will=("will/cut", "gone", 0, False, b""))
    peer.socket.close()
    assert watch.packet(raw.PUBLISH).endswith(b"gone")


# ---- what nobody should send

def test_text_is_refused(port):
    """[MQTT-6.0.0-1]"""
    for payload in (raw.connect_packet("text"), b""):
        peer = Peer(port)
        peer.send(frame(TEXT, payload))
        peer.expect_close(1003)


def test_frames_without_mask_are_refused(port):
    peer = Peer(port).connect("bare")
    peer.send(frame(BINARY, raw.packet(raw.PINGREQ, 0), masked=False))
    peer.expect_close(1002)


def test_frames_against_the_rules_are_refused(port):
    bad = [
        [frame(3, b"x")],
        [frame(11)],
        [frame(BINARY, b"x", reserved=1)],
        [frame(BINARY, b"x", reserved=4)],
        [frame(PING, b"x", fin=False)],
        [frame(CONTINUATION, b"x")],
        [frame(BINARY, b"\x10", fin=False), frame(BINARY, b"\x10")],
        [frame(PING, b"x" * 126)],
    ]
    for frames in bad:
        peer = Peer(port)
        peer.send(*frames)
        peer.expect_close(1002)


def test_lengths_that_are_lies_end_it(port):
    for head in (b"\x82\xff" + b"\xff" * 8 + b"mask", b"\x82\xfe\x00\x05maskhello"):
        peer = Peer(port)
        peer.send(head)
        peer.expect_close(1002)


def test_a_frame_that_promises_much_costs_nothing(port):
    peers = [Peer(port).connect("promise%d" % i) for i in range(20)]
    for peer in peers:
        peer.send(frame(BINARY, b"\x30", length=1 << 40))
    Peer(port).connect("beside").expect_echo()


def test_pings_without_end_are_no_load(port):
    peer = Peer(port).connect("pinger")
    peer.socket.settimeout(1)
    try:
        for _ in range(200):
            peer.send(frame(PING, b"x" * 125) * 500)
    except (socket.timeout, ConnectionError):
        pass
    Peer(port).connect("beside").expect_echo()


def test_half_requests_keep_nobody_waiting(port):
    half = []
    for i in range(300):
        peer = Peer(port, shake=False)
        peer.send(request()[:20 + i % 60])
        half.append(peer)
    Peer(port).connect("whole").expect_echo()


# ---- HTTP

def test_upgrades_that_are_not_granted(port):
    cases = [
        (400, {"Sec_WebSocket_Protocol": None}),
        (400, {"Sec_WebSocket_Protocol": "chat"}),
        (400, {"Sec_WebSocket_Version": "8"}),
        (400, {"Sec_WebSocket_Version": None}),
        (400, {"Sec_WebSocket_Key": None}),
    ]
    for status, headers in cases:
        peer = Peer(port, shake=False)
        peer.send(request(**headers))
        peer.expect_status(status)


def test_origins_that_are_not_welcome(port):
    there = int(os.environ["PORT2"])
    for origin in (None, "http://evil.example", "http://lab.example.evil"):
        peer = Peer(there, shake=False)
        peer.send(request(Origin=origin))
        peer.expect_status(403)
    peer = Peer(there, shake=False)
    peer.send(request(Origin="http://lab.example"))
    peer.expect_upgrade()


def test_other_methods_are_refused(port):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        peer = Peer(port, shake=False)
        peer.send(("%s / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
                   % method).encode())
        head, _ = peer.expect_status(405)
        assert "allow: GET, HEAD" in head, head


def test_requests_that_are_none(port):
    for junk in (b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
                 b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"GET http://x/ HTTP/1.1\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n\r\n"):
        peer = Peer(port, shake=False)
        try:
            peer.send(junk)
            peer.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        peer.expect_end()
    Peer(port).connect("after").expect_echo()


if __name__ == "__main__":
    raw.run(globals())
