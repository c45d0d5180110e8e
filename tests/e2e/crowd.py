"""A crowd of idle clients: COUNT of them are connected, with a keep alive.  Prints
what the broker's memory grew by for each, in bytes."""

import resource

from raw import *


def private_bytes(pid):
    with open("/proc/%d/status" % pid) as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    raise OSError("no RssAnon")


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


def main(port, pid, count):
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warm = crowd(port, 200)  # what the first ones cost is not for each
    before = private_bytes(pid)
    idle = crowd(port, count)
    answers_within(port, 1)
    each = (private_bytes(pid) - before) // count
    # They are still there, each of them, and go all at once.
    for peer in idle[::97]:
        peer.nothing_more()
    for peer in idle + warm:
        peer.cut()
    answers_within(port, 1)
    print(each)


main(*map(int, sys.argv[1:]))
