"""mqttlab inspect and tshark read the same captures: do they tell the same?

Usage: inspect_tshark.py MQTTLAB FOLDER
"""

import json
import os
import subprocess
import sys

import capture
from capture import BROKER, CLIENT, Connection

MQTTLAB, WORK = sys.argv[1:3]
failures = []


def run(*command):
    return subprocess.run(command, capture_output=True, check=False)


class Pairs(list):
    """A JSON object whose keys may come more than once."""


def flatten(value, out):
    """Every mqtt.* of tshark's tree, in order: name to list of values."""
    for key, item in value:
        if key.startswith("mqtt.") and not key.endswith("_tree"):
            out.setdefault(key, []).append(
                "1" if isinstance(item, Pairs) or item == "" and key in NONE
                else item)
        for inner in item if isinstance(item, list) and \
                not isinstance(item, Pairs) else [item]:
            if isinstance(inner, Pairs):
                flatten(inner, out)


# Fields without a value.
NONE = ("mqtt.properties", "mqtt.will_properties", "mqtt.unknown_version",
        "mqtt.illegal_topic_length", "mqtt.unknown_topic_alias")


def of_tshark(path, *options):
    """(frame, fields) of each packet."""
    got = run("tshark", "-r", path, "-T", "json", "-Y", "mqtt", *options)
    out = []
    for packet in json.loads(got.stdout or "[]", object_pairs_hook=Pairs):
        layers = dict(dict(packet)["_source"])["layers"]
        frame = int(dict(dict(layers)["frame"])["frame.number"])
        for name, layer in layers:
            if name == "mqtt":
                for one in [layer] if isinstance(layer, Pairs) else layer:
                    fields = {}
                    flatten(one, fields)
                    out.append((frame, fields))
    return out


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


links()
orders()
segments()
many()
for line in failures[:40]:
    print(line)
print(f"{len(failures)} differences")
sys.exit(bool(failures))
