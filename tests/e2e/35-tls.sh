#!/bin/sh
# Listeners with TLS: with a certificate, with certificates of clients, with keys
# that both sides know; Debian's clients and openssl are the peers.  Everything that
# fails says why, and SIGHUP brings new certificates and lists without cutting off
# anybody but those who are not trusted any more.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
need mosquitto_pub mosquitto-clients
cd "$work"

authority ca
authority other
certificate server ca localhost DNS:localhost,IP:127.0.0.1
certificate anna ca anna DNS:anna
certificate bert ca bert DNS:bert
certificate stranger other anna DNS:anna
revocations ca
printf 'lamp:0123456789abcdef\n# a comment\nfan:00ff\n' >psk
chmod 600 psk
cat >acl <<'END'
topic anon/#
topic read end/#
user anna
topic a/#
user CN=anna,O=Lab
topic subject/#
user lamp
topic lamp/#
END
start_with <<END
connection_messages true
log_type all
acl_file $work/acl
listener PORT 127.0.0.1
allow_anonymous true
cafile ca.crt
certfile server.crt
keyfile server.key
listener PORT2 127.0.0.1
cafile ca.crt
crlfile ca.crl
certfile server.crt
keyfile server.key
require_certificate true
use_identity_as_username true
END
# Two more, for which start_with has no name.
kill "$broker_pid"
until_ok gone "$broker_pid"
port3=$((port + 2))
port4=$((port + 3))
cat >>b.conf <<END
listener $port3 127.0.0.1
psk_hint lab
psk_file $work/psk
use_identity_as_username true
listener $port4 127.0.0.1
cafile ca.crt
certfile server.crt
keyfile server.key
require_certificate true
use_subject_as_username true
tls_version tlsv1.3
END
"$MQTTLAB" broker --check -c b.conf >check.out 2>&1 || fail "--check: $(cat check.out)"
background broker "$MQTTLAB" broker -c b.conf
broker_pid=$pid
broker_log=$work/broker.log
until_ok ended_or_says "$pid" ' running$' "$broker_log"

says() { # PATTERN
    until_ok grep -qE -- "$1" "$broker_log"
}
pub() { # PORT OPTION...
    at=$1
    shift
    mosquitto_pub -h localhost -p "$at" -q 1 -m hello "$@" >pub.out 2>&1
}
refused() { # PORT OPTION...
    ! pub "$@" || fail "let in: $*"
}

# --- a certificate of the broker's
pub "$port" --cafile ca.crt -t anon/1 || fail "TLS: $(cat pub.out)"
pub "$port" --cafile ca.crt --tls-version tlsv1.2 -t a/1 || fail "TLS 1.2"
refused "$port" --cafile other.crt -t a/1
says 'TLS with 127.0.0.1:[0-9]* failed: .*unknown ca'
refused "$port" -t a/1
says 'TLS with .* failed: .*(no TLS|wrong version|plain|not TLS|MQTT)'
openssl s_client -connect "127.0.0.1:$port" -tls1_1 </dev/null >s.out 2>&1 || true
says 'TLS with .* failed: .*(version|protocol)'
openssl s_client -connect "127.0.0.1:$port" -CAfile ca.crt -alpn mqtt -verify_return_error \
    -servername localhost </dev/null >s.out 2>&1 || fail "s_client: $(cat s.out)"
says 'TLS with 127.0.0.1:[0-9]*: TLSv1.3, TLS_[A-Z0-9_]*, certificate server.crt, server name localhost.$'
openssl s_client -connect "127.0.0.1:$port" -servername 'x, PSK identity y' \
    </dev/null >s2.out 2>&1 || true
says 'TLS with .*, certificate server.crt, server name that is none.$'
grep -q 'ALPN protocol: mqtt' s.out || fail "no ALPN: $(cat s.out)"
# A big message crosses in many records.
head -c 3000000 /dev/zero | tr '\0' x >big
background back mosquitto_sub -h localhost -p "$port" --cafile ca.crt -i back -t end/big -C 1 -N
until_ok grep -q 'Sending SUBACK to back$' "$broker_log"
sub_pid=$pid

# --- certificates of clients
pub "$port2" --cafile ca.crt --cert anna.crt --key anna.key -t a/1 -V 5 || fail "anna"
refused "$port2" --cafile ca.crt -t a/1
says 'TLS with .* failed: .*(no certificate|did not return|sent no)'
refused "$port2" --cafile ca.crt --cert stranger.crt --key stranger.key -t a/1
says 'TLS with .* failed: .*(issuer|unknown|verify)'
# The name in the certificate is the subject of the list: bert may not write a/1.
pub "$port2" --cafile ca.crt --cert bert.crt --key bert.key -V 5 -t a/1 || true
grep -qi 'not auth' pub.out || fail "bert may write a/1: $(cat pub.out)"
pub "$port4" --cafile ca.crt --cert anna.crt --key anna.key -V 5 -t subject/1 ||
    fail "the subject as user name: $(cat pub.out)"
! grep -qi 'not auth' pub.out || fail "the subject as user name: $(cat pub.out)"
! openssl s_client -connect "127.0.0.1:$port4" -tls1_2 </dev/null >s.out 2>&1 ||
    fail "TLS 1.2 in spite of tls_version"
grep -q 'alert protocol version' s.out || fail "TLS 1.2: $(cat s.out)"

# --- keys that both sides know
pub "$port3" --psk 0123456789abcdef --psk-identity lamp -V 5 -t lamp/1 || fail "PSK: $(cat pub.out)"
! grep -qi 'not auth' pub.out || fail "the identity as user name: $(cat pub.out)"
pub "$port3" --psk 0123456789abcdef --psk-identity lamp --tls-version tlsv1.2 -t lamp/1 ||
    fail "PSK of TLS 1.2: $(cat pub.out)"
refused "$port3" --psk 0123456789abcdee --psk-identity lamp -t lamp/1
refused "$port3" --psk 0123456789abcdef --psk-identity nobody -t lamp/1
says 'TLS with .* failed: the client.s PSK identity is not known here: "nobody"'
refused "$port3" --cafile ca.crt -t lamp/1
# A ticket would come back without the identity: there is none, in either version.
for version in 2 3; do
    { printf '\020\014\000\004MQTT\004\002\000\074\000\000'; sleep 0.3; } |
        openssl s_client -connect "127.0.0.1:$port3" "-tls1_$version" -psk 0123456789abcdef \
            -psk_identity lamp -sess_out "ticket.$version" >s.out 2>&1 || true
    ! grep -q 'session ticket:' s.out || fail "a ticket for a PSK: $(cat s.out)"
done
[ ! -e ticket.3 ] || fail "a session for a PSK"
! grep -q 0123456789abcde "$broker_log" || fail "a key in the log"
# who has an old key goes, who still has the same one stays
first_port=$port
port=$port3
for name in lamp fan; do
    key=0123456789abcdef
    [ $name = lamp ] || key=00ff
    subscriber "$name" "$MQTTLAB" sub -h localhost --psk $key --psk-identity $name -t $name/1
    eval "${name}_pid=$pid"
done
cp psk psk.good
printf 'lamp:0123456789abcdee\nfan:00ff\n' >psk
kill -HUP "$broker_pid"
says 'Client lamp .*pre-shared key is not valid any more'
! grep -q 'Client fan .*not valid' "$broker_log" || fail "a good key was cut off"
kill "$lamp_pid" "$fan_pid"
port=$first_port
cp psk.good psk

# --- SIGHUP: bert is revoked, and the others stay
background stays mosquitto_sub -h localhost -p "$port2" --cafile ca.crt --cert anna.crt \
    --key anna.key -i stays -t end/stays -C 1
stays_pid=$pid
background leaves mosquitto_sub -h localhost -p "$port2" --cafile ca.crt --cert bert.crt \
    --key bert.key -i leaves -t end/leaves -V 5 -C 1
leaves_pid=$pid
until_ok grep -q 'Sending SUBACK to stays$' "$broker_log"
until_ok grep -q 'Sending SUBACK to leaves$' "$broker_log"
# who begins to watch now is told of their TLS as well
background watch "$MQTTLAB" inspect --tap "$port" -w late.pcapng
tls_told() {
    pub "$port" --cafile ca.crt -t anon/1 &&
        grep -aq 'TLSv1.3, TLS_[A-Z0-9_]*.*client certificate of CN=bert' late.pcapng
}
until_ok tls_told
kill "$pid"
revocations ca bert
cp psk psk.good
echo 'broken' >>psk
kill -HUP "$broker_pid"
says 'psk:4: there is no ":"'
says 'The configuration stays as it was'
kill -0 "$leaves_pid" || fail "a reload that failed had an effect"
cp psk.good psk
kill -HUP "$broker_pid"
says 'leaves.*revoked'
kill "$leaves_pid" 2>/dev/null || true # it would try again for ever
refused "$port2" --cafile ca.crt --cert bert.crt --key bert.key -t a/1
says 'TLS with .* failed: .*revoked'
kill -0 "$stays_pid" || fail "who is trusted was cut off"
printf 'topic write end/#\n' >>acl
kill "$stays_pid" "$sub_pid"

# --- a handshake that never ends is ended
cat >slow.conf <<END
connect_timeout 1
listener $((port + 4)) 127.0.0.1
certfile $work/server.crt
keyfile $work/server.key
END
background slow "$MQTTLAB" broker -v -c slow.conf
slow_pid=$pid
until_ok grep -q ' running$' slow.log
background half python3 -c "
import socket
peer = socket.create_connection(('127.0.0.1', $((port + 4))))
peer.sendall(b'\\x16\\x03\\x01')
peer.settimeout(20)
print('closed' if not peer.recv(100) else 'answered', flush=True)"
until_ok grep -q closed half.log
grep -q 'has sent no CONNECT in time' slow.log || fail "half a handshake: $(cat slow.log)"
kill "$slow_pid"

# --- files that cannot be used
certificate late ca localhost DNS:localhost -days 1
wrong() { # PATTERN; the options are standard input
    { echo "listener $port 127.0.0.1"; cat; } >wrong.conf
    exits 3 timeout 20 "$MQTTLAB" broker -c wrong.conf >out 2>&1
    grep -qE -- "$1" out || fail "does not say '$1': $(cat out)"
    "$MQTTLAB" broker --check -c wrong.conf >out 2>&1 && fail "--check finds it good: $1"
    grep -qE -- "$1" out || fail "--check does not say '$1': $(cat out)"
}
wrong 'wrong.conf:2: certfile gone.crt: No such file' <<END
certfile gone.crt
keyfile server.key
END
wrong 'anna.key.*server.crt|server.crt.*anna.key' <<END
certfile server.crt
keyfile anna.key
END
wrong 'holds no certificate' <<END
certfile server.key
keyfile server.key
END
openssl ec -in server.key -aes128 -passout pass:secret -out locked.key 2>/dev/null
wrong 'locked.key.*(encrypted|passphrase)' <<END
certfile server.crt
keyfile locked.key
END
wrong 'keyfile server.crt holds no private key.*mqttlab certs show .server.crt.' <<END
certfile server.crt
keyfile server.crt
END
openssl ec -in server.key -outform DER -out coded.key 2>/dev/null
wrong 'coded.key is in DER form.*openssl pkey -inform DER' <<END
certfile server.crt
keyfile coded.key
END
# A user without rights is told who has them.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    chmod 600 server.key
    printf 'listener %s\ncertfile server.crt\nkeyfile server.key\n' "$port" >wrong.conf
    exits 3 timeout 20 setpriv --reuid nobody --clear-groups "$MQTTLAB" broker \
        -c wrong.conf >out 2>&1
    has_line "wrong.conf:3: keyfile server.key: Permission denied: it belongs to \
root (mode 600), and this program runs as nobody; mend it: sudo chown nobody \
'server.key'" out
else
    echo "SKIP $test_name: what another user is told: only root can become one, with setpriv"
fi
wrong 'psk_hint needs a psk_file' <<END
psk_hint lab
END
wrong 'certfile and keyfile need each other' <<END
certfile server.crt
END

stop_broker
