#!/bin/sh
# Our clients over TLS, to our broker and to Debian's: certificates on both sides,
# pre-shared keys, URLs, and for each wrong set-up one line that says what it is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
need /usr/sbin/mosquitto mosquitto
cd "$work"

authority ca
authority other
certificate server ca localhost DNS:localhost,IP:127.0.0.1
certificate elsewhere ca elsewhere DNS:elsewhere.example
certificate anna ca anna DNS:anna
certificate stranger other anna DNS:anna
echo 'lamp:0123456789abcdef' >psk
chmod 600 psk

listeners() { # FIRST_PORT
    cat <<END
listener $1 127.0.0.1
allow_anonymous true
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key
listener $(($1 + 1)) 127.0.0.1
allow_anonymous true
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key
require_certificate true
listener $(($1 + 2)) 127.0.0.1
allow_anonymous true
psk_hint lab
psk_file $work/psk
listener $(($1 + 3)) 127.0.0.1
allow_anonymous true
certfile $work/elsewhere.crt
keyfile $work/elsewhere.key
listener $(($1 + 4)) 127.0.0.1
allow_anonymous true
END
}

pub() { # PORT OPTION...
    at=$1
    shift
    code=0
    timeout 20 "$MQTTLAB" pub -p "$at" -t a/b -m hello -q 1 "$@" >out 2>&1 || code=$?
}
works() { # PORT OPTION...
    pub "$@"
    [ $code = 0 ] || fail "$*: ended with $code: $(cat out)"
    [ ! -s out ] || fail "$*: said $(cat out)"
}
fails() { # STATUS PATTERN PORT OPTION...
    status=$1
    pattern=$2
    shift 2
    pub "$@"
    [ $code = "$status" ] || fail "$*: ended with $code, not $status: $(cat out)"
    grep -qE -- "$pattern" out || fail "$*: does not say '$pattern': $(cat out)"
    [ "$(wc -l <out)" = 1 ] || fail "$*: more than one line: $(cat out)"
}

try_all() { # FIRST_PORT
    tls=$1
    mutual=$(($1 + 1))
    psk=$(($1 + 2))
    wrong=$(($1 + 3))
    plain=$(($1 + 4))
    works "$tls" -h localhost --cafile ca.crt
    works "$tls" -h 127.0.0.1 --cafile ca.crt -V 5
    works "$tls" -h localhost --cafile ca.crt --tls-version tlsv1.2 --tls-alpn mqtt
    works "$tls" -h localhost --cafile ca.crt --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 \
        --tls-version tlsv1.2
    mkdir -p trusted
    cp ca.crt "trusted/$(openssl x509 -in ca.crt -noout -hash).0"
    works "$tls" -h localhost --capath trusted
    works "$mutual" -h localhost --cafile ca.crt --cert anna.crt --key anna.key
    works "$psk" -h localhost --psk 0123456789ABCDEF --psk-identity lamp
    works "$wrong" -h localhost --cafile ca.crt --insecure

    fails 8 'not made out to|host' "$wrong" -h localhost --cafile ca.crt
    fails 8 'not .*trusted|does not know|unknown' "$tls" -h localhost --cafile other.crt
    fails 8 'trusted' "$tls" -h localhost --tls-use-os-certs
    fails 8 'requires a client certificate|certificate required' \
        "$mutual" -h localhost --cafile ca.crt
    fails 8 'does not know the authority|unknown ca' \
        "$mutual" -h localhost --cafile ca.crt --cert stranger.crt --key stranger.key
    fails 8 'TLS: ' "$psk" -h localhost --psk 0123456789ABCDEE --psk-identity lamp
    fails 8 'TLS: ' "$psk" -h localhost --psk 0123456789ABCDEF --psk-identity nobody
    fails 8 'TLS: ' "$psk" -h localhost --cafile ca.crt
    fails 8 'not one for TLS|not TLS' "$plain" -h localhost --cafile ca.crt
    # A message larger than any record, there and back.
    head -c 1000000 /dev/zero | tr '\0' x >big
    background back "$MQTTLAB" sub -p "$tls" -h localhost --cafile ca.crt -t big -C 1 -N -d
    back_pid=$pid
    until_ok grep -q 'received SUBACK' back.log
    "$MQTTLAB" pub -p "$tls" -h localhost --cafile ca.crt -t big -f big -q 2
    until_ok gone "$back_pid"
    [ "$(tr -dc x <back.log | wc -c)" -ge 1000000 ] || fail "a big message is cut"
    "$MQTTLAB" sub -L "mqtts://localhost:$tls/kept" --cafile ca.crt -W 1 >out 2>&1 || true
    grep -q 'Timed out' out || fail "mqtts://: $(cat out)"
}

# --- our broker
base=$(random_port)
listeners "$base" >ours.conf
background broker "$MQTTLAB" broker -c ours.conf
broker_pid=$pid
broker_log=$work/broker.log
until_ok ended_or_says "$pid" ' running$' "$broker_log"
try_all "$base"
stop_broker

# --- Debian's
base=$((base + 10))
listeners "$base" >debians.conf
{
    echo 'per_listener_settings true'
    echo "user $(id -un)"
    cat debians.conf
} >debian.conf
background mosquitto /usr/sbin/mosquitto -v -c debian.conf
until_ok grep -q 'mosquitto version .* running' mosquitto.log
try_all "$base"

# --- what is wrong is said before anything is sent
fails 1 'File not found' "$base" --cafile absent.crt
fails 1 'anna.key does not belong to certfile server.crt' "$base" --cafile ca.crt \
    --cert server.crt --key anna.key
fails 1 'nothing says whom to trust' "$base" --cert anna.crt --key anna.key
fails 1 'names no cipher' "$base" --cafile ca.crt --ciphers ROT13
fails 1 'Engines' "$base" --cafile ca.crt --tls-engine e
