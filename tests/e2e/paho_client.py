"""The broker as paho sees it: a client library that is not ours.

The network is driven by hand (loop), so that a test knows what has happened.
With PAHO_TRANSPORT=websockets it is WebSocket; PAHO_CA names whom to trust in TLS.
"""

import os
import time

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from raw import PATIENCE, run

VERSIONS = (mqtt.MQTTv31, mqtt.MQTTv311, mqtt.MQTTv5)


def properties(packet_type, **values):
    made = Properties(packet_type)
    for name, value in values.items():
        setattr(made, name, value)
    return made


class Client:
    """A client that keeps what comes."""

    def __init__(self, client_id="", version=mqtt.MQTTv311, clean=True):
        options = {"client_id": client_id, "protocol": version,
                   "transport": os.environ.get("PAHO_TRANSPORT", "tcp")}
        if version != mqtt.MQTTv5:
            options["clean_session"] = clean
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho 2
            options["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.version, self.clean = version, clean
        self.messages, self.granted = [], []
        self.connack = self.ended = self.session_present = None
        self.connack_properties = None
        self.published = set()
        self.paho = mqtt.Client(**options)
        if "PAHO_CA" in os.environ:
            self.paho.tls_set(os.environ["PAHO_CA"])
        self.paho.on_connect = self.on_connect
        self.paho.on_disconnect = self.on_disconnect
        self.paho.on_message = lambda *got: self.messages.append(got[2])
        self.paho.on_publish = lambda *got: self.published.add(got[2])
        self.paho.on_subscribe = lambda *got: self.granted.append(got[3])

    def on_connect(self, _client, _data, flags, code, connack_properties=None):
        self.connack = getattr(code, "value", code)
        self.session_present = bool(flags["session present"])
        self.connack_properties = connack_properties

    def on_disconnect(self, _client, _data, code, *_properties):
        if self.ended is None:  # paho says it twice: DISCONNECT, then the end
            self.ended = getattr(code, "value", code)

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "waited in vain for " + what
            self.paho.loop(0.02)

    def connect(self, port, accepted=True, **values):
        options = {}
        if self.version == mqtt.MQTTv5:
            options["clean_start"] = self.clean
            options["properties"] = properties(PacketTypes.CONNECT, **values)
        self.connack = self.ended = None
        self.paho.connect("127.0.0.1", port, 60, **options)
        self.until(lambda: self.connack is not None, "CONNACK")
        assert not accepted or self.connack == 0, self.connack
        return self

    def subscribe(self, topic_filter, qos=0, **options):
        count = len(self.granted)
        self.paho.subscribe(topic_filter, qos, **options)
        self.until(lambda: len(self.granted) > count, "SUBACK")
        return self

    def publish(self, topic, payload=b"", qos=0, retain=False, **values):
        """Returns when it is acknowledged."""
        options = {}
        if values:
            options["properties"] = properties(PacketTypes.PUBLISH, **values)
        sent = self.paho.publish(topic, payload, qos, retain, **options)
        self.until(lambda: sent.mid in self.published, "the acknowledgement")

    def take(self, count=1):
        """The next messages, oldest first."""
        self.until(lambda: len(self.messages) >= count, "%d messages" % count)
        taken, self.messages = self.messages[:count], self.messages[count:]
        return taken

    def nothing_more(self):
        """What the broker had to send has come before this message does."""
        marker = "marker/%d" % id(self)
        self.subscribe(marker)
        self.publish(marker)
        last = self.take()[0]
        assert last.topic == marker, "%s: %r" % (last.topic, last.payload)

    def stop(self):
        """Say DISCONNECT."""
        self.paho.disconnect()
        self.until(lambda: self.ended is not None, "the end")

    def vanish(self):
        """Gone without DISCONNECT."""
        self.paho._sock_close()


def test_every_qos_and_version(port):
    subscribers = {(version, qos): Client("q-%d-%d" % (version, qos), version)
                   .connect(port).subscribe("q/#", qos)
                   for version in VERSIONS for qos in (0, 1, 2)}
    sent = []
    for version in VERSIONS:
        publisher = Client("", version).connect(port)
        for qos in (0, 1, 2):
            payload = b"%d %d" % (version, qos)
            publisher.publish("q/%d" % qos, payload, qos)
            sent.append((qos, payload))
        publisher.stop()
    for (_version, granted), subscriber in subscribers.items():
        got = [(message.qos, message.payload) for message in subscriber.take(9)]
        want = [(min(granted, qos), payload) for qos, payload in sent]
        assert sorted(got) == sorted(want), got
        subscriber.stop()


def test_many_messages_keep_their_order(port):
    for version in VERSIONS:
        for qos in (0, 1, 2):
            client = Client("", version).connect(port).subscribe("order", qos)
            for start in range(0, 300, 100):
                for number in range(start, start + 100):
                    client.paho.publish("order", b"%d" % number, qos)
                client.until(lambda: len(client.messages) >= start + 100,
                             "a hundred messages")
            got = [int(message.payload) for message in client.take(300)]
            assert got == list(range(300)), "version %d QoS %d" % (version, qos)
            client.stop()


def test_retained_and_cleared(port):
    for version in VERSIONS:
        publisher = Client("", version).connect(port)
        publisher.publish("kept", b"old", 1, True)
        publisher.publish("kept", b"new", 2, True)
        late = Client("", version).connect(port).subscribe("kept", 2)
        message = late.take()[0]
        assert (message.payload, message.qos, message.retain) == (b"new", 2, True)
        publisher.publish("kept", b"", 1, True)
        assert not late.take()[0].retain
        Client("", version).connect(port).subscribe("kept").nothing_more()


def test_will_after_a_cut_and_not_after_disconnect(port):
    for version in VERSIONS:
        watch = Client("", version).connect(port).subscribe("will", 2)
        for stop in (Client.vanish, Client.stop):
            dying = Client("dying", version)
            dying.paho.will_set("will", b"dead", 2)
            dying.connect(port)
            stop(dying)
            if stop is Client.vanish:
                message = watch.take()[0]
                assert (message.payload, message.qos) == (b"dead", 2)
        watch.nothing_more()


def test_session_waits_for_its_client(port):
    for version in VERSIONS:
        values = {"SessionExpiryInterval": 100} if version == mqtt.MQTTv5 else {}
        client = Client("durable", version).connect(port)  # forget what was
        client.stop()
        client = Client("durable", version, clean=False).connect(port, **values)
        assert not client.session_present
        client.subscribe("durable", 2)
        client.stop()
        publisher = Client("", version).connect(port)
        for number in range(50):
            publisher.publish("durable", b"%d" % number, 1 + number % 2)
        client = Client("durable", version, clean=False).connect(port, **values)
        assert client.session_present or version == mqtt.MQTTv31
        got = [int(message.payload) for message in client.take(50)]
        for qos in (1, 2):
            part = [number for number in got if 1 + number % 2 == qos]
            assert part == sorted(part), got
        assert sorted(got) == list(range(50)), got
        client.nothing_more()
        client.stop()
        client = Client("durable", version).connect(port)
        assert not client.session_present
        client.nothing_more()
        client.stop()


def test_unsubscribe_and_reason_codes(port):
    client = Client("", mqtt.MQTTv5).connect(port)
    client.subscribe([("r/#", SubscribeOptions(qos=1)),
                      ("$share/g/r", SubscribeOptions(qos=2)),
                      ("/" * 250, SubscribeOptions(qos=0))])  # too many levels
    codes = [code.value for code in client.granted[-1]]
    assert codes == [1, 2, 0x8F], codes
    reasons = []
    client.paho.on_unsubscribe = lambda *got: reasons.extend(
        code.value for code in (got[4] if isinstance(got[4], list) else [got[4]]))
    client.paho.unsubscribe(["r/#", "never"])
    client.until(lambda: len(reasons) == 2, "UNSUBACK")
    assert reasons == [0, 0x11], reasons


def test_assigned_client_identifier(port):
    one = Client("", mqtt.MQTTv5).connect(port)
    two = Client("", mqtt.MQTTv5).connect(port)
    names = {one.connack_properties.AssignedClientIdentifier,
             two.connack_properties.AssignedClientIdentifier}
    assert len(names) == 2 and "" not in names, names

def test_sessions_and_messages_expire(port):
    session = Client("expires", mqtt.MQTTv5, clean=False)
    session.connect(port, SessionExpiryInterval=1).stop()
    at_once = Client("at-once", mqtt.MQTTv5, clean=False).connect(port)
    at_once.stop()
    assert not at_once.connect(port).session_present
    slow = Client("slow", mqtt.MQTTv5, clean=False)
    slow.connect(port, SessionExpiryInterval=100).subscribe("expiry", 1).stop()
    publisher = Client("", mqtt.MQTTv5).connect(port)
    publisher.publish("expiry", b"short", 1, MessageExpiryInterval=1)
    publisher.publish("expiry", b"long", 1, MessageExpiryInterval=100)
    publisher.publish("expiry", b"none", 1)
    publisher.publish("expiry/kept", b"x", 1, True, MessageExpiryInterval=1)
    time.sleep(1.5)
    assert not session.connect(port).session_present
    assert slow.connect(port, SessionExpiryInterval=0).session_present
    long, none = slow.take(2)
    assert long.payload == b"long" and none.payload == b"none"
    # [MQTT-3.3.2-6] the time that it waited is taken off.
    assert 90 <= long.properties.MessageExpiryInterval <= 99
    assert not hasattr(none.properties, "MessageExpiryInterval")
    slow.subscribe("expiry/kept").nothing_more()
    slow.stop()


def test_properties_pass_unchanged(port):
    user = [("b", "1"), ("a", "2"), ("b", "1")]
    client = Client("", mqtt.MQTTv5).connect(port)
    client.paho.subscribe("props", 1, properties=properties(
        PacketTypes.SUBSCRIBE, SubscriptionIdentifier=77))
    client.until(lambda: client.granted, "SUBACK")
    client.publish("props", b"\xc3\xa4", 1, UserProperty=user,
                   ContentType="text/plain", ResponseTopic="answers",
                   CorrelationData=b"\x00\xff", PayloadFormatIndicator=1)
    got = client.take()[0].properties
    assert got.UserProperty == user
    assert got.ContentType == "text/plain"
    assert got.ResponseTopic == "answers"
    assert got.CorrelationData == b"\x00\xff"
    assert got.PayloadFormatIndicator == 1
    assert got.SubscriptionIdentifier == [77]
    client.stop()


def test_subscription_identifiers_of_overlapping_filters(port):
    client = Client("", mqtt.MQTTv5).connect(port)
    for number, topic_filter in ((1, "over/#"), (2, "over/+"), (3, "other")):
        client.paho.subscribe(topic_filter, 1, properties=properties(
            PacketTypes.SUBSCRIBE, SubscriptionIdentifier=number))
    client.until(lambda: len(client.granted) == 3, "SUBACK")
    client.publish("over/a", b"", 1)
    seen = []
    while sorted(seen) != [1, 2]:
        seen += client.take()[0].properties.SubscriptionIdentifier
    client.nothing_more()
    client.stop()


def test_no_local_and_retain_handling(port):
    client = Client("", mqtt.MQTTv5).connect(port)
    client.publish("opt/kept", b"kept", 1, True)

    def option(**values):
        client.paho.subscribe("opt/#", options=SubscribeOptions(**values))
        count = len(client.granted)
        client.until(lambda: len(client.granted) > count, "SUBACK")

    option(qos=1, noLocal=True, retainHandling=2)
    client.publish("opt/own", b"own", 1)
    client.nothing_more()  # neither the retained message nor its own
    option(qos=1, retainHandling=1)
    client.nothing_more()  # the subscription was there
    option(qos=1, retainHandling=0)
    assert client.take()[0].payload == b"kept"
    option(qos=1, retainAsPublished=True, retainHandling=2)
    client.publish("opt/flag", b"", 1, True)
    assert client.take()[0].retain
    option(qos=1, retainAsPublished=False, retainHandling=2)
    client.publish("opt/flag", b"x", 1, True)
    assert not client.take()[0].retain
    client.publish("opt/flag", b"", 1, True)
    client.publish("opt/kept", b"", 1, True)
    client.stop()


def test_topic_alias(port):
    client = Client("", mqtt.MQTTv5).connect(port).subscribe("alias/#", 1)
    assert client.connack_properties.TopicAliasMaximum > 0
    client.publish("alias/long/name", b"1", 1, TopicAlias=1)
    client.publish("", b"2", 1, TopicAlias=1)
    client.publish("alias/other", b"3", 1, TopicAlias=1)
    client.publish("", b"4", 1, TopicAlias=1)
    got = [(message.topic, message.payload) for message in client.take(4)]
    assert got == [("alias/long/name", b"1"), ("alias/long/name", b"2"),
                   ("alias/other", b"3"), ("alias/other", b"4")], got
    client.stop()


def test_will_delay(port):
    watch = Client("", mqtt.MQTTv5).connect(port).subscribe("late", 1)

    def dying():
        client = Client("delayed", mqtt.MQTTv5, clean=False)
        client.paho.will_set("late", b"dead", 1, properties=properties(
            PacketTypes.WILLMESSAGE, WillDelayInterval=1))
        return client.connect(port, SessionExpiryInterval=100)

    dying().vanish()
    dying().vanish()  # back in time: the first will is cancelled
    watch.nothing_more()
    start = time.monotonic()
    watch.take()
    assert time.monotonic() - start > 0.5
    watch.nothing_more()


def test_shared_subscription(port):
    publisher = Client("", mqtt.MQTTv5).connect(port)
    publisher.publish("shared", b"kept", 1, True)
    members = [Client("", version).connect(port).subscribe("$share/g/shared", 1)
               for version in (mqtt.MQTTv311, mqtt.MQTTv5)]
    for member in members:
        member.nothing_more()  # no retained messages for a group
    for number in range(20):
        publisher.publish("shared", b"%d" % number, 1)
    got = [int(message.payload) for member in members
           for message in member.take(10)]
    assert sorted(got) == list(range(20)), got
    for member in members:
        member.nothing_more()
        member.stop()
    publisher.publish("shared", b"", 1, True)


def test_topic_aliases_of_the_broker(port):
    client = Client("", mqtt.MQTTv5).connect(port, TopicAliasMaximum=4)
    client.subscribe("aliased/#")
    for number in range(4):
        client.publish("aliased/of-some-length", b"%d" % number)
    # paho does not look an alias up: its user sees what came.
    got = [(message.topic, getattr(message.properties, "TopicAlias", 0))
           for message in client.take(4)]
    alias = got[1][1]
    assert 1 <= alias <= 4, got
    assert got == [("aliased/of-some-length", 0),
                   ("aliased/of-some-length", alias), ("", alias), ("", alias)]
    client.stop()


def test_receive_maximum_and_maximum_packet_size(port):
    client = Client("small", mqtt.MQTTv5).connect(
        port, ReceiveMaximum=2, MaximumPacketSize=100)
    client.subscribe("small", 2)
    publisher = Client("", mqtt.MQTTv5).connect(port)
    publisher.publish("small", b"x" * 200, 1)  # too large for this client
    for number in range(20):
        publisher.publish("small", b"%d" % number, 1 + number % 2)
    got = [int(message.payload) for message in client.take(20)]
    assert sorted(got) == list(range(20)), got
    client.nothing_more()
    client.stop()


def test_what_connack_says(port):
    client = Client("says", mqtt.MQTTv5).connect(
        port, RequestResponseInformation=1)
    told = client.connack_properties
    assert told.ResponseInformation == "response/says"
    assert told.ReceiveMaximum > 0
    client.stop()
    client = Client("says", mqtt.MQTTv5).connect(port)
    assert not hasattr(client.connack_properties, "ResponseInformation")
    client.stop()


def test_the_broker_says_why(port):
    client = Client("taken", mqtt.MQTTv5).connect(port)
    Client("taken", mqtt.MQTTv5).connect(port)
    client.until(lambda: client.ended is not None, "DISCONNECT")
    assert client.ended == 0x8E, client.ended


def test_request_and_response(port):
    server = Client("", mqtt.MQTTv5).connect(port).subscribe("add", 1)
    client = Client("", mqtt.MQTTv5).connect(port).subscribe("answers/7", 1)
    client.publish("add", b"1 2", 1, ResponseTopic="answers/7",
                   CorrelationData=b"first")
    request = server.take()[0]
    server.publish(request.properties.ResponseTopic,
                   b"%d" % sum(map(int, request.payload.split())), 1,
                   CorrelationData=request.properties.CorrelationData)
    answer = client.take()[0]
    assert answer.payload == b"3"
    assert answer.properties.CorrelationData == b"first"


run(globals())
