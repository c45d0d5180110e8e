#!/bin/sh
# Signals: reload, log files that move, a faulty file, the state, a clean stop.
. "$(dirname "$0")/lib.sh"
use_names

port=$(random_port)
configure() { # LINES...
    {
        printf '%s\n' "listener $port" "log_dest file $work/b.txt" "$@"
    } >"$work/b.conf"
}
says() { # PATTERN
    grep -q -- "$1" "$work/b.txt"
}
publishes() {
    mosquitto_pub -h 127.0.0.1 -p "$port" -t a -m b -q 1 >"$work/pub.log" 2>&1
}

configure "allow_anonymous false"
background broker mosquitto -c "$work/b.conf"
broker_pid=$pid
until_ok says ' running$'
! publishes || fail "an anonymous client got in without being invited"

# --- a new configuration, and the log is opened anew
mv "$work/b.txt" "$work/b.old"
configure "allow_anonymous true" "max_packet_size 1k" "log_type all"
kill -HUP "$broker_pid"
until_ok test -e "$work/b.txt"
until_ok publishes
grep -q "Reloading config" "$work/b.old" || fail "the reload is not logged"
says "Received PUBLISH" || fail "log_type did not change"
head -c 2000 /dev/zero | tr '\0' x >"$work/big"
! mosquitto_pub -h 127.0.0.1 -p "$port" -t a -q 1 -f "$work/big" \
    >"$work/pub.log" 2>&1 || fail "max_packet_size did not change"

# --- a faulty file changes nothing, and every mistake is logged
configure "allow_anonymous false" "colour red" "max_qos 7"
kill -HUP "$broker_pid"
until_ok says "The configuration stays as it was"
says "Error: .*b.conf:4: unknown option colour" || fail "no word of line 4"
says "Error: .*b.conf:5: max_qos is '7'" || fail "no word of line 5"
publishes || fail "a faulty file changed who may connect"

# --- what needs a new start is named
configure "allow_anonymous true" "log_type all" "persistence_file x.db" "listener 0 $work/s"
kill -HUP "$broker_pid"
until_ok says "Warning: persistence_file: a change takes effect when"
until_ok says "Warning: .*b.conf:6: Unix socket $work/s will be open when"
publishes || fail "gone after a change that needs a new start"

# --- the state
background sub mosquitto_sub -h 127.0.0.1 -p "$port" -i watcher -t 'x/+' -q 1
sub_pid=$pid
until_ok says "Sending SUBACK to watcher"
kill -USR2 "$broker_pid"
until_ok says "State: 1 clients connected"
until_ok says "client watcher: subscribes to x/+ (QoS 1)"
kill "$sub_pid"

# --- saving, when there is nothing to save
kill -USR1 "$broker_pid"
until_ok says "Nothing is saved"

# --- the end
kill -TERM "$broker_pid"
finishes "$broker_pid" 0
says "terminating" || fail "the end is not logged"

# --- who sees the pid file may send a signal: it was written when signals are heeded
rm "$work/b.txt"
configure "allow_anonymous true" "pid_file $work/pid" "persistence true" \
    "persistence_location $work"
for round in 1 2 3 4 5 6 7 8; do
    background broker mosquitto -c "$work/b.conf"
    # Without a pause between: it is about the moments behind the file.
    until [ -s "$work/pid" ]; do
        kill -0 "$pid" || fail "round $round: the broker does not start"
    done
    kill -HUP "$pid" && kill -TERM "$pid"
    finishes "$pid" 0
    [ ! -e "$work/pid" ] || fail "round $round: the pid file stays"
done
