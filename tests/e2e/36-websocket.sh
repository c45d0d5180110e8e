#!/bin/sh
# Listeners with protocol websockets: frames as clients send them and as none should,
# upgrades that are refused, how connections end.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
start_with <<'END'
allow_anonymous true
connection_messages true
listener PORT2 127.0.0.1
protocol websockets
websockets_origin http://lab.example
listener PORT 127.0.0.1
protocol websockets
END
export PORT2="$port2"
python websocket.py "$port"
for line in "a frame of text came" "a frame came without a mask" "POST /: 405"; do
    grep -q -- "$line" "$broker_log" || echo "$line" >>"$work/not-logged.log"
done
[ ! -s "$work/not-logged.log" ] || fail "not in the log"

# What is no request at all: the broker ends it, and does not say that the client did.
before=$(logged 'what came cannot be answered')
! "$MQTTLAB" pub -p "$port" -t a -m b 2>"$work/out" || fail "MQTT without WebSocket"
until_ok logs_again "$before" 'what came cannot be answered'
stop_broker
