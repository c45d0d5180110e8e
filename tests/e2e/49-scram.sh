#!/bin/sh
# SCRAM-SHA-256 with another implementation: what mqttlab passwd has made of a password
# is what Python's hashes make of it.
. "$(dirname "$0")/lib.sh"
need python3
cd "$work"

"$MQTTLAB" passwd -b -c users anna secret
"$MQTTLAB" passwd -b -H scram-sha-256 users bert 'hidden words'
printf 'user bert\ntopic bert/#\n' >acl
port=$(random_port)
cat >conf <<END
listener $port 127.0.0.1
password_file $work/users
acl_file $work/acl
auth_method SCRAM-SHA-256
END
background broker "$MQTTLAB" broker -v -c conf
broker_pid=$pid
broker_log=$work/broker.log
until_ok ended_or_says "$pid" ' running$' "$broker_log"
kill -0 "$pid" 2>/dev/null || fail "the broker does not start"
python scram.py "$port"
stop_broker
! grep -qE 'secret|hidden' "$broker_log" || fail "a password in the log"

# Without the option there is no method.
sed -i '/^auth_method/d' conf
background broker "$MQTTLAB" broker -c conf
broker_pid=$pid
until_ok ended_or_says "$pid" ' running$' "$broker_log"
python scram.py "$port" test_another_method_is_refused
stop_broker
