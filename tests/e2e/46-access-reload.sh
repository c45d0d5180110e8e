#!/bin/sh
# A faulty password file or access control list is said at the start, and at SIGHUP,
# with its line; a good one takes effect at SIGHUP.  A password that takes long to check
# keeps nobody else waiting.
. "$(dirname "$0")/lib.sh"
use_names
cd "$work"

passwd() {
    "$MQTTLAB" passwd "$@"
}
passwd -b -c users anna secret
passwd -b users bert hidden
printf 'user anna\ntopic a/#\nuser bert\ntopic #\n' >acl
port=$(random_port)
cat >conf <<END
listener $port 127.0.0.1
password_file $work/users
acl_file $work/acl
END

refused() { # PATTERN...
    code=0
    timeout 20 "$MQTTLAB" broker -c conf >out 2>&1 || code=$?
    [ "$code" = 3 ] || fail "exit status $code, not 3: $(cat out)"
    for pattern; do
        grep -qE -- "$pattern" out || fail "does not say '$pattern': $(cat out)"
    done
}

# --- at the start: all problems of both files, and what to do
cp users good
cp acl good.acl
{ cat good; echo 'carl:plain'; echo dora; } >users
printf 'topic a/#/b\nuser anna\nto a\n' >acl
refused 'users:3: .*not hashed' 'users:4: .*mqttlab passwd' \
    'acl:1: .*no Topic Filter' 'acl:3: .*not topic, pattern, user' 'has 4 problems'
exits 3 "$MQTTLAB" broker --check -c conf >out 2>&1
cp good users
cp good.acl acl
chmod 644 users
"$MQTTLAB" broker --check -c conf >out 2>&1 || fail "a good configuration: $(cat out)"
grep -q "warning: .*chmod o-rwx" out || fail "no warning of a file that all can read"
chmod 600 users
rm acl
refused 'acl_file .*No such file'
cp good.acl acl
echo 'clientid_prefixes lab-;' >>conf
"$MQTTLAB" broker --check -c conf >out 2>&1
grep -q "warning: .*';'" out || fail "no warning of a prefix that ends in ';': $(cat out)"
sed -i '$d' conf

# --- while it runs
background broker "$MQTTLAB" broker -v -c conf
broker_pid=$pid
broker_log=$work/broker.log
until_ok ended_or_says "$pid" ' running$' "$broker_log"
subscriber anna mosquitto_sub -V 5 -u anna -P secret -t '#' -v
subscriber bert mosquitto_sub -V 5 -u bert -P hidden -t end -C 1
bert_pid=$pid
publish() { # TOPIC
    mosquitto_pub -p "$port" -u bert -P hidden -t "$1" -m x -q 1
}
reload() {
    before=$(logged 'Reloading config')
    kill -HUP "$broker_pid"
    until_ok logs_again "$before" 'Reloading config'
}
publish a/1
publish b/1

# A faulty file leaves all as it was.
printf 'user anna\ntopic b/#\nuser bert\ntopic\n' >acl
reload
until_ok grep -q 'acl:4: there is no topic' "$broker_log"
until_ok grep -q 'stays as it was' "$broker_log"
publish a/2
publish b/2

# A good one holds at once, for subscriptions that are there as well.
printf 'user anna\ntopic b/#\nuser bert\ntopic #\n' >acl
reload
until_ok publish a/3
publish b/3
until_ok grep -q b/3 anna.log
holds anna.log <<'END'
a/1 x
a/2 x
b/3 x
END

# Who has gone from the file is disconnected; others stay.
passwd -D users anna
reload
until_ok grep -q "not in the password file any more" "$broker_log"
kill -0 "$bert_pid" 2>/dev/null || fail "bert was disconnected as well"
exits 134 mosquitto_pub -p "$port" -V 5 -u anna -P secret -t a -m x 2>err

# --- a slow password
passwd -b -I 3000000 users slow slow
passwd -b users anna secret
reload
before=$(logged 'Received CONNECT')
mosquitto_pub -p "$port" -V 5 -u slow -P slow -t a -m x >slow.out 2>&1 &
slow=$!
started="$started $slow"
until_ok logs_again "$before" 'Received CONNECT'
publish end
finishes "$bert_pid"
wait "$slow" || fail "the slow password was refused: $(cat slow.out)"
line_of() {
    grep -n -- "$1" "$broker_log" | tail -n 1 | cut -d: -f1
}
[ "$(line_of "Received PUBLISH .*'end'")" -lt "$(line_of "u'slow'")" ] ||
    fail "who had another password had to wait"
stop_broker
! grep -qE 'secret|hidden' "$broker_log" || fail "a password in the log"

# --- each listener with rules of its own
other=$((port + 1))
[ "$other" -le 32000 ] || other=$((port - 1))
passwd -b -c others carl covered
printf 'user carl\ntopic c/#\n' >others.acl
cat >both.conf <<END
per_listener_settings true
listener $port 127.0.0.1
allow_anonymous true
acl_file $work/open.acl
listener $other 127.0.0.1
password_file $work/others
acl_file $work/others.acl
END
printf 'topic #\n' >open.acl
background broker "$MQTTLAB" broker -v -c both.conf
broker_pid=$pid
until_ok ended_or_says "$pid" ' running$' "$broker_log"
subscriber open mosquitto_sub -t '#' -v -C 2
publish_as() { # PORT TOPIC OPTIONS...
    to=$1
    topic=$2
    shift 2
    mosquitto_pub -p "$to" -V 5 -t "$topic" -m x -q 1 "$@"
}
exits 0 publish_as "$port" b/1
exits 135 publish_as "$other" b/2 2>err
exits 0 publish_as "$other" c/1 -u carl -P covered
finishes "$pid"
holds open.log <<'END'
b/1 x
c/1 x
END
publish_as "$other" b/3 -u carl -P covered >out 2>&1 || true
grep -q "no line lets user carl write this topic .*others.acl" "$broker_log" ||
    fail "the rules of the other listener do not hold"
exits 134 publish_as "$other" c/1 -u anna -P secret 2>err
stop_broker
