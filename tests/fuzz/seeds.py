#!/usr/bin/env python3
"""Write the seeds of four fuzz targets into tests/corpus.

Those of packet and framer come from the tables in tests/packets; run it again,
from the top of the tree, after a table was changed.
"""

import pathlib

# Properties of each type, one of each kind of value; 0 is the Will.
PROPERTIES = {
    0: "01 01 02 00000001 03 0001 61 08 0001 62 09 0001 ff 18 00000005",
    1: "11 00000001 15 0001 61 16 0001 ff 17 01 19 01 21 0001 22 0001",
    2: "11 00000001 12 0001 61 13 0001 1a 0001 61 1c 0001 61 24 01 25 01"
       "28 01 29 01 2a 01 27 00000001",
    3: "0b 01 0b ac02 0b ffffff7f 23 0001 26 0001 6b 0001 76 26 0001 6b 0000",
    4: "1f 0003 6f7468 26 0000 0000",
    8: "0b 8080 01",
    14: "11 00000000 1c 0001 61 1f 0000",
    15: "15 0001 61 16 0000",
}

TOPICS = [
    ("a", "a"), ("#", "a/b"), ("+", "a"), ("a/#", "a"), ("a/+/b", "a//b"),
    ("/+", "/a"), ("+/#", "$SYS/x"), ("$SYS/#", "$SYS/x"), ("a/b/", "a/b/"),
    ("$share/g/a/+", "a/b"), ("$share/g/#", "$x"), ("$share/+/a", "a"),
    ("a#/b", "a+"), ("ä/+", "ä/€/😀"), ("sensors/+/temp", "sensors/12345/temp"),
]


def rows():
    for table in sorted(pathlib.Path("tests/packets").glob("*.txt")):
        lines = table.read_text().splitlines()
        if "# versions, verdict, statement" not in "\n".join(lines[:4]):
            continue
        for line in lines:
            if line and not line.startswith("#"):
                versions, verdict, _, packet = line.split(maxsplit=4)[:4]
                packet = bytes.fromhex(packet.replace(".", ""))
                for version in versions:
                    yield table.stem, int(version), verdict, packet


def passes_framer(packet):
    """What the framer refuses would hide all that stands behind it."""
    flags = 0b0010 if packet[0] >> 4 in (6, 8, 10) else 0
    length = packet[1:].split(b"\x00")[0] if packet[1] >= 0x80 else b""
    return (packet[0] >> 4 == 3 or packet[0] & 0x0f in (flags, flags << 2 | 2)) \
        and packet[0] >> 4 != 0 and len(length) < 4


def save(target, name, content):
    path = pathlib.Path("tests/corpus") / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


streams = {}
for table, version, verdict, packet in rows():
    kind = "valid" if verdict in ("ok", "alt") else "invalid"
    if passes_framer(packet):
        streams.setdefault((table, version, kind), []).append(packet)

for (table, version, kind), packets in streams.items():
    name = f"{table}-{version}-{kind}"
    save("packet", name, bytes([version - 3]) + b"".join(packets))
    if version == 5 and kind == "valid":
        save("framer", name, b"\xff" + b"".join(packets[:8]))

for where, content in PROPERTIES.items():
    content = bytes.fromhex(content)
    save("property", f"where-{where}", bytes([where, len(content)]) + content)

for number, (topic_filter, name) in enumerate(TOPICS):
    topic_filter = topic_filter.encode()
    save("topic", f"pair-{number:02}",
         bytes([len(topic_filter)]) + topic_filter + name.encode())
