"""Captures that miss, double, shuffle and overlap segments: mqttlab inspect
finds every packet that is whole, and says what is missing.

Usage: inspect_lossy.py MQTTLAB FOLDER
"""

import json
import os
import random
import ssl
import struct
import subprocess
import sys

import capture
from capture import ACK, BROKER, CLIENT, Connection

MQTTLAB, WORK = sys.argv[1:3]
failures = []


def inspect(frames, *options, content=None):
    path = os.path.join(WORK, "lossy.cap")
    with open(path, "wb") as file:
        file.write(capture.pcap(frames) if content is None else content)
    got = subprocess.run([MQTTLAB, "inspect", *options, path],
                         capture_output=True, check=False)
    return got.returncode, got.stdout.decode(), got.stderr.decode()


def payloads(frames, *options):
    """mqtt.msg and frame of all PUBLISH packets that are whole."""
    _, out, err = inspect(frames, "-T", "json", *options)
    if err:
        failures.append(err)
    packets = [json.loads(line) for line in out.splitlines()]
    return [(bytes.fromhex(p["mqtt.msg"].replace(":", "")).decode(), p["frame"])
            for p in packets
            if p["mqtt.msgtype"] == "3" and "error" not in p and
            "cut" not in p]


def publish(text):
    body = b"\x00\x03a/b" + text.encode()
    length = len(body)
    header = b"\x30"
    while True:
        byte, length = length & 0x7F, length >> 7
        header += bytes([byte | (0x80 if length else 0)])
        if not length:
            return header + body


CONNECT = capture.story(capture.STORY_4)[0][1]


def conversation(rng, count, size):
    """(bytes of the stream, [(text, first, last byte)])"""
    stream = CONNECT
    packets = []
    for i in range(count):
        text = f"{i}:" + "x" * rng.randrange(size)
        data = publish(text)
        packets.append((text, len(stream), len(stream) + len(data) - 1))
        stream += data
    return stream, packets


def cut(rng, stream, most):
    """(at, bytes) of segments."""
    out = []
    at = 0
    while at < len(stream):
        count = 1 + rng.randrange(most)
        out.append((at, stream[at:at + count]))
        at += count
    return out


def as_frames(segments, port=40000, acks=True, syn=True):
    """Frames, and which of them brings which segment first."""
    frames = []
    connection = Connection(frames, port=port, syn=syn)
    base = connection.seq[0]
    where = {}
    for at, data in segments:
        connection.seq[0] = base + at
        connection.client(data)
        where.setdefault(at, len(frames))
        if acks:
            connection.seq[0] = base + max(
                a + len(d) for a, d in segments[:segments.index((at, data)) + 1])
            connection.broker(b"")
    return frames, where


def check(name, want, got):
    if want != got:
        missing = [x for x in want if x not in got]
        extra = [x for x in got if x not in want]
        failures.append(f"{name}: missing {str(missing)[:300]}, "
                        f"not wanted {str(extra)[:300]}")


def shuffled(seed):
    """Neighbours change places, some come twice, some overlap."""
    rng = random.Random(seed)
    stream, packets = conversation(rng, 60, 300)
    segments = []
    for at, data in cut(rng, stream, 200):
        if rng.random() < 0.2:
            before = min(at, rng.randrange(1, 50))
            data = stream[at - before:at] + data
            at -= before
        segments.append((at, data))
        if rng.random() < 0.2:
            segments.append((at, data))
    for i in range(1, len(segments) - 1):
        if rng.random() < 0.3:
            segments[i], segments[i + 1] = segments[i + 1], segments[i]
    frames, _ = as_frames(segments, acks=False)
    first = {}
    for number, frame in enumerate(frames):
        data = frame[40:]
        at = struct.unpack(">I", frame[24:28])[0] - 1001
        for i in range(len(data)):
            first.setdefault(at + i, number + 1)
    want = [(text, max(first[i] for i in range(begin, end + 1)))
            for text, begin, end in packets]
    check(f"shuffled {seed}", want, payloads(frames))


def lossy(seed, syn=True):
    """Segments are missing: all packets without them are there."""
    rng = random.Random(seed)
    stream, packets = conversation(rng, 80, 400)
    segments = cut(rng, stream, 600)
    lost = [s for s in segments[2:-2] if rng.random() < 0.1]
    if not syn:
        lost = segments[:3]
    gone = [(at, at + len(data)) for at, data in lost]
    frames, _ = as_frames([s for s in segments if s not in lost], syn=syn)
    want = [text for text, begin, end in packets
            if not any(a <= end and begin < b for a, b in gone)]
    got = [text for text, _ in payloads(frames)]
    check(f"lossy {seed} {syn}", want, got)
    _, text, _ = inspect(frames)
    if lost and syn and "bytes are missing" not in text:
        failures.append(f"lossy {seed}: nothing is said")


def reset():
    """Somebody else resets a connection, and its ends go on all the same."""
    stream = CONNECT + b"".join(publish(f"{i}") for i in range(30))
    frames = []
    connection = Connection(frames)
    for i, at in enumerate(range(0, len(stream), 33)):
        if i == 4:
            frames.append(capture.ipv4(BROKER, CLIENT, capture.tcp(
                1883, 40000, 1234567, 0, capture.RST)))
        connection.client(stream[at:at + 33])
    check("reset", [f"{i}" for i in range(30) if i != 11],
          [text for text, _ in payloads(frames)])


def encrypted(seed):
    """The same over TLS: whole records are lost, and parts of them."""
    rng = random.Random(seed)
    log = os.path.join(WORK, "lossy-keys.txt")
    key, path = (os.path.join(WORK, name) for name in ("k.pem", "c.pem"))
    if not os.path.exists(key):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=x", "-keyout", key, "-out", path],
                       check=True, capture_output=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.keylog_filename = log
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, key)
    if seed % 2:
        client.maximum_version = ssl.TLSVersion.TLSv1_2
    frames = []
    connection = Connection(frames, broker_port=8883)
    texts = [f"{i}:" + "x" * rng.randrange(300) for i in range(40)]
    capture.tls_talk([(0, CONNECT)] + [(0, publish(text)) for text in texts],
                     (client, server), connection)
    lost = rng.sample(range(15, 35), 3)
    kept = frames[:-40] + [frame for i, frame in enumerate(frames[-40:])
                           if i not in lost]
    kept.append(capture.ipv4(BROKER, CLIENT, connection.segment(1, ACK, b"")))
    want = [text for i, text in enumerate(texts) if i not in lost]
    got = [text for text, _ in payloads(kept, "--keylog", log)]
    check(f"encrypted {seed}", want, got)


for number in range(int(os.environ.get("LOSSY_ROUNDS", "6"))):
    shuffled(number)
    lossy(number)
    lossy(number, syn=False)
    encrypted(number)
reset()
for line in failures[:30]:
    print(line)
print(f"{len(failures)} failures")
sys.exit(bool(failures))
