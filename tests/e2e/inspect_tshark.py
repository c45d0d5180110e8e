"""mqttlab inspect and tshark read the same captures: do they tell the same?

Usage: inspect_tshark.py MQTTLAB FOLDER
"""

import json
import os
import ssl
import subprocess
import sys

import capture
from capture import BROKER, CLIENT, Connection
from tshark_fields import of_tshark

MQTTLAB, WORK = sys.argv[1:3]
FILTER_DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "../../docs/filter.md")
failures = []


def run(*command):
    return subprocess.run(command, capture_output=True, check=False)


def of_inspect(path, *options):
    got = run(MQTTLAB, "inspect", "-T", "json", *options, path)
    out = []
    for line in got.stdout.decode().splitlines():
        packet = json.loads(line)
        out.append((packet["frame"],
                    {key: value if isinstance(value, list) else [value]
                     for key, value in packet.items()
                     if key.startswith("mqtt.")}))
    if got.stderr:
        failures.append(f"{path}: {got.stderr.decode()}")
    return out


def compare(name, ours, theirs, frames=True):
    if not theirs:
        failures.append(f"{name}: tshark sees nothing")
    if len(ours) != len(theirs):
        failures.append(f"{name}: {len(ours)} packets, tshark {len(theirs)}")
    for i, (own, other) in enumerate(zip(ours, theirs)):
        if frames and own[0] != other[0]:
            failures.append(f"{name}: packet {i} is in frame {own[0]}, "
                            f"tshark: {other[0]}")
        for key in sorted(set(own[1]) | set(other[1])):
            if own[1].get(key) != other[1].get(key):
                failures.append(f"{name}: packet {i} {key}: "
                                f"{own[1].get(key)}, tshark: "
                                f"{other[1].get(key)}")


def write(name, content):
    path = os.path.join(WORK, name.replace(" ", "-") + ".cap")
    with open(path, "wb") as file:
        file.write(content)
    return path


def both(name, content, *options, frames=True):
    path = write(name, content)
    compare(name, of_inspect(path), of_tshark(path, *options), frames)
    return path


def talk(packets, frames, **how):
    connection = Connection(frames, **how)
    for side, data in capture.story(packets):
        connection.send(side, capture.ACK, data)
    connection.close()
    return frames


def links():
    """A conversation on each link type, as so many interfaces of one file."""
    interfaces = []
    for i, (link, before) in enumerate(capture.LINKS.values()):
        frames = talk(capture.STORY_4, [], port=41000 + i)
        talk(capture.STORY_5, frames, port=42000 + i)
        interfaces.append((link, [before + frame for frame in frames]))
    frames = talk(capture.STORY_5, [], ip=capture.ipv6)
    interfaces.append((101, frames))
    interfaces.append((1, [bytes(12) + b"\x86\xdd" + frame
                           for frame in talk(capture.STORY_4, [], port=43000,
                                             ip=capture.ipv6)]))
    interfaces.append((1, [capture.ETHERNET + frame + bytes(20)
                           for frame in talk(capture.STORY_4, [], port=43001)]))
    both("links", capture.pcapng_of(interfaces))


def orders():
    frames = talk(capture.STORY_4, [])
    theirs = of_tshark(write("order", capture.pcap(frames)))
    for order in "<>":
        for name, content in {
                "pcap": capture.pcap(frames, order=order),
                "pcap ns": capture.pcap(frames, order=order,
                                        magic=0xA1B23C4D),
                "pcapng": capture.pcapng(frames, order=order),
                "pcapng ns": capture.pcapng(frames, order=order,
                                            resolution=9)}.items():
            path = write(f"{name} {ord(order)}", content)
            compare(f"{name} {order}", of_inspect(path), theirs)
    both("two sections",
         capture.pcapng(frames[:9]) + capture.pcapng(frames[9:], order=">"))


def segments():
    """All of it in segments of one size, and all in one."""
    frames = []
    for number, size in enumerate((3, 7, 100000, 1, 2)):
        if number == 3:
            both("segments", capture.pcap(frames))
            frames = []
        connection = Connection(frames, port=44000 + number)
        side = 0
        waiting = b""
        for to, data in capture.story(capture.STORY_4) + [(-1, b"")]:
            if to != side:
                for at in range(0, len(waiting), size):
                    connection.send(side, capture.ACK, waiting[at:at + size])
                side, waiting = to, b""
            waiting += data
    # tshark 4.0 misreads a fixed header that is cut within its length.
    got = len(of_inspect(write("short segments", capture.pcap(frames))))
    if got != 2 * len(capture.STORY_4):
        failures.append(f"segments of one byte: {got} packets")


def many():
    """Fragments, the same ports again, other ports, two at a time."""
    big = capture.unhex("30 d70f 0003 612f62") + b"x" * 2002
    assert len(big) == 2010
    frames = talk(capture.STORY_4, [])
    connection = Connection(frames, port=40002)
    connection.client(capture.story(capture.STORY_4)[0][1])
    data = connection.segment(0, capture.ACK, big)
    frames += capture.fragments(CLIENT, BROKER, data, 77, 512)
    connection.seq[0] += len(big)
    data = connection.segment(0, capture.ACK, big)
    frames += reversed(capture.fragments(CLIENT, BROKER, data, 78, 800))
    both("fragments", capture.pcap(frames))

    frames = []
    connection = Connection(frames, ip=capture.ipv6)
    connection.client(capture.story(capture.STORY_5)[0][1])
    data = connection.segment(0, capture.ACK, big)
    frames += capture.fragments6(CLIENT, BROKER, data, 77, 512)
    both("fragments of ipv6", capture.pcap(frames))

    frames = talk(capture.STORY_4, [])
    talk(capture.STORY_5, frames, start=70000)
    talk(capture.STORY_4, frames, start=0xFFFFFFF0)
    both("the same ports", capture.pcap(frames))


def certificate():
    key = os.path.join(WORK, "key.pem")
    path = os.path.join(WORK, "certificate.pem")
    got = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
              "/CN=x", "-keyout", key, "-out", path)
    assert got.returncode == 0, got.stderr
    return path, key


def contexts(pair, version, ciphers, log):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.keylog_filename = log
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*pair)
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
    return client, server


def tls():
    """Each with keys from a file, from the capture, and without."""
    pair = certificate()
    log = os.path.join(WORK, "keys.txt")
    frames = []
    for i, (version, ciphers) in enumerate((
            (ssl.TLSVersion.TLSv1_3, None),
            (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
            (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"),
            (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
            (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-CCM8"))):
        connection = Connection(frames, port=45000 + i, broker_port=8883)
        capture.tls_talk(capture.story(capture.STORY_5 if i % 2 else
                                       capture.STORY_4),
                         contexts(pair, version, ciphers, log), connection)
    path = write("tls", capture.pcap(frames))
    theirs = of_tshark(path, "-o", f"tls.keylog_file:{log}")
    compare("tls", of_inspect(path, "--keylog", log), theirs)
    with open(log, "rb") as file:
        secrets = file.read()
    path = write("tls with secrets", capture.pcapng(frames, secrets=secrets))
    compare("tls with secrets", of_inspect(path), theirs)
    late = capture.pcapng(frames) + capture.pcapng([], secrets=secrets)
    compare("tls with late secrets",
            of_inspect(write("tls with late secrets", late)), theirs)
    path = write("tls without keys", capture.pcap(frames))
    got = run(MQTTLAB, "inspect", path).stdout.decode()
    if got.count("there are no keys") != 5:
        failures.append(f"without keys: {got}")


def websockets():
    """Frames that end anywhere; over TLS too. tshark 4.0 sees no MQTT in them,
    so what is expected is the conversation itself."""
    log = os.path.join(WORK, "keys.txt")
    plain = [data for _, data in capture.story(capture.STORY_5)]
    frames = []
    connection = Connection(frames, broker_port=9001)
    for side, data in capture.UPGRADE:
        connection.send(side, capture.ACK, data)
    for side, data in capture.story(capture.STORY_5):
        for opcode, part in ((2, data[:3]), (9, b"ping"), (0, data[3:])):
            final = opcode == 9 or opcode == 0
            frame = capture.websocket(side, part, opcode, final)
            connection.send(side, capture.ACK, frame[:3])
            connection.send(side, capture.ACK, frame[3:])
    connection.send(0, capture.ACK, capture.websocket(0, b"", 8))
    connection = Connection(frames, broker_port=8443, port=46000)
    capture.tls_talk(capture.UPGRADE +
                     [(side, capture.websocket(side, data)) for side, data in
                      capture.story(capture.STORY_5)],
                     contexts(certificate(), ssl.TLSVersion.TLSv1_3, None,
                              log), connection)
    path = write("websocket", capture.pcap(frames))
    reference = write("reference", capture.pcap(talk(capture.STORY_5, [])))
    ours = of_inspect(path, "--keylog", log)
    expected = of_tshark(reference)
    compare("websocket", ours[:len(plain)], expected, frames=False)
    compare("websocket over tls", ours[len(plain):], expected, frames=False)
    # At another port it is guessed.
    path = write("another port", capture.pcap(
        talk(capture.STORY_4, [], broker_port=20001)))
    compare("another port", of_inspect(path),
            of_tshark(path, "-d", "tcp.port==20001,mqtt"))


def fields():
    """-T fields, all of them, as tshark writes them."""
    topics = (b"a\tb", b"a\nb", b"a\"b'c", b"a\\b", b"\xc3\xbc\xe2\x82\xac",
              b"a\xffb", b"\xe2\x82", b"a,b", b"")
    frames = talk(capture.STORY_5, [])
    connection = Connection(frames, port=47000)
    connection.client(capture.story(capture.STORY_4)[0][1])
    for topic in topics:
        body = bytes([0, len(topic)]) + topic + b"x"
        connection.client(bytes([0x30, len(body)]) + body)
    path = write("fields", capture.pcap(frames))
    with open(FILTER_DOCUMENT, encoding="utf-8") as file:
        names = [line.split("|")[1].strip(" `") for line in file
                 if line.startswith("| `mqtt.")]
    names = [name for name in names if not name.endswith(("_text", "_as"))]
    wanted = sum((["-e", name] for name in names), [])
    options = ["-T", "fields", "-E", "separator=|", "-E", "header=y", *wanted]
    theirs = run("tshark", "-r", path, "-Y", "mqtt", *options).stdout
    ours = run(MQTTLAB, "inspect", *options, path).stdout
    if len(names) < 70 or ours != theirs:
        failures.append(f"fields: {ours.decode()}\ntshark: {theirs.decode()}")


links()
fields()
orders()
segments()
many()
tls()
websockets()
for line in failures[:40]:
    print(line)
print(f"{len(failures)} differences")
sys.exit(bool(failures))
