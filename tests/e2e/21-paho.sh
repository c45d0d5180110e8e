#!/bin/sh
# paho, the most used client library, does with our broker all that it can: every
# version, QoS 0 to 2, sessions, wills, and the features of MQTT 5.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
/usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null ||
    skip "paho is not installed (package python3-paho-mqtt)"
start_broker
python paho_client.py "$port"
stop_broker
