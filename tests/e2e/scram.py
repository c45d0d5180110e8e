"""SCRAM-SHA-256 [RFC 5802, RFC 7677] as another program does it: Python's hashes, our
bytes. Called with a port; user bert has the password "hidden words"."""

import base64
import hashlib
import hmac
import os

import raw
from raw import AUTH, CONNACK, DISCONNECT, MQTT_5, Peer, packet, run, string, varint

METHOD = b"\x15" + string("SCRAM-SHA-256")
CONTINUE, AGAIN = 0x18, 0x19


def properties(data):
    content = METHOD + (b"\x16" + string(data) if data is not None else b"")
    return content


def auth(reason, data=None):
    content = properties(data)
    return packet(AUTH, 0, bytes([reason]) + varint(len(content)) + content)


def data_of(content):
    """The Authentication Data among Properties that begin with the method, or have
    others of one to four bytes in front of it."""
    at = content.index(b"\x16", content.index(METHOD) + len(METHOD))
    length = int.from_bytes(content[at + 1:at + 3], "big")
    return content[at + 3:at + 3 + length]


class Scram:
    def __init__(self, user, password):
        self.password = password.encode()
        nonce = base64.b64encode(os.urandom(18)).decode()
        self.bare = "n=%s,r=%s" % (user, nonce)
        self.nonce = nonce

    def first(self):
        return "n,," + self.bare

    def final(self, server_first):
        text = server_first.decode()
        fields = dict(part.split("=", 1) for part in text.split(","))
        assert fields["r"].startswith(self.nonce) and fields["r"] != self.nonce
        salted = hashlib.pbkdf2_hmac("sha256", self.password,
                                     base64.b64decode(fields["s"]),
                                     int(fields["i"]))

        def sign(key, message):
            return hmac.new(key, message.encode(), "sha256").digest()

        without_proof = "c=biws,r=" + fields["r"]
        message = ",".join((self.bare, text, without_proof))
        client_key = sign(salted, "Client Key")
        signature = sign(hashlib.sha256(client_key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.server = sign(sign(salted, "Server Key"), message)
        return without_proof + ",p=" + base64.b64encode(proof).decode()

    def check(self, server_final):
        assert server_final == b"v=" + base64.b64encode(self.server)


def begin(port, scram):
    peer = Peer(port, MQTT_5)
    peer.send(raw.connect_packet("scram", MQTT_5,
                                 properties=properties(scram.first())))
    return peer


def come_in(port):
    scram = Scram("bert", "hidden words")
    peer = begin(port, scram)
    asked = peer.expect(AUTH)
    assert asked.body[0] == CONTINUE
    peer.send(auth(CONTINUE, scram.final(data_of(asked.body))))
    connack = peer.expect(CONNACK)
    assert connack.body[1] == 0, connack
    scram.check(data_of(connack.body))
    return peer


def test_who_knows_the_password_comes_in(port):
    peer = come_in(port)
    peer.subscribe("bert/#")
    peer.publish("bert/x", b"1")
    assert peer.expect(raw.PUBLISH).topic == "bert/x"
    peer.close()


def test_and_can_say_so_again(port):
    peer = come_in(port)
    for _ in range(3):
        scram = Scram("bert", "hidden words")
        peer.send(auth(AGAIN, scram.first()))
        asked = peer.expect(AUTH)
        peer.send(auth(CONTINUE, scram.final(data_of(asked.body))))
        answer = peer.expect(AUTH)
        assert answer.body[0] == 0
        scram.check(data_of(answer.body))
    peer.nothing_more()
    peer.close()


def test_who_does_not_know_it_is_refused(port):
    for user, password in (("bert", "hidden"), ("carl", "hidden words"),
                           ("anna", "secret")):
        scram = Scram(user, password)
        peer = begin(port, scram)
        asked = peer.expect(AUTH)
        peer.send(auth(CONTINUE, scram.final(data_of(asked.body))))
        connack = peer.expect(CONNACK)
        assert connack.body[1] == 0x86, connack
        assert peer.receive() is None


def test_nothing_is_gained_by_hearing_it(port):
    heard = Scram("bert", "hidden words")
    peer = begin(port, heard)
    asked = peer.expect(AUTH)
    proof = heard.final(data_of(asked.body))
    peer.send(auth(CONTINUE, proof))
    assert peer.expect(CONNACK).body[1] == 0
    peer.close()
    # The same messages once more.
    peer = begin(port, heard)
    peer.expect(AUTH)
    peer.send(auth(CONTINUE, proof))
    assert peer.expect(CONNACK).body[1] == 0x86


def test_another_method_is_refused(port):
    peer = Peer(port, MQTT_5)
    peer.send(raw.connect_packet("x", MQTT_5,
                                 properties=b"\x15" + string("SCRAM-SHA-1")))
    assert peer.expect(CONNACK).body[1] == 0x8C
    assert peer.receive() is None


def test_who_wrongly_tries_again_is_disconnected(port):
    peer = come_in(port)
    scram = Scram("bert", "wrong")
    peer.send(auth(AGAIN, scram.first()))
    asked = peer.expect(AUTH)
    peer.send(auth(CONTINUE, scram.final(data_of(asked.body))))
    assert peer.expect(DISCONNECT).body[0] == 0x87
    assert peer.receive() is None


run(globals())
