#!/bin/sh
# Our broker and our clients with certificates of the workshop: each way to break
# one is told on both sides, and one that is revoked is not let in.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

certs() {
    "$MQTTLAB" certs "$@" >"$work/told.log" 2>&1 || fail "certs $*: $(cat "$work/told.log")"
}
says() { # FILE PATTERN WHO
    grep -q -- "$2" "$1" || fail "$3 does not say '$2':
$(cat "$1")"
}
publish() { # OPTIONS...; never fails: what was said counts
    published=0
    "$MQTTLAB" pub -h localhost -p "$port" -t a -m b "$@" >client.log 2>&1 || published=$?
}

certs ca

# The kind, what the broker says when it starts (a warning, or an error and it does
# not), what the client says, and what the broker says then.
while read -r kind start client broker; do
    certs break "$kind"
    cat >listener.conf <<END
listener PORT
allow_anonymous true
certfile certs/$kind/server.crt
keyfile certs/$kind/server.key
END
    if [ "$client" = - ]; then
        sed "s/PORT/$(random_port)/" listener.conf >b.conf
        started=0
        "$MQTTLAB" broker -c b.conf >start.log 2>&1 || started=$?
        [ "$started" = 3 ] || fail "the broker ends with $started ($kind): $(cat start.log)"
        says start.log "Error: .*b.conf:1: .*$start" "the broker ($kind)"
        continue
    fi
    start_with <listener.conf
    [ "$start" = - ] || says broker.log "Warning: .*b.conf:1: .*$start" "the broker ($kind)"
    [ "$start" != - ] || ! grep -q Warning broker.log || fail "$kind: $(cat broker.log)"
    publish --cafile "certs/$kind/ca.crt"
    if [ "$client" = OK ]; then
        [ "$published" = 0 ] || fail "$kind: $(cat client.log)"
    else
        [ "$published" = 8 ] || fail "pub ended with $published ($kind)"
        says client.log "Error: TLS: .*OpenSSL: $client" "the client ($kind)"
        until_ok grep -q "TLS with .* failed: .*alert: $broker" broker.log
    fi
    stop_broker
done <<'TABLE'
expired        expired.at             certificate.has.expired               certificate.expired
not-yet-valid  not.valid.before       certificate.is.not.yet.valid          bad.certificate
wrong-host     -                      hostname.mismatch                     bad.certificate
wrong-ca       -                      unable.to.get.local.issuer            unknown.ca
self-signed    -                      self.signed.certificate               unknown.ca
missing-chain  -                      unable.to.get.local.issuer            unknown.ca
wrong-order    is.in.the.wrong.order  -                                     -
unsorted       is.not.signed.by       OK                                    -
wrong-key      does.not.belong        -                                     -
encrypted-key  is.encrypted           -                                     -
weak-key       ee.key.too.small       -                                     -
no-ca-flag     -                      invalid.CA.certificate                unknown.ca
wrong-purpose  -                      uns[a-z]*.certificate.purpose         unsupported.certificate
TABLE

# Clients' certificates, which the broker looks at.
certs server
certs client --cn sensor-1
certs client --cn sensor-2
certs crl
start_with <<'END'
listener PORT
allow_anonymous true
cafile certs/ca.crt
certfile certs/server.crt
keyfile certs/server.key
crlfile certs/ca.crl
require_certificate true
use_identity_as_username true
END
while read -r kind broker; do
    certs break "$kind" --for client
    before=$(logged "failed: .*OpenSSL: $broker")
    publish --cafile certs/ca.crt --cert "certs/$kind/client.crt" --key "certs/$kind/client.key"
    [ "$published" != 0 ] || fail "the broker lets $kind in"
    until_ok logs_again "$before" "failed: .*OpenSSL: $broker"
done <<'TABLE'
expired        certificate.has.expired
not-yet-valid  certificate.is.not.yet.valid
wrong-ca       unable.to.get.local.issuer
self-signed    self.signed.certificate
missing-chain  unable.to.get.local.issuer
no-ca-flag     invalid.CA.certificate
wrong-purpose  uns[a-z]*.certificate.purpose
TABLE
for kind in wrong-key encrypted-key; do
    certs break "$kind" --for client
    publish --cafile certs/ca.crt --cert "certs/$kind/client.crt" --key "certs/$kind/client.key"
    [ "$published" != 0 ] || fail "the client uses $kind"
done

# One that was stolen.
enter() { # NAME STATUS
    publish --cafile certs/ca.crt --cert "certs/$1.crt" --key "certs/$1.key"
    [ "$published" = "$2" ] || fail "$1 ends with $published, not $2: $(cat client.log)"
}
enter sensor-1 0
enter sensor-2 0
says broker.log "u'sensor-2'" "the broker"
certs revoke certs/sensor-1.crt --reason keyCompromise
certs crl
kill -HUP "$broker_pid"
revoked() {
    publish --cafile certs/ca.crt --cert certs/sensor-1.crt --key certs/sensor-1.key
    [ "$published" != 0 ]
}
until_ok revoked
until_ok grep -q 'failed: .*OpenSSL: certificate revoked' broker.log
enter sensor-2 0
stop_broker
