#!/bin/sh
# Each way to break a certificate makes real servers and clients fail with exactly
# the reason that it is made for, and `verify` says so beforehand.
. "$(dirname "$0")/lib.sh"
need openssl
cd "$work" || exit 1

certs() {
    "$MQTTLAB" certs "$@" >"$work/told.log" 2>&1 || fail "certs $*: $(cat "$work/told.log")"
}
says() { # FILE PATTERN WHO
    grep -q -- "$2" "$1" || fail "$3 does not say '$2':
$(cat "$1")"
}

# OpenSSL's server shows a certificate on $port, with what is behind it in the file.
listening_or_ended() {
    grep -q ACCEPT "$work/server.log" || ! kill -0 "$pid" 2>/dev/null
}
serve() { # CERTIFICATE KEY OPTIONS...
    certificate=$1
    key=$2
    shift 2
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        background server openssl s_server -accept "127.0.0.1:$port" -cert "$certificate" \
            -cert_chain "$certificate" -key "$key" -pass pass:none -www "$@"
        until_ok listening_or_ended
        if grep -q ACCEPT server.log || ! grep -q 'Address already in use' server.log; then
            return
        fi
    done
    fail "no port is free (attempt $attempt)"
}
connect() { # OPTIONS...; never fails: what was said counts
    openssl s_client -connect "127.0.0.1:$port" -verify_return_error "$@" \
        </dev/null >client.log 2>&1 || true
}
stop() {
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

certs ca

# The kind, what keeps OpenSSL's server from starting, what its client says of the
# server's certificate, and what verify says.
cat >kinds <<'TABLE'
expired        -                      num=10:certificate.has.expired                  time.is.over
not-yet-valid  -                      num=9:certificate.is.not.yet.valid              time.has.not.begun
wrong-host     -                      num=62:hostname.mismatch                        not.made.out.to.that.host
wrong-ca       -                      num=20:unable.to.get.local.issuer.certificate   neither.trusted.nor.in.the.file
self-signed    -                      num=18:self.signed.certificate                  signed.itself
missing-chain  -                      num=20:unable.to.get.local.issuer.certificate   neither.trusted.nor.in.the.file
wrong-order    key.values.mismatch    -                                               stands.first
unsorted       -                      OK                                              not.each.one.is.signed.by.the.next
wrong-key      key.values.mismatch    -                                               key.does.not.belong
encrypted-key  maybe.wrong.password\|bad.decrypt  -                                   key.is.encrypted
weak-key       ee.key.too.small       num=66:EE.certificate.key.too.weak              key.is.too.short
no-ca-flag     -                      num=[0-9]*:invalid.CA.certificate                   is.no.authority
wrong-purpose  -                      num=26:uns[a-z]*.certificate.purpose           not.made.for.this.use
TABLE
"$MQTTLAB" certs break | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p' | sort >program
awk '{ print $1 }' kinds | sort >table
diff -u program table >difference || fail "kinds without a test: $(cat difference)"

while read -r kind server client verify; do
    certs break "$kind"
    one=certs/$kind/server
    "$MQTTLAB" certs verify $one.crt $one.key --host localhost >verify.log 2>&1 &&
        fail "verify accepts $kind"
    says verify.log "$verify" "verify ($kind)"
    [ "$(grep -c '^  "' verify.log)" = 1 ] || fail "$kind is wrong in more than one way: $(cat verify.log)"

    serve $one.crt $one.key
    if [ "$server" != - ]; then
        grep -q ACCEPT server.log && fail "OpenSSL's server starts with $kind"
        says server.log "$server" "OpenSSL's server ($kind)"
        [ "$client" = - ] || serve $one.crt $one.key -cipher ALL:@SECLEVEL=0
    fi
    if [ "$client" != - ]; then
        connect -CAfile certs/$kind/ca.crt -verify_hostname localhost -auth_level 2
        if [ "$client" = OK ]; then
            says client.log 'Verify return code: 0 (ok)' "OpenSSL's client ($kind)"
        else
            says client.log "verify error:$client" "OpenSSL's client ($kind)"
            [ "$(grep -c '^verify error' client.log)" = 1 ] || fail "$kind: $(cat client.log)"
        fi
    fi
    stop
done <kinds

# The same for clients' certificates: what a server says of them.
certs server
while read -r kind client; do
    certs break "$kind" --for client --cn sensor-1
    one=certs/$kind/client
    serve certs/server.crt certs/server.key -CAfile certs/$kind/ca.crt -Verify 1 \
        -verify_return_error -auth_level 2
    connect -CAfile certs/ca.crt -cert $one.crt -cert_chain $one.crt -key $one.key
    until_ok grep -q 'verify error' server.log
    says server.log "verify error:$client" "OpenSSL's server of a client ($kind)"
    stop
done <<'TABLE'
expired        num=10:certificate.has.expired
not-yet-valid  num=9:certificate.is.not.yet.valid
wrong-ca       num=20:unable.to.get.local.issuer.certificate
self-signed    num=18:self.signed.certificate
missing-chain  num=20:unable.to.get.local.issuer.certificate
no-ca-flag     num=[0-9]*:invalid.CA.certificate
wrong-purpose  num=26:uns[a-z]*.certificate.purpose
TABLE
