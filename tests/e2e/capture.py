"""Captures made by hand: frames, TCP segments and the files that hold them."""

import ssl
import struct

CLIENT = (10, 0, 0, 2)
BROKER = (10, 0, 0, 1)
FIN, SYN, RST, ACK = 1, 2, 4, 16


def unhex(text):
    return bytes.fromhex(text)


def tcp(source_port, port, seq, ack, flags, data=b""):
    header = struct.pack(">HHIIBBHHH", source_port, port, seq & 0xFFFFFFFF,
                         ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    return header + data


def ipv4(source, target, payload, ident=1, protocol=6, fragment=0):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident,
                       fragment, 64, protocol, 0, bytes(source),
                       bytes(target)) + payload


def ipv6(source, target, payload, next_header=6):
    def address(four):
        return b"\xfd" + bytes(11) + bytes(four)
    return struct.pack(">IHBB", 6 << 28, len(payload), next_header, 64) + \
        address(source) + address(target) + payload


def fragments(source, target, payload, ident, size):
    """An IPv4 packet in fragments of size bytes, a multiple of 8."""
    out = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        out.append(ipv4(source, target, payload[at:at + size], ident,
                        fragment=more | at // 8))
    return out


def fragments6(source, target, payload, ident, size):
    out = []
    for at in range(0, len(payload), size):
        more = 1 if at + size < len(payload) else 0
        header = struct.pack(">BBHI", 6, 0, at | more, ident)
        out.append(ipv6(source, target, header + payload[at:at + size], 44))
    return out


class Connection:
    """Segments of one connection, in frames (raw IP)."""

    def __init__(self, frames, port=40000, broker_port=1883, syn=True, ip=ipv4,
                 start=1000):
        self.frames = frames
        self.ports = (port, broker_port)
        self.seq = [start, start * 5]
        self.ip = ip
        if syn:
            self.send(0, SYN, b"")
            self.seq[0] += 1
            self.send(1, SYN | ACK, b"")
            self.seq[1] += 1
            self.send(0, ACK, b"")

    def segment(self, side, flags, data):
        return tcp(self.ports[side], self.ports[1 - side], self.seq[side],
                   self.seq[1 - side], flags, data)

    def send(self, side, flags, data):
        ends = (CLIENT, BROKER) if side == 0 else (BROKER, CLIENT)
        self.frames.append(self.ip(ends[0], ends[1],
                                   self.segment(side, flags, data)))
        self.seq[side] += len(data)

    def client(self, data):
        self.send(0, ACK, data)

    def broker(self, data):
        self.send(1, ACK, data)

    def close(self):
        for side in (0, 1):
            self.send(side, FIN | ACK, b"")
            self.seq[side] += 1
        self.send(0, ACK, b"")


ETHERNET = bytes(12) + b"\x08\x00"
LINKS = {  # name: link type, what stands before the IP packet
    "raw": (101, b""),
    "ipv4": (228, b""),
    "ethernet": (1, ETHERNET),
    "vlan": (1, bytes(12) + unhex("8100 0005 0800")),
    "qinq": (1, bytes(12) + unhex("88a8 0005 8100 0006 0800")),
    "pppoe": (1, bytes(12) + unhex("8864 1100 0001 0100 0021")),
    "null": (0, unhex("02000000")),
    "null of another machine": (0, unhex("00000002")),
    "loop": (108, unhex("00000002")),
    "sll": (113, bytes(14) + b"\x08\x00"),
    "sll2": (276, b"\x08\x00" + bytes(18)),
}


def pcap(frames, link=101, order="<", magic=0xA1B2C3D4, before=b""):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262144, link)
    for i, frame in enumerate(frames):
        frame = before + frame
        out += struct.pack(order + "IIII", 1700000000 + i, 1000 * i,
                           len(frame), len(frame)) + frame
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + \
        struct.pack(order + "I", length)


def pcapng(frames, link=101, order="<", before=b"", resolution=None,
           secrets=None, options=b""):
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    interface = struct.pack(order + "HHI", link, 0, 0)
    if resolution is not None:
        interface += struct.pack(order + "HHBxxxHH", 9, 1, resolution, 0, 0)
    out = block(order, 0x0A0D0D0A, section) + block(order, 1, interface)
    if secrets:
        out += block(order, 10, struct.pack(order + "II", 0x544C534B,
                                            len(secrets)) + secrets)
    for i, frame in enumerate(frames):
        frame = before + frame
        units = 10 ** (6 if resolution is None else resolution)
        stamp = (1700000000 + i) * units
        body = struct.pack(order + "IIIII", 0, stamp >> 32,
                           stamp & 0xFFFFFFFF, len(frame), len(frame)) + frame
        out += block(order, 6, body + bytes(-len(body) % 4) + options)
    return out


def pcapng_of(interfaces):
    """A file with several interfaces: (link type, frames) of each."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    out = block("<", 0x0A0D0D0A, section)
    for link, _ in interfaces:
        out += block("<", 1, struct.pack("<HHI", link, 0, 0))
    for number, (_, frames) in enumerate(interfaces):
        for frame in frames:
            body = struct.pack("<IIIII", number, 0, 0, len(frame),
                               len(frame)) + frame
            out += block("<", 6, body)
    return out


# A conversation that has a packet of each type of version 3.1.1, and of 5.
STORY_4 = [
    (0, "10 26 0004 4d515454 04 f6 003c 0001 61 0003 772f74 0003 627965"
        "0005 616c696365 0006 736563726574"),
    (1, "20 02 00 00"),
    (0, "82 10 0001 0003 612f62 00 0005 6c61622f23 02"),
    (1, "90 04 0001 00 02"),
    (0, "30 07 0003 612f62 6869"),
    (0, "3b 09 0003 612f62 0007 6869"),
    (1, "40 02 0007"),
    (1, "34 07 0003 612f62 0008"),
    (0, "50 02 0008"),
    (1, "62 02 0008"),
    (0, "70 02 0008"),
    (0, "a2 07 0002 0003 612f62"),
    (1, "b0 02 0002"),
    (0, "c0 00"),
    (1, "d0 00"),
    (0, "e0 00"),
]
STORY_5 = [
    (0, "10 17 0004 4d515454 05 02 003c 05 11 0000 0010 0005 6c61622d35"),
    (1, "20 09 00 00 06 22 000a 21 0014"),
    (0, "82 0d 0001 02 0b07 0001 61 01 0001 62 2e"),
    (1, "90 05 0001 00 01 02"),
    (0, "32 17 0003 612f62 0007 0d 01 01 26 0001 6b 0002 c3bc 23 0005 6869"),
    (1, "40 03 0007 10"),
    (0, "30 08 0000 03 23 0005 68 69"),
    (1, "f0 08 18 06 15 0003 616263"),
    (0, "f0 08 18 06 15 0003 616263"),
    (0, "a2 06 0002 00 0001 61"),
    (1, "b0 04 0002 00 11"),
    (1, "e0 08 8b 06 1f 0003 6f6666"),
]


def story(packets):
    out = []
    for side, text in packets:
        data = unhex(text)
        assert len(data) == data[1] + 2, text
        out.append((side, data))
    return out


def tls_talk(packets, contexts, connection, wrap=None):
    """The packets through TLS: contexts are those of client and server."""
    pipes = [ssl.MemoryBIO() for _ in range(4)]
    client = contexts[0].wrap_bio(pipes[0], pipes[1], server_hostname="x")
    server = contexts[1].wrap_bio(pipes[2], pipes[3], server_side=True)

    def move():
        for side, (source, target) in enumerate(((1, 2), (3, 0))):
            data = pipes[source].read()
            if data:
                connection.send(side, ACK, data)
                pipes[target].write(data)

    done = [False, False]
    while not all(done):
        for i, end in enumerate((client, server)):
            try:
                end.do_handshake()
                done[i] = True
            except ssl.SSLWantReadError:
                pass
        move()
    for side, data in packets:
        (client, server)[side].write(wrap(side, data) if wrap else data)
        move()
    return client.session


UPGRADE = [
    (0, b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n"),
    (1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
]


def websocket(side, data, opcode=2, final=True):
    """A frame; from the client it is masked."""
    first = (0x80 if final else 0) | opcode
    mask = b"\x11\x22\x33\x44" if side == 0 else b""
    bit = 0x80 if side == 0 else 0
    if len(data) < 126:
        header = bytes([first, bit | len(data)])
    elif len(data) < 65536:
        header = bytes([first, bit | 126]) + struct.pack(">H", len(data))
    else:
        header = bytes([first, bit | 127]) + struct.pack(">Q", len(data))
    if mask:
        data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
    return header + mask + data
