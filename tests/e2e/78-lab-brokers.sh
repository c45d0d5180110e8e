#!/bin/sh
# Brokers that are not the lab's own. A student's that has no plain listener: one
# beside the lab's own is told of, and one in its place is watched. One that
# another lab has left on the port is told of.
. "$(dirname "$0")/lib.sh"

port=$(random_port)
MQTTLAB_PORT=$port
MQTTLAB_TLS_PORT=$((port + 1))
MQTTLAB_HOME=$root
export MQTTLAB_PORT MQTTLAB_TLS_PORT MQTTLAB_HOME

mkfifo "$work/typed"
"$MQTTLAB" lab 5 --plain --id bob -p "$port" <"$work/typed" >"$work/lab.log" 2>&1 &
lab=$!
started="$started $lab"
exec 8>"$work/typed"
until_ok grep -q 'Step 1 of 7' "$work/lab.log"
grep -q "listener $MQTTLAB_TLS_PORT" "$work/lab.log" ||
    fail "the text does not name the port"

cd "$XDG_DATA_HOME/mqttlab/05-client-certificates" || exit 1
own=$(cat broker.pid)
"$MQTTLAB" certs ca -d . >/dev/null
"$MQTTLAB" certs server --san localhost -d . >/dev/null
cat >>mosquitto.conf <<END
listener $MQTTLAB_TLS_PORT
cafile ca.crt
certfile server.crt
keyfile server.key
require_certificate true
END
background broker "$MQTTLAB" broker -c mosquitto.conf
broker_pid=$pid
until_ok grep -q ' running$' "$work/broker.log"
until_ok grep -q "^! Two brokers run" "$work/lab.log"
tr '\n' ' ' <"$work/lab.log" | sed 's/ ! / /g' | grep -q "kill $own" ||
    fail "it does not say which one to stop"

# In its place it is found by the port of TLS.
kill "$own"
until_ok grep -q 'attached to the broker again' "$work/lab.log"
"$MQTTLAB" pub -h localhost -p "$MQTTLAB_TLS_PORT" --cafile ca.crt -i nobody \
    -t home/door -m open 2>"$work/stray" && fail "somebody came in"
! grep -q 'still the folder' "$work/stray" || fail "$(cat "$work/stray")"
until_ok grep -q '^\[x\] 2 a client without one was turned away' "$work/lab.log"
echo q >&8
exec 8>&-
wait "$lab" || fail "the lab ended with $?"
stop_broker

# Left running, it is what the next lab finds on its port: a lab that needs no
# files of its own is told of another lab's broker, one that does of any.
tells_of_a_stranger()
{
    "$MQTTLAB" lab "$1" --plain --id bob -p "$port" <"$work/typed" \
        >"$work/lab.log" 2>&1 &
    lab=$!
    started="$started $lab"
    exec 8>"$work/typed"
    until_ok grep -q 'Step 1 of' "$work/lab.log"
    if [ "$2" = strange ]; then
        until_ok grep -q "^! The broker on port $port is not" "$work/lab.log"
        tr '\n' ' ' <"$work/lab.log" | sed 's/ ! / /g' | grep -q "kill $broker_pid" ||
            fail "lab $1 does not say which one to stop"
        # Who types on in the other lab's folder is told, and nobody else is.
        "$MQTTLAB" certs show "$root/tests/e2e/lib.sh" 2>"$work/stray" || true
        if [ "$1" = 1 ]; then
            grep -q "^mqttlab: this is still the folder of 05-.*, and 01-.* is open" \
                "$work/stray" || fail "$(cat "$work/stray")"
            has_line "$XDG_DATA_HOME/mqttlab/01-plaintext" "$work/stray"
        else
            ! grep -q 'still the folder' "$work/stray" || fail "$(cat "$work/stray")"
        fi
    else
        echo '?' >&8
        until_ok grep -q 'begin the step again' "$work/lab.log"
    fi
    echo q >&8
    exec 8>&-
    wait "$lab" || fail "lab $1 ended with $?"
    [ "$2" = strange ] || ! grep -q '^! The broker' "$work/lab.log" ||
        fail "lab $1 takes a broker of nobody's for another lab's"
}

[ -d /proc/self ] || exit 0 # the system tells no folders
background broker "$MQTTLAB" broker -p "$port" -v
broker_pid=$pid
until_ok grep -q ' running$' "$work/broker.log"
tells_of_a_stranger 1 strange
stop_broker
cd "$work" || exit 1
background broker "$MQTTLAB" broker -p "$port" -v
broker_pid=$pid
until_ok grep -q ' running$' "$work/broker.log"
tells_of_a_stranger 1 good
tells_of_a_stranger 2.1 strange
# An exercise says where its files are, which its text only names.
tr '\n' ' ' <"$work/lab.log" |
    grep -q 'The folder of this exercise is [^ ]*/mqttlab/02.1' ||
    fail "$(cat "$work/lab.log")"
stop_broker
