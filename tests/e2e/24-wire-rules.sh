#!/bin/sh
# What clients hide: refusals and DISCONNECT carry the right Reason Code, windows
# and sizes that a client sets are kept, Keep Alive is watched.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
start_broker
python wire_rules.py "$port"
# Who is connected when the broker stops is told so.
subscriber last "$MQTTLAB" sub -V 5 -t last -d
stop_broker
until_ok grep -q "Received DISCONNECT (139)" "$work/last.log"
