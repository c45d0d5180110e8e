#!/bin/sh
# Each wrong set-up of the labs gives one line on both sides that says exactly what
# happened, to whom, and when; and what a responder has said is stapled.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

certs() {
    "$MQTTLAB" certs "$@" >"$work/told.log" 2>&1 || fail "certs $*: $(cat "$work/told.log")"
}
certs ca
certs server --san "localhost,127.0.0.1"
certs client --cn sensor-1
certs client --cn thief
certs revoke certs/thief.crt
certs crl
for kind in expired not-yet-valid wrong-host wrong-ca missing-chain; do
    certs break "$kind"
done
certs ca -d other --cn "Other CA"
echo 'lamp:0123456789abcdef' >psk
chmod 600 psk

# Ports from the base on: good, mutual, a pre-shared key, and one for each kind.
base=$(random_port)
at=$base
listener() { # NAME LINE...
    eval "$(echo "$1" | tr - _)=$at"
    echo "listener $at 127.0.0.1"
    at=$((at + 1))
    shift
    printf '%s\n' "$@"
}
pair() { # FOLDER
    echo "certfile $1/server.crt"
    echo "keyfile $1/server.key"
}
{
    echo "allow_anonymous true"
    echo "connection_messages true"
} >b.conf
listener good "$(pair certs)" >>b.conf
listener mutual "$(pair certs)" "cafile certs/ca.crt" "crlfile certs/ca.crl" \
    "require_certificate true" >>b.conf
listener psk "psk_hint lab" "psk_file $work/psk" >>b.conf
for kind in expired not-yet-valid wrong-host wrong-ca missing-chain; do
    listener "$kind" "$(pair certs/$kind)" >>b.conf
done
background broker "$MQTTLAB" broker -c b.conf
broker_pid=$pid
broker_log=$work/broker.log
until_ok ended_or_says "$pid" ' running$' "$broker_log"

trust="--cafile certs/ca.crt"
sensor="--cert certs/sensor-1.crt --key certs/sensor-1.key"
thief="--cert certs/thief.crt --key certs/thief.key"
lamp="--psk 0123456789abcdef --psk-identity lamp"
"$MQTTLAB" pub -h localhost -p "$good" -t a -m b $trust || fail "the good one is refused"
"$MQTTLAB" pub -h localhost -p "$mutual" -t a -m b $trust $sensor || fail "sensor-1 is refused"
"$MQTTLAB" pub -h localhost -p "$psk" -t a -m b $lamp || fail "lamp is refused"

# What is wrong | port | the client's options | its line | the broker's line
wrong=0
while IFS='|' read -r what port options client broker; do
    wrong=$((wrong + 1))
    eval "port=\$$port"
    eval "options=\"$options\""
    before=$(wc -l <"$broker_log")
    published=0
    # shellcheck disable=SC2086
    "$MQTTLAB" pub -h localhost -p "$port" -t a -m b $options >client.log 2>&1 || published=$?
    [ "$published" != 0 ] || fail "$what: it works"
    [ "$(wc -l <client.log)" = 1 ] || fail "$what: the client says $(cat client.log)"
    grep -qE -- "$client" client.log || fail "$what: the client says $(cat client.log)"
    heard() {
        tail -n "+$((before + 1))" "$broker_log" | grep -E ' failed: ' >heard
    }
    until_ok heard
    [ "$(wc -l <heard)" = 1 ] || fail "$what: the broker says $(cat heard)"
    grep -qE -- "$broker" heard || fail "$what: the broker says $(cat heard)"
done <<'TABLE'
no CA, so no TLS|good||perhaps its port is for TLS .--cafile|what came is not TLS
another CA|good|--cafile other/ca.crt|authority that is not known here.*"CN = localhost", signed by|does not know the authority that signed our certificate
signed by a stranger|wrong_ca|$trust|not known here.*signed by "CN = |does not know the authority
expired|expired|--cafile certs/expired/ca.crt|is expired: "CN = localhost" was valid until 20.*UTC|says that our certificate is expired
not yet valid|not_yet_valid|--cafile certs/not-yet-valid/ca.crt|not valid yet.*"CN = localhost" is valid from 20.*UTC|does not accept our certificate
another host|wrong_host|--cafile certs/wrong-host/ca.crt|not made out to the host that was asked for: it is for [a-z.-]*[a-z]|not made out to the name
the middle of the chain is missing|missing_chain|--cafile certs/missing-chain/ca.crt|the peer must send what lies between|does not know the authority
no client certificate|mutual|$trust|requires a client certificate|client gave no certificate
revoked|mutual|$trust $thief|says that our certificate was revoked|was revoked: "CN = thief", signed by
wrong key of a PSK|psk|--psk 0123456789abcdee --psk-identity lamp|keys differ|PSK is not the one that belongs to its identity
unknown PSK identity|psk|--psk 0123456789abcdef --psk-identity fan|does not know the PSK identity|PSK identity is not known here: "fan"
TABLE
[ "$wrong" = 11 ] || fail "$wrong set-ups were tried"

# A chain in the wrong order is told when the broker starts.
certs break unsorted
{
    echo "listener $at 127.0.0.1"
    pair certs/unsorted
} >order.conf
"$MQTTLAB" broker --check -c order.conf >order.log 2>&1 || fail "unsorted: $(cat order.log)"
grep -q 'warning: .*not signed by' order.log || fail "unsorted: $(cat order.log)"
stop_broker

# --- stapling
background responder "$MQTTLAB" certs ocsp
until_ok grep -q 'http://' responder.log
url=$(grep -o 'http://[^ ]*' responder.log | head -1)
staple() { # CERTIFICATE FILE
    openssl ocsp -issuer certs/ca.crt -CAfile certs/ca.crt -cert "$1" -url "$url" -respout "$2" \
        >ocsp.log 2>&1 || fail "no answer: $(cat ocsp.log)"
}
staple certs/server.crt good.der
staple certs/sensor-1.crt other.der
{
    echo "listener $base 127.0.0.1"
    pair certs
    echo "ocspfile $work/staple.der"
} >staple.conf
cp good.der staple.der
background broker "$MQTTLAB" broker -c staple.conf
broker_pid=$pid
until_ok ended_or_says "$pid" ' running$' "$broker_log"
! grep -q 'Warning' "$broker_log" || fail "a good answer: $(cat "$broker_log")"
asked() { # PATTERN
    openssl s_client -connect "127.0.0.1:$base" -status -CAfile certs/ca.crt </dev/null \
        >staple.log 2>&1 || true
    grep -q "$1" staple.log
}
asked 'OCSP Response Status: successful' || fail "nothing is stapled: $(cat staple.log)"
grep -q 'Cert Status: good' staple.log || fail "not good: $(cat staple.log)"
# It is read again.
certs revoke certs/server.crt
staple certs/server.crt staple.der
kill -HUP "$broker_pid"
until_ok asked 'Cert Status: revoked'
until_ok grep -q 'Warning: .*staple.der says that the certificate is revoked' "$broker_log"
cp other.der staple.der
kill -HUP "$broker_pid"
until_ok grep -q 'staple.der is about another certificate' "$broker_log"
echo nonsense >staple.der
kill -HUP "$broker_pid"
until_ok grep -q 'Error: .*staple.der holds no answer of a responder' "$broker_log"
stop_broker
