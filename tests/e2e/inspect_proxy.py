"""The proxy passes on all bytes, the end of a stream, and a reset.

Usage: inspect_proxy.py MQTTLAB
"""

import os
import socket
import struct
import subprocess
import sys
import threading

TIMEOUT = 20
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(TIMEOUT)
upstream = server.getsockname()[1]
proxy = subprocess.Popen(
    [sys.argv[1], "inspect", "--listen", "0", "--upstream",
     f"127.0.0.1:{upstream}"], stderr=subprocess.PIPE,
    stdout=subprocess.DEVNULL)
port = int(proxy.stderr.readline().decode().split("port ")[1].split()[0])


def pair():
    client = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    broker, _ = server.accept()
    broker.settimeout(TIMEOUT)
    return client, broker


def until_end(end):
    got = bytearray()
    while True:
        data = end.recv(1 << 20)
        if not data:
            return bytes(got)
        got += data


def half_closed():
    """Who has said all still hears the answer, to its end."""
    client, broker = pair()
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert until_end(broker) == b"question"
    broker.sendall(b"answer" * 100000)
    broker.close()
    assert until_end(client) == b"answer" * 100000


def reset(first, second):
    """A reset comes as a reset; what was sent before it has come."""
    first.sendall(b"x")
    assert second.recv(10) == b"x"
    first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    first.close()
    try:
        assert not "reset", second.recv(1)
    except ConnectionResetError:
        pass


def both_ways():
    """Much at once in both directions, and nobody reads at first."""
    client, broker = pair()
    data = os.urandom(8000000)

    def send(end):
        end.sendall(data)
        end.shutdown(socket.SHUT_WR)

    senders = [threading.Thread(target=send, args=(end,))
               for end in (client, broker)]
    for thread in senders:
        thread.start()
    got = [None, None]

    def receive(i, end):
        got[i] = until_end(end)

    receivers = [threading.Thread(target=receive, args=(i, end))
                 for i, end in enumerate((client, broker))]
    for thread in receivers:
        thread.start()
    for thread in senders + receivers:
        thread.join()
    assert got[0] == data and got[1] == data


def unread():
    """Nobody reads what the proxy prints: packets pass, and it can be ended."""
    other = subprocess.Popen(
        [sys.argv[1], "inspect", "--listen", "0", "--upstream",
         f"127.0.0.1:{upstream}", "-T", "text", "-w", "/dev/full"], bufsize=0,
        stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    where = int(other.stderr.readline().decode().split("port ")[1].split()[0])
    client = socket.create_connection(("127.0.0.1", where), TIMEOUT)
    broker, _ = server.accept()
    packets = b"\x30\x09\0\3a/bhell" * 40000
    sender = threading.Thread(target=client.sendall, args=(packets,))
    sender.start()
    broker.settimeout(TIMEOUT)
    got = 0
    while got < len(packets):
        got += len(broker.recv(1 << 20))
    sender.join()
    other.terminate()
    assert other.wait(TIMEOUT) == 1
    said = other.stderr.read()
    assert b"/dev/full: No space left" in said, said
    assert b"rows are not shown here" in said, said


def nobody_there():
    """A broker that is not there: the client is not kept waiting."""
    server.close()
    try:
        client = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        assert client.recv(1) == b""
    except ConnectionResetError:
        pass


half_closed()
reset(*pair())
reset(*reversed(pair()))
both_ways()
unread()
nobody_there()
proxy.terminate()
assert proxy.wait(TIMEOUT) == 0
