#!/bin/sh
# mqttlab broker: exit codes, and messages that help.
. "$(dirname "$0")/lib.sh"

# Run; the exit status must be $1. Output of both kinds in $work/out.
expect() { # STATUS COMMAND...
    wanted=$1
    shift
    code=0
    "$@" >"$work/out" 2>&1 || code=$?
    [ "$code" = "$wanted" ] || fail "exit status $code, not $wanted: $*
$(cat "$work/out")"
}

says() { # PATTERN
    grep -q -- "$1" "$work/out" || fail "does not say '$1':
$(cat "$work/out")"
}

# --- the command line
expect 0 "$MQTTLAB" broker --help
says "--config-file"
expect 0 "$MQTTLAB" broker --options
says "max_inflight_messages"
expect 3 "$MQTTLAB" broker --nonsense
says "unknown option --nonsense"
expect 3 "$MQTTLAB" broker -p 65536
says "65536 is not a number from 0 to 65535"
expect 3 "$MQTTLAB" broker -p
says "needs a value"
expect 3 "$MQTTLAB" broker some.conf
says "'some.conf' is not an option"
expect 3 "$MQTTLAB" broker -c "$work/none.conf"
says "none.conf: cannot be read: No such file"

# --- the configuration
cat >"$work/bad.conf" <<'END'
# two mistakes
listner 1883
password_file /nonexistent/x
END
for check in --check ''; do
    expect 3 "$MQTTLAB" broker -c "$work/bad.conf" $check
    says "bad.conf:2: unknown option listner; did you mean listener?"
    says "bad.conf:3: password_file /nonexistent/x: No such file"
    says "has 2 problems"
done
echo 'max_qos 1' >"$work/good.conf"
expect 0 "$MQTTLAB" broker -c "$work/good.conf" --check
says "good.conf: no problems"

# --- a port that is taken
start_broker
expect 1 "$MQTTLAB" broker -p "$port"
says "Port $port of 127.0.0.1 is taken"
if [ -e /proc/net/tcp ]; then
    says "(process $broker_pid)"
    says "kill $broker_pid"
fi
says "only clients on this machine can connect, and they need no user name"
echo 'allow_anonymous false' >"$work/closed.conf"
expect 1 "$MQTTLAB" broker -p "$port" -c "$work/closed.conf"
says 'only clients on this machine can connect\.$'
echo "listener $port no.such.host.invalid" >"$work/host.conf"
expect 1 "$MQTTLAB" broker -c "$work/host.conf"
says "there is no host of this name"
echo "listener $port 192.0.2.1" >"$work/address.conf"
expect 1 "$MQTTLAB" broker -c "$work/address.conf"
says "this machine has no such address"

# --- signals
kill -TERM "$broker_pid"
wait "$broker_pid" || fail "exit status $? after SIGTERM"
start_broker
kill -INT "$broker_pid"
wait "$broker_pid" || fail "exit status $? after SIGINT"

# --- called mosquitto
use_names
expect 3 mosquitto --nonsense
says "^mosquitto: unknown option"
