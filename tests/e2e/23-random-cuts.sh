#!/bin/sh
# Clients that come, go, are cut off and take each other's place at random lose
# nothing, get nothing of QoS 2 twice, and get each topic in order.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
start_with <<END
listener PORT 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 30
END
python random_cuts.py "$port" "${RANDOM_CUTS_SECONDS:-3}"
stop_broker
