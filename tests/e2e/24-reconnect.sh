#!/bin/sh
# sub and pub -l connect again when the broker was away; what cannot be reached at
# first is an error.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
use_names
start_broker

subscriber again mosquitto_sub -t again -q 1
again=$pid
mkfifo "$work/lines"
mosquitto_pub -p "$port" -t again -l -q 1 <"$work/lines" &
lines=$!
started="$started $lines"
exec 9>"$work/lines"
echo before >&9
until_ok grep -qx before "$work/again.log"

kill "$broker_pid"
until_ok gone "$broker_pid"
background second "$MQTTLAB" broker -p "$port" -v 9>&-
broker_pid=$pid
until_ok grep -q "Sending SUBACK to again" "$work/second.log"
echo after >&9
until_ok grep -qx after "$work/again.log"
exec 9>&-
wait "$lines" || fail "pub exits with $? at the end of its lines"
kill -TERM "$again"
wait "$again" || fail "sub exits with $? when it is told to end"
holds "$work/again.log" <<'END'
before
after
END

stop_broker

code=0
mosquitto_pub -p "$port" -t a -m x 2>"$work/refused" || code=$?
[ $code = 1 ] || fail "exit status $code when nobody listens"
has_line "Error: Connection refused" "$work/refused"
[ "$(wc -l <"$work/refused")" = 1 ] || fail "more than mosquitto_pub says"
! "$MQTTLAB" pub -h localhost -p "$port" -t a -m x 2>"$work/refused" || fail "reached"
has_line "Nobody listens on localhost, port $port. Is a broker running there? \
Here, mqttlab broker -p $port starts one." "$work/refused"
! mosquitto_sub -p "$port" -t a --quiet 2>"$work/quiet" || fail "quiet, and content"
[ ! -s "$work/quiet" ] || fail "--quiet says $(cat "$work/quiet")"
! mosquitto_pub -h no.such.host.invalid -t a -m x 2>"$work/lookup" ||
    fail "it reached no.such.host.invalid"
has_line "Unable to connect (Lookup error.)." "$work/lookup"
