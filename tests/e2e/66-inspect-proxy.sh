#!/bin/sh
# mqttlab inspect as a proxy in front of a broker: plain, with TLS on either side,
# watched by others.
. "$(dirname "$0")/lib.sh"
need python3
use_names

start_quiet_broker
broker_port=$port

# Start a proxy; sets $port. More options may follow.
start_proxy() { # NAME
    name=$1
    shift
    background "$name" "$MQTTLAB" inspect --listen 0 "$@"
    until_ok grep -q 'is passed on' "$work/$name.log"
    port=$(sed -n 's/.*: port \([0-9]*\) is .*/\1/p' "$work/$name.log")
}

"$MQTTLAB" inspect --listen "$broker_port" --upstream 127.0.0.1:1 \
    2>"$work/taken.log" && fail "a proxy took the broker's port"
grep -q 'this port is taken; take another' "$work/taken.log" ||
    fail "a port that is taken: $(cat "$work/taken.log")"

start_proxy proxy --upstream "127.0.0.1:$broker_port"
plain=$port
proxy_pid=$pid
background sub mosquitto_sub -p "$plain" -i suby -t a/# -q 2 -C 2
until_ok grep -q SUBACK "$work/proxy.log"
mosquitto_pub -p "$plain" -i puby -t a/b -m one -q 2
mosquitto_pub -p "$plain" -i puby -t a/b -m two -q 1
until_ok grep -q two "$work/sub.log"
grep -q '< PUBLISH .* a/b  one' "$work/proxy.log" || fail "the proxy shows no message"

# Who watches it sees what passes from then on.
seen() { # PATTERN FILE
    mosquitto_pub -p "$plain" -i puby -t a/b -m three
    sleep 0.1
    grep -q "$1" "$2"
}
background watcher "$MQTTLAB" inspect -T json --tap \
    "$MQTTLAB_RUNTIME_DIR/$proxy_pid-$plain.sock"
until_ok seen '"lab.client":"puby".*"mqtt.msg":"74:68:72:65:65"' "$work/watcher.log"
background attach "$MQTTLAB" attach --plain "$plain"
until_ok seen 'PUBLISH .* a/b  three' "$work/attach.log"

# TLS towards the clients, and towards a broker with TLS: the first is the other's
# broker.
need openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>"$work/openssl.log"
start_proxy tls --upstream "127.0.0.1:$broker_port" --cert "$work/cert.pem" \
    --key "$work/key.pem" -T text -w "$work/tls.pcapng"
tls_pid=$pid
start_proxy both --upstream "mqtts://localhost:$port" --cafile "$work/cert.pem"
mosquitto_pub -p "$port" -i secure -t a/c -m three -q 1
grep -q 'PUBLISH .* a/c  three' "$work/tls.log" || fail "nothing is shown behind TLS"
grep -q 'PUBLISH .* a/c  three' "$work/both.log" || fail "nothing is shown before TLS"
# What TLS agreed on is told, on either side.
grep -q 'TLS handshake done: TLSv1\..*, certificate cert.pem, server name localhost' \
    "$work/tls.log" || fail "nothing is told of TLS with the client"
grep -q 'TLS handshake done: to the broker: TLSv1\..*, broker certificate of CN=' \
    "$work/both.log" || fail "nothing is told of TLS with the broker"
kill -TERM "$tls_pid"
wait "$tls_pid" 2>/dev/null || true
"$MQTTLAB" screen --view wire "$work/tls.pcapng" >"$work/wire.log"
grep -q 'PUBLISH .* a/c  three .*encrypted, and not recorded' "$work/wire.log" ||
    fail "an eavesdropper reads what was encrypted: $(cat "$work/wire.log")"
grep -q 'name of the server .*YES *localhost' "$work/wire.log" ||
    fail "nothing of the handshake: $(cat "$work/wire.log")"
start_proxy strict --upstream "mqtts://localhost:$plain"
mosquitto_pub -p "$port" -t a -m b 2>/dev/null && fail "TLS to a broker without it"
until_ok grep -q 'the broker: ' "$work/strict.log"

python3 "$test_dir/inspect_proxy.py" "$MQTTLAB" >"$work/python.log" 2>&1 ||
    fail "the proxy does not pass on all"

# Where no dashboard can find it, it says so and passes on.
mkdir "$work/open"
chmod 755 "$work/open"
MQTTLAB_RUNTIME_DIR=$work/open start_proxy unseen --upstream "127.0.0.1:$broker_port"
mosquitto_pub -p "$port" -i puby -t a/d -m four -q 1
until_ok grep -q '^mqttlab: inspect: no dashboard will find this proxy: .*chmod 700' "$work/unseen.log"
grep -q 'PUBLISH .* a/d  four' "$work/unseen.log" || fail "nothing is shown where none can watch"
