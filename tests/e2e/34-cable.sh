#!/bin/sh
# What crosses the cable of connections with TLS and WebSocket is recorded as tshark
# knows it: TLS records, which it decrypts when the keys are there and only then; the
# HTTP upgrade, and frames in which no password can be read.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
need tshark
cd "$work"

authority ca
certificate server ca localhost DNS:localhost
port=$(random_port)
port2=$((port + 1))
cat >conf <<END
listener $port 127.0.0.1
allow_anonymous true
certfile server.crt
keyfile server.key
listener $port2 127.0.0.1
allow_anonymous true
protocol websockets
END

watched() { # somebody reads the records
    "$MQTTLAB" pub -p "$port" -h localhost --cafile ca.crt -t ready -m x
    "$MQTTLAB" inspect -Y 'mqtt.topic == "ready"' "$capture" 2>/dev/null | grep -q ready
}

record() { # FILE BROKER_OPTION...
    capture=$1
    shift
    rm -rf run
    background broker "$MQTTLAB" broker -v -c conf "$@"
    broker_pid=$pid
    broker_log=$work/broker.log
    until_ok grep -q ' running$' broker.log
    background inspect "$MQTTLAB" inspect --tap "$(echo run/*.sock)" -w "$capture"
    inspect_pid=$pid
    until_ok watched
    "$MQTTLAB" pub -p "$port" -h localhost --cafile ca.crt -t tls/13 -m 'over TLS' -q 2 \
        -u anna -P geheim
    "$MQTTLAB" pub -L "ws://localhost:$port2/ws/topic" -m 'over WebSocket' -u anna -P geheim
    # who forgets TLS tells its password to everybody on the cable, but not to the file
    ! "$MQTTLAB" pub -p "$port" -t a -m b -u anna -P geheim 2>/dev/null || fail "without TLS"
    stop_broker
    until_ok gone "$inspect_pid"
}
fields() { # FILTER FIELD
    tshark -r "$capture" -Y "$1" -T fields -e "$2" 2>/dev/null
}

# --- without keys: who listens on the cable sees TLS, and no word of ours
record closed.pcapng
fields 'tls.handshake.type == 1' tls.handshake.extensions_server_name | grep -qx localhost ||
    fail "no ClientHello with its server name"
[ "$(fields 'tls.record.opaque_type == 23' frame.number | wc -l)" -gt 4 ] ||
    fail "no encrypted records"
[ -z "$(fields 'mqtt.topic == "tls/13"' frame.number)" ] || fail "tshark reads what is encrypted"
# --- we were on the inside: our own view of the same file has both
"$MQTTLAB" inspect "$capture" >inside
grep -q 'tls/13' inside || fail "the packets within are lost: $(cat inside)"
# --- WebSocket: all but the password can be read
fields websocket websocket.opcode | tr ',' '\n' | grep -qx 2 || fail "no binary frames"
fields 'http.upgrade' http.upgrade | grep -qi websocket || fail "no upgrade"
tshark -r "$capture" -Y websocket -x 2>/dev/null |
    sed -n 's/^[0-9a-f]\{4\}  \(.\{47\}\).*/\1/p' | tr -d ' \n' >payloads
grep -q "$(printf '\0\006******' | od -An -v -tx1 | tr -d ' \n')" payloads ||
    fail "no hidden password in a frame: $(cat payloads)"
! grep -q "$(printf geheim | od -An -v -tx1 | tr -d ' \n')" payloads ||
    fail "the password can be read in a frame"
! grep -aq geheim "$capture" || fail "the password is in the file"

# --- field by field it is what tshark reads; but for frames in several segments, which
# it shows in the last one, and the keys' names in TLS_DHE_PSK, which it passes over
for field in tls.record.content_type tls.record.opaque_type tls.record.length \
    tls.handshake.type tls.handshake.random tls.handshake.ciphersuite \
    tls.handshake.extension.type tls.handshake.extensions_server_name \
    tls.handshake.extensions.supported_version tls.handshake.certificate tls.app_data \
    http.request.uri http.response.code http.sec_websocket_key http.sec_websocket_protocol \
    websocket.opcode websocket.mask websocket.payload_length websocket.masking_key; do
    tshark -r "$capture" -Y "$field" -T fields -e frame.number -e "$field" 2>/dev/null >theirs
    "$MQTTLAB" inspect -Y "$field" -T fields -e frame.number -e "$field" "$capture" >ours
    case $field in
    tls.handshake.certificate) ;; # TLS 1.3 hides it
    *) [ -s ours ] || fail "$field: nothing" ;;
    esac
    cmp theirs ours || fail "$field: tshark: $(head -3 theirs) ours: $(head -3 ours)"
done

# --- and the dashboard says what an eavesdropper has learnt of which
"$MQTTLAB" screen -k '/tls/13<Enter>6' "$capture" >seen
grep -q 'AN EAVESDROPPER SEES' seen || fail "no view: $(cat seen)"
grep -qE '^ topic, message +YES +no$' seen || fail "topic, message: $(cat seen)"
grep -qE '^ name of the server +YES +YES +localhost' seen || fail "the server's name: $(cat seen)"
grep -qE 'PUBLISH .*tls/13.*> Application Data, ' seen ||
    fail "the packet is not beside what carried it: $(cat seen)"
"$MQTTLAB" screen -k '/tls/13<Enter>6K' "$capture" | grep -q 'No keys of this connection' ||
    fail "keys in a recording without them"

# --- with keys: Wireshark opens it
record open.pcapng --with-keys
grep -q 'keys of TLS are given' broker.log || fail "keys are given in silence"
[ -n "$(fields 'mqtt.topic == "tls/13"' frame.number)" ] ||
    fail "tshark cannot decrypt: $(tshark -r "$capture" 2>&1 | head -40)"
! grep -aq geheim "$capture" || fail "the password is in the file"
[ -z "$(fields 'tcp.port == 1883' frame.number)" ] || fail "frames of no known connection"
"$MQTTLAB" screen -k '/tls/13<Enter>6K' "$capture" >seen
grep -q 'TRAFFIC_SECRET_0' seen || fail "no keys: $(cat seen)"
grep -q 'with them this record says' seen || fail "nothing is decrypted: $(cat seen)"
