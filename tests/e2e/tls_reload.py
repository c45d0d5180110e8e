"""A reload while handshakes are under way, and of what a ticket remembers.

tls_reload.py half PORT CERT FILE: begin a handshake, say "half way", wait until FILE is
there, go on, connect, and say whether the broker let us in.
tls_reload.py ticket PORT CERT FILE: connect, and again with the ticket of the first
connection if there is one; say "here", wait for FILE, and say whether we are kept.
"""

import os
import socket
import ssl
import sys
import time

CONNECT = b"\x10\x10\0\4MQTT\4\2\0\x3c\0\4late"
CONNACK = b"\x20\x02\0\0"
PINGREQ = b"\xc0\0"


def context(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.load_cert_chain(name + ".crt", name.split(".")[0] + ".key")
    return made


def say(text):
    print(text, flush=True)


def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.02)


def drive(step, peer, come, go):
    while True:
        try:
            done = step()
        except ssl.SSLWantReadError:
            done = None
        if go.pending:
            peer.sendall(go.read())
        if done is not None:
            return done
        got = peer.recv(65536)
        if not got:
            return b""
        come.write(got)


def half(port, name, go_file):
    peer = socket.create_connection(("127.0.0.1", port), 10)
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(name).wrap_bio(come, go)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        peer.sendall(go.read())
    come.write(peer.recv(65536))
    say("half way")
    wait_for(go_file)
    try:
        drive(lambda: tls.do_handshake() or True, peer, come, go)
        tls.write(CONNECT)
        answer = drive(lambda: tls.read(100), peer, come, go)
    except (OSError, ssl.SSLError):
        answer = b""
    say("let in" if answer else "turned away")


def ticket(port, name, go_file):
    made = context(name)
    session = None
    for _ in range(2):
        peer = made.wrap_socket(socket.create_connection(("127.0.0.1", port), 10),
                                session=session)
        peer.sendall(CONNECT)
        assert peer.recv(100) == CONNACK
        session = peer.session
    say("here")
    wait_for(go_file)
    peer.sendall(PINGREQ)
    say("kept" if peer.recv(100) else "cut off")


{"half": half, "ticket": ticket}[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
