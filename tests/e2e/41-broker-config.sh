#!/bin/sh
# mqttlab broker -c FILE: listeners, who may connect, logs, the background.
. "$(dirname "$0")/lib.sh"
use_names

publishes() { # PORT
    mosquitto_pub -h 127.0.0.1 -p "$1" -t a -m b -q 1 >"$work/pub.log" 2>&1
}

# --- anonymous clients: as in mosquitto 2
start_with <<'END'
listener PORT
listener PORT2
END
! publishes "$port" || fail "an anonymous client got in without being invited"
grep -qi "not authori" "$work/pub.log" || fail "refused without saying so"
stop_broker

start_with <<'END'
per_listener_settings true
listener PORT
allow_anonymous true
listener PORT2
allow_anonymous false
END
publishes "$port" || fail "anonymous client refused where it is allowed"
! publishes "$port2" || fail "anonymous client got in where it is not allowed"
"$MQTTLAB" sub -p "$port2" -t x -V 5 2>"$work/out" || :
[ "$(grep -ci "not authorized" "$work/out")" = 1 ] ||
    fail "not said once: $(cat "$work/out")"
stop_broker

# --- limits of one listener
start_with <<'END'
allow_anonymous true
listener PORT
max_connections 0
listener PORT2
END
! publishes "$port" || fail "max_connections 0 let a client in"
publishes "$port2" || fail "the limit of one listener holds for another"
stop_broker

# --- the log
start_with <<END
listener PORT
allow_anonymous true
log_dest stdout
log_dest file $work/broker.txt
log_type notice
log_type information
log_timestamp_format at %Y
END
publishes "$port"
stop_broker
grep -q "^at 20[0-9][0-9]: .*New client connected from 127.0.0.1" \
    "$work/broker.txt" || fail "no line in the file: $(cat "$work/broker.txt")"
cmp -s "$work/broker.txt" "$work/broker.log" ||
    fail "file and standard output differ"

# --- the background
port=$(random_port)
cat >"$work/d.conf" <<END
listener $port
allow_anonymous true
pid_file $work/pid
log_dest file $work/d.txt
END
mosquitto -d -c "$work/d.conf" || fail "-d: exit status $?"
daemon=$(cat "$work/pid")
started="$started $daemon"
publishes "$port" || fail "the broker in the background does not answer"
mv "$work/d.txt" "$work/d.old"
kill -HUP "$daemon"
until_ok test -e "$work/d.txt"
publishes "$port" || fail "gone after SIGHUP"
until_ok grep -q "New client" "$work/d.txt"
code=0
mosquitto -d -c "$work/d.conf" 2>"$work/out" || code=$?
[ "$code" = 1 ] || fail "-d with a taken port: exit status $code"
grep -q "is taken" "$work/out" || fail "-d does not say that the port is taken"
kill "$daemon"
until_ok test ! -e "$work/pid"
