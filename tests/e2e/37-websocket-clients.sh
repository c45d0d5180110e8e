#!/bin/sh
# The four listeners that a lecture has: 1883, 8883, 9001, 9883; and clients that come
# by way of WebSocket, with and without TLS: ours, paho, MQTT.js; ours with Debian's
# broker, too.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
cd "$work"
authority ca
authority other
certificate server ca localhost DNS:localhost,IP:127.0.0.1

listeners() { # FIRST_PORT
    cat <<END
allow_anonymous true
listener $1

listener $(($1 + 1))
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key

listener $(($1 + 2))
protocol websockets

listener $(($1 + 3))
protocol websockets
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key
END
}

start_lecture() {
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        listeners "$port" >lecture.conf
        background broker "$MQTTLAB" broker -c lecture.conf -v
        broker_pid=$pid
        broker_log=$work/broker.log
        until_ok ended_or_says "$pid" ' running$' "$broker_log"
        kill -0 "$pid" 2>/dev/null && return
    done
    fail "the broker does not start (attempt $attempt)"
}

start_lecture
ws=$((port + 2))
wss=$((port + 3))
"$MQTTLAB" broker --check -c lecture.conf >check.out 2>&1 || fail "--check: $(cat check.out)"

# --- ours: a message on each of the four is seen on each of the four
for url in "mqtt://localhost:$port" "mqtts://localhost:$((port + 1))" \
    "ws://localhost:$ws" "wss://localhost:$wss"; do
    set -- "$url"
    case $url in
    *s://*s:* | mqtts:* | wss:*) set -- "$url" --cafile ca.crt ;;
    esac
    echo "$*" >>urls
done
number=0
while read -r url options; do
    number=$((number + 1))
    # shellcheck disable=SC2086 # a name and its value
    background "sub$number" "$MQTTLAB" sub -i "sub$number" -L "$url/all/#" $options -C 4 -v
    until_ok grep -q "Sending SUBACK to sub$number\$" "$broker_log"
    echo "$pid" >>subs
done <urls
while read -r url options; do
    # shellcheck disable=SC2086
    "$MQTTLAB" pub -L "$url/all/x" $options -m hello -q 2 -V 5 >out 2>&1 || fail "$url: $(cat out)"
done <urls
while read -r sub; do
    until_ok gone "$sub"
done <subs
for number in 1 2 3 4; do
    [ "$(grep -c '^all/x hello$' "sub$number.log")" = 4 ] || fail "sub$number: $(cat "sub$number.log")"
done

# --- what goes wrong says why
fails() { # STATUS PATTERN OPTION...
    status=$1
    pattern=$2
    shift 2
    code=0
    timeout 20 "$MQTTLAB" pub -m x "$@" >out 2>&1 || code=$?
    [ $code = "$status" ] || fail "$*: ended with $code, not $status: $(cat out)"
    grep -q -- "$pattern" out || fail "$*: said $(cat out)"
}
fails 7 'WebSocket: the server closed instead of an answer' -L "ws://localhost:$port/t"
fails 8 'TLS: ' -L "wss://localhost:$ws/t" --cafile ca.crt
fails 8 'TLS: .*\(issuer\|authority\|unknown ca\|self.signed\)' -L "wss://localhost:$wss/t" --cafile other.crt
fails 1 'Connection refused' -L "ws://localhost:1/t"

# --- paho
if /usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null; then
    export PAHO_TRANSPORT=websockets
    tests="test_every_qos_and_version test_many_messages_keep_their_order
        test_will_after_a_cut_and_not_after_disconnect test_properties_pass_unchanged"
    # shellcheck disable=SC2086 # one word each
    python paho_client.py "$ws" $tests
    export PAHO_CA="$work/ca.crt"
    python paho_client.py "$wss" test_every_qos_and_version
fi

# --- MQTT.js
. "$test_dir/mqtt_js.sh"
if have_mqtt_js; then
    for protocol in ws wss; do
        at=$ws
        [ $protocol = ws ] || at=$wss
        NODE_EXTRA_CA_CERTS=$work/ca.crt NODE_PATH=$mqtt_js/node_modules node "$test_dir/mqtt_js.js" "$at" \
            $protocol >"$protocol.log" 2>&1 || fail "MQTT.js over $protocol"
    done
fi
stop_broker

# --- ours with Debian's broker
[ -x /usr/sbin/mosquitto ] || exit 0
for attempt in 1 2 3 4 5; do
    port=$(random_port)
    listeners "$port" | sed "1i user $(id -un)\nlog_type all" >lecture.conf
    background mosquitto /usr/sbin/mosquitto -c lecture.conf
    until_ok ended_or_says "$pid" ' running$' "$work/mosquitto.log"
    kill -0 "$pid" 2>/dev/null && break
done
# It sends big messages over WebSocket at 40 kB a second, so the way back is another.
head -c 1000000 /dev/zero | tr '\0' x >big
background big "$MQTTLAB" sub -L "mqtt://localhost:$port/big" -q 1 -C 1 -N
subs=$pid
background small "$MQTTLAB" sub -L "wss://localhost:$((port + 3))/small" --cafile ca.crt -q 1 -C 1
subs="$subs $pid"
subscribed() {
    [ "$(grep -c 'Sending SUBACK to auto-' mosquitto.log)" = 2 ]
}
until_ok subscribed
for topic in big small; do
    [ $topic = big ] || echo little >small
    "$MQTTLAB" pub -L "ws://localhost:$((port + 2))/$topic" -f $topic -q 1 >out 2>&1 ||
        fail "$topic, to mosquitto (attempt $attempt): $(cat out)"
done
for sub in $subs; do
    until_ok gone "$sub"
done
cmp -s big big.log || fail "the big message came otherwise"
grep -q '^little$' small.log || fail "small: $(cat small.log)"
