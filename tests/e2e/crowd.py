"""A crowd of idle clients, COUNT of them connected, with a keep alive."""

import resource

from raw import *

MAX_BYTES = 900  # of the broker's memory, for each


def crowd(port, count):
    come = []
    for number in range(count):
        peer = Peer(port)
        peer.send(connect_packet("idle-%d" % number))
        come.append(peer)
        if number % 200 == 199:
            for one in come[-200:]:
                one.expect(CONNACK)
    return come


def main(port, count):
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warm = crowd(port, 200)  # what the first ones cost is not for each
    before = broker_private_bytes()
    idle = crowd(port, count)
    answers_within(port, 1)
    if before is not None:
        each = (broker_private_bytes() - before) / count
        assert each <= MAX_BYTES, "one costs %.0f bytes" % each
    # They are still there, each of them, and go all at once.
    for peer in idle[::97]:
        peer.nothing_more()
    for peer in idle + warm:
        peer.cut()
    answers_within(port, 1)


main(*map(int, sys.argv[1:]))
