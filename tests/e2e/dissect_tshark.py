"""The dissector against tshark, packet by packet: the tables of tests/packets
and packets made of them by chance. Where they may differ stands in
docs/wireshark.md.

Usage: dissect_tshark.py MQTTLAB FOLDER ROOT
"""

import glob
import json
import os
import random
import re
import struct
import subprocess
import sys

import capture
from tshark_fields import of_tshark

MQTTLAB, WORK, ROOT = sys.argv[1:4]
FROM_BROKER = {2, 9, 11, 13}
CONNECT = {0: "c000", 6: "100d 0004 4d515454 06 02 003c 0001 61",
           3: "100f 0006 4d5149736470 03 02 003c 0001 61",
           4: "100d 0004 4d515454 04 02 003c 0001 61",
           5: "100e 0004 4d515454 05 02 003c 00 0001 61"}


def cases_of_tables():
    out = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/packets/*.txt"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = re.match(
                    r"([345]+)\s+\S+\s+\S+\s+([0-9a-f.]+)\s+(.*)", line)
                if found:
                    data = bytes.fromhex(found.group(2).replace(".", ""))
                    out += [(int(version), data, found.group(3))
                            for version in found.group(1) if data]
    return out


def of_no_version(cases, count, seed):
    """The same where nobody has seen a CONNECT, or one of no known version."""
    rng = random.Random(seed)
    answers = [case for case in cases if case[1][0] >> 4 in (2, 9)]
    others = [case for case in cases if case[1][0] >> 4 not in (1, 2, 9)]
    chosen = rng.sample(answers, count // 2) + rng.sample(others, count // 2)
    return [(version, data, name) for _, data, name in chosen
            for version in (0, 6)]


def framed(first, body):
    header = bytes([first])
    length = len(body)
    while True:
        byte, length = length & 0x7F, length >> 7
        header += bytes([byte | (0x80 if length else 0)])
        if not length:
            return header + body


def changed(rng, version, data, name):
    first, body = data[0], bytearray(data[2:])
    for _ in range(1 + rng.randrange(2)):
        kind = rng.randrange(5)
        if kind == 0 and body:
            body[rng.randrange(len(body))] = rng.randrange(256)
        elif kind == 1 and body:
            body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        elif kind == 2 and body:
            del body[rng.randrange(len(body)):]
        elif kind == 3:
            body += bytes(rng.randrange(256)
                          for _ in range(1 + rng.randrange(6)))
        elif first >> 4 != 0:
            first ^= 1 << rng.randrange(8)
    return version, framed(first, bytes(body)), "changed: " + name


def made_by_chance(cases, count, seed):
    rng = random.Random(seed)
    whole = [case for case in cases
             if len(case[1]) > 2 and case[1][1] == len(case[1]) - 2 < 128]
    made = (changed(rng, *rng.choice(whole)) for _ in range(count))
    return [case for case in made if case[1][0] >> 4]


def exported(port, from_broker, data):
    """A packet as an exported PDU, of a connection of its own."""
    ends = [(capture.CLIENT, port), (capture.BROKER, 1883)]
    if from_broker:
        ends.reverse()
    tags = [(12, b"mqtt"), (20, bytes(ends[0][0])), (21, bytes(ends[1][0])),
            (24, b"\0\0\0\2"), (25, struct.pack(">I", ends[0][1])),
            (26, struct.pack(">I", ends[1][1])), (0, b"")]
    return b"".join(struct.pack(">HH", tag, len(value)) + value
                    for tag, value in tags) + data


def of_inspect(path):
    """By frame: fields, and everything that the tree says."""
    fields, trees = {}, {}
    got = subprocess.run([MQTTLAB, "inspect", "-T", "json", path],
                         capture_output=True, check=True)
    for line in got.stdout.decode().splitlines():
        packet = json.loads(line)
        fields.setdefault(packet["frame"], []).append(
            {key: value if isinstance(value, list) else [value]
             for key, value in packet.items() if key.startswith("mqtt.")})
    got = subprocess.run([MQTTLAB, "inspect", "-T", "tree", path],
                         capture_output=True, check=True)
    for tree in got.stdout.decode().split("\n\n"):
        number = re.search(r"^ *(\d+) +\d+ \d\d:\d\d", tree, re.M)
        if number:
            trees[int(number.group(1))] = tree
    return fields, trees


def reasons_of_document():
    with open(os.path.join(ROOT, "docs/wireshark.md"), encoding="utf-8") as file:
        rows = [line.split("|")[1].strip() for line in file
                if line.startswith("| ")]
    return rows[1:]  # without the heading


def up_to_zero(ours, theirs):
    return ours and theirs and len(ours) == len(theirs) and all(
        own == other or own.split("\0")[0].rstrip("\ufffd") ==
        other.rstrip("\ufffd") for own, other in zip(ours, theirs))


def reason_for(key, ours, theirs, tree, reasons):
    """Which of the document's rows allows this difference; None: no row."""
    if key == "mqtt.property_len" and ours and theirs and \
            len(ours) == len(theirs) and \
            all(own == other or int(other) > 127
                for own, other in zip(ours, theirs)):
        return "Property Length of several bytes"
    if up_to_zero(ours, theirs):
        return "text must not contain the character U+0000" \
            if "U+0000" in tree else "binary data with a zero byte"
    if key == "mqtt.illegal_topic_length" and \
            "a topic has at least one character" in tree:
        return "a topic has at least one character"
    for reason in reasons:
        if reason in tree and reason.startswith(("the field", "a length")):
            return reason
    return None


def main():
    cases = cases_of_tables()
    chance = int(os.environ.get("DISSECT_CASES", "1500"))
    seed = int(os.environ.get("DISSECT_SEED", "1"))
    cases += made_by_chance(cases, chance, seed) + \
        of_no_version(cases, 200, seed)
    frames = []
    for i, (version, data, _) in enumerate(cases):
        frames.append(exported(2000 + i, False,
                               capture.unhex(CONNECT[version])))
        frames.append(exported(2000 + i, data[0] >> 4 in FROM_BROKER, data))
    path = os.path.join(WORK, "dissect.cap")
    with open(path, "wb") as file:
        file.write(capture.pcap(frames, 252))
    theirs = {}
    for frame, fields in of_tshark(path):
        theirs.setdefault(frame, []).append(fields)
    ours, trees = of_inspect(path)

    reasons = reasons_of_document()
    used, wrong = set(), 0
    for i, (version, data, name) in enumerate(cases):
        frame = 2 * i + 2
        own, other = ours.get(frame, [{}])[0], theirs.get(frame, [{}])[0]
        for key in sorted(set(own) | set(other)):
            if own.get(key) == other.get(key):
                continue
            reason = reason_for(key, own.get(key), other.get(key),
                                trees.get(frame, ""), reasons)
            used.add(reason)
            if reason not in reasons:
                wrong += 1
                print(f"version {version}, {data.hex()} ({name}): {key}: "
                      f"{own.get(key)}, tshark: {other.get(key)}")
    print(f"{len(cases)} packets, {wrong} differences that are not allowed")
    for reason in reasons:
        if reason not in used and chance >= 1500:
            wrong += 1
            print(f"no packet differs so any more: {reason}")
    return wrong != 0


sys.exit(main())
