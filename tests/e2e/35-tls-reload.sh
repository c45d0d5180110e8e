#!/bin/sh
# Certificates and lists are read again while clients are on their way in, and while
# some are there that came with a ticket.
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

certs() {
    "$MQTTLAB" certs "$@" -d . >certs.out 2>&1 || fail "certs $*: $(cat certs.out)"
}
certs ca
certs intermediate
certs server --san localhost,127.0.0.1
certs client --cn anna
certs client --cn far --by intermediate
certs crl
certs crl --by intermediate
cat ca.crl intermediate.crl >all.crl
start_with <<END
connection_messages true
log_type all
listener PORT 127.0.0.1
allow_anonymous true
cafile $work/ca.crt
crlfile $work/all.crl
certfile $work/server.crt
keyfile $work/server.key
require_certificate true
use_identity_as_username true
END

# Who is in the middle of a handshake, and so known to the old list alone, does not
# slip in past the new one; a ticket holds no chain, but its owner is not lost for it.
background half python3 "$test_dir/tls_reload.py" half "$port" anna half.go
background ticket python3 "$test_dir/tls_reload.py" ticket "$port" far.chain ticket.go
until_ok grep -q 'half way' half.log
until_ok grep -q here ticket.log
certs revoke anna.crt
certs crl
cat ca.crl intermediate.crl >all.crl
kill -HUP "$broker_pid"
until_ok grep -q 'Reloading config' "$broker_log"
touch half.go
until_ok grep -Eq 'let in|turned away' half.log
grep -q 'turned away' half.log || fail "revoked during the handshake: $(cat half.log)"
grep -q 'not allowed any more, disconnecting: .*revoked' "$broker_log" || fail "not said why"
touch ticket.go
until_ok grep -Eq 'kept|cut off' ticket.log
grep -q kept ticket.log || fail "with an intermediate authority: $(cat ticket.log)"

stop_broker
