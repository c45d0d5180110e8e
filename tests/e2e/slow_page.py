"""Who takes a page slowly gets all of it; who takes nothing more is cut off.
slow_page.py PORT; its connect_timeout is one second."""

import socket
import time

import raw

LENGTH = 30000000  # far more than the system keeps between two sockets


def ask(port):
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    peer.settimeout(raw.PATIENCE)
    peer.connect(("127.0.0.1", port))
    peer.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    return peer


def take(peer, seconds):
    """Returns how many bytes came. A pause after each twentieth of them."""
    took, paused = 0, 0
    while True:
        try:
            more = len(peer.recv(65536))
        except ConnectionResetError:
            more = 0
        took += more
        if not more:
            return took
        if seconds and took * 20 // LENGTH > paused:
            paused += 1
            time.sleep(seconds / 20)


def test_a_slow_browser_gets_all_of_a_page(port):
    took = take(ask(port), 2.5)
    assert took > LENGTH, took


def test_one_that_takes_nothing_is_cut_off(port):
    peer = ask(port)
    time.sleep(2.5)
    took = take(peer, 0)
    assert took < LENGTH, took


raw.run(globals())
