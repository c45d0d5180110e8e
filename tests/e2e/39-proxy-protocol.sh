#!/bin/sh
# Listeners behind a proxy that says whose a connection is: plain, and with WebSocket
# behind the header; who sends none is turned away.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
need curl
start_with <<'END'
allow_anonymous true
connection_messages true
listener PORT2 127.0.0.1
proxy_protocol v1
protocol websockets
listener PORT 127.0.0.1
enable_proxy_protocol 2
END
says() {
    until_ok grep -q -- "$1" "$broker_log"
}

cat >"$work/v2.py" <<'END'
import socket, sys
header = bytes.fromhex("0d0a0d0a000d0a515549540a2111000cc0000207c63364019d78075b")
connect = bytes.fromhex("100d00044d5154540402003c000161")
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for byte in header + connect:
    peer.sendall(bytes([byte]))
sys.exit(peer.recv(4) != bytes.fromhex("20020000"))
END
/usr/bin/python3 "$work/v2.py" "$port" || fail "version 2"
says 'New connection from 192.0.2.7:40312 '
says 'New client connected from 192.0.2.7:40312 as a '
curl -sS --haproxy-protocol -o "$work/got" "http://127.0.0.1:$port2/" || fail "version 1"
cmp -s "$work/got" "$root/web/index.html" || fail "another page came"
says 'HTTP from 127.0.0.1:[0-9]*: GET /: 200'

# --- who sends no header, or the other one
! "$MQTTLAB" pub -p "$port" -t a -m b >"$work/out" 2>&1 || fail "let in without a header"
says 'protocol error: no PROXY header came'
! curl -sS --haproxy-protocol -o "$work/got" "http://127.0.0.1:$port/" 2>"$work/out" ||
    fail "let in with the other header"
! curl -sS -o "$work/got" "http://127.0.0.1:$port2/" 2>"$work/out" || fail "a page without"
[ "$(logged 'no PROXY header came')" = 3 ] || fail "not said of WebSocket: $(cat "$broker_log")"
stop_broker

# --- TLS behind the header
{ "$MQTTLAB" certs ca -d "$work" && "$MQTTLAB" certs server -d "$work"; } >"$work/out"
start_with <<END
connection_messages true
listener PORT2 127.0.0.1
proxy_protocol v1
protocol websockets
certfile $work/server.crt
keyfile $work/server.key
listener PORT 127.0.0.1
proxy_protocol v1
allow_anonymous true
certfile $work/server.crt
keyfile $work/server.key
END
cat >"$work/v1.py" <<'END'
import socket, ssl, sys
request = sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
peer.sendall(b"PROXY TCP4 192.0.2.8 198.51.100.1 40313 1883\r\n")
peer = ssl._create_unverified_context().wrap_socket(peer)
peer.sendall(request)
sys.exit(not peer.recv(4))
END
/usr/bin/python3 "$work/v1.py" "$port" '\x10\r\0\4MQTT\4\2\0\x3c\0\1b' || fail "TLS"
says 'New client connected from 192.0.2.8:40313 as b '
/usr/bin/python3 "$work/v1.py" "$port2" 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' || fail "HTTPS"
says 'HTTP from 192.0.2.8:40313: GET /: 200'
! "$MQTTLAB" pub -p "$port" --cafile "$work/ca.crt" -t a -m b >"$work/out" 2>&1 ||
    fail "let in without a header"
says 'protocol error: no PROXY header came'
stop_broker
