"""A server that says what it is told to, for one connection.

Usage: fake_server.py STEP...

Prints its port. Before each step it waits for something from the client; a step is
bytes in hex, "close", "reset" or "nothing". Then it reads until the client goes.
"""

import socket
import sys

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
listener.settimeout(20)
print(listener.getsockname()[1], flush=True)
connection = listener.accept()[0]
connection.settimeout(20)
try:
    for step in sys.argv[1:]:
        connection.recv(65536)
        if step == "close":
            sys.exit(0)
        if step == "reset":
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
            sys.exit(0)
        if step != "nothing":
            connection.sendall(bytes.fromhex(step))
    while connection.recv(65536):
        pass
except OSError:
    pass
finally:
    connection.close()
