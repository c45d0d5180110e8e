"""The mqtt.* fields of a capture as tshark tells them."""

import json
import subprocess


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
    got = subprocess.run(["tshark", "-r", path, "-T", "json", "-Y", "mqtt",
                          *options], capture_output=True, check=False)
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
