#!/bin/sh
# Connections are cut at every step of the handshakes of QoS 1 and 2: nothing is
# lost, nothing of QoS 2 comes twice, and the order is kept.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
start_broker
python cut_connections.py "$port"
stop_broker
