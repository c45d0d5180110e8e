"""A small SOCKS5 server [RFC 1928] [RFC 1929] for tests.

Usage: socks5.py [--user NAME:PASSWORD] [--reply CODE] [--split] [--cut STEP]

Prints its port, then a line for each connection: the method that was agreed on,
user name and password, and where to. With --reply it refuses with this code; with
--split it sends one byte at a time; with --cut it closes before step 1 (method),
2 (password) or 3 (reply); --bound is the kind of the address in the reply.
"""

import argparse
import select
import socket
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--user")
parser.add_argument("--reply", type=int, default=0)
parser.add_argument("--split", action="store_true")
parser.add_argument("--cut", type=int, default=0)
parser.add_argument("--method", type=int)
parser.add_argument("--bound", type=int, default=1)
options = parser.parse_args()


def read(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def send(connection, data):
    for piece in (
        [data[i : i + 1] for i in range(len(data))] if options.split else [data]
    ):
        connection.sendall(piece)


def agree(connection):
    version, count = read(connection, 2)
    methods = read(connection, count)
    if options.cut == 1:
        raise EOFError
    wanted = 2 if options.user else 0
    if options.method is not None:
        wanted = options.method
    elif version != 5 or wanted not in methods:
        wanted = 255
    send(connection, bytes([5, wanted]))
    if wanted != 2:
        return "no user" if wanted == 0 else "refused"
    version, length = read(connection, 2)
    name = read(connection, length)
    password = read(connection, read(connection, 1)[0])
    if options.cut == 2:
        raise EOFError
    user = (name + b":" + password).decode()
    right = version == 1 and user == options.user
    send(connection, bytes([1, 0 if right else 1]))
    return "user " + user if right else "refused " + user


def target(connection):
    version, command, reserved, kind = read(connection, 4)
    assert (version, command, reserved) == (5, 1, 0)
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, read(connection, 4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, read(connection, 16))
    else:
        host = read(connection, read(connection, 1)[0]).decode()
    return kind, host, int.from_bytes(read(connection, 2), "big")


def relay(one, other):
    ends = {one: other, other: one}
    while True:
        for end in select.select(list(ends), [], [])[0]:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)


def serve(connection):
    try:
        said = agree(connection)
        if said.startswith("refused"):
            print(said, flush=True)
            return
        kind, host, port = target(connection)
        print(f"{said}, to {host} port {port} kind {kind}", flush=True)
        if options.cut == 3:
            return
        bound = {1: bytes([1]) + bytes(6), 3: b"\x03\x04here" + bytes(2)}
        bound[4] = bytes([4]) + bytes(18)
        answer = bytes([5, options.reply, 0]) + bound[options.bound]
        if options.reply:
            send(connection, answer)
            return
        with socket.create_connection((host, port)) as other:
            send(connection, answer)
            relay(connection, other)
    except (EOFError, OSError):
        pass
    finally:
        connection.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
while True:
    peer = listener.accept()[0]
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
