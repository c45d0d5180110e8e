#!/bin/sh
# Simulated devices and demonstrations: mqttlab device, mqttlab play.
. "$(dirname "$0")/lib.sh"
start_quiet_broker

# A device says that it is there, publishes, and its will comes when it dies.
background watch "$MQTTLAB" sub -h 127.0.0.1 -p "$port" -t 'home/#' -v
background device "$MQTTLAB" device thermometer -p "$port" -e 100ms -i t1
device=$pid
until_ok grep -q '^home/t1/state online' "$work/watch.log"
until_ok grep -qE '^home/t1/temp [12][0-9]\.[0-9]$' "$work/watch.log"
kill -9 "$device"
until_ok grep -q '^home/t1/state offline' "$work/watch.log"

# One that is told to end says goodbye: no will.
background meter "$MQTTLAB" device meter -p "$port" -e 100ms -i m1
meter=$pid
until_ok grep -q '^home/m1/power {"count":' "$work/watch.log"
kill "$meter"
until_ok gone "$meter"
! grep -q '^home/m1/state offline' "$work/watch.log" || fail "a will came"

# A demonstration plays to its end, and its notes reach who watches.
background attach "$MQTTLAB" attach "$port" --plain
attached() {
    "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t plain/topic -m hello
    grep -q 'plain/topic' "$work/attach.log"
}
until_ok attached
"$MQTTLAB" play demo-qos1 -p "$port" >"$work/play.log" || fail "it does not end"
grep -q '^QoS 1' "$work/play.log" || fail "no note is printed"
until_ok grep -q 'QoS 1: the receiver says PUBACK' "$work/attach.log"

# A script of one's own, and what is wrong with it.
printf 'connect x\nx publish a/b "one two"\nx disconnect\n' >"$work/mine"
"$MQTTLAB" play "$work/mine" -p "$port" || fail "the script fails"
# As a lab brings it: by its name, on the port that the lab has chosen; and quickly.
printf 'connect x\nwait 60s\nx publish a/b three\nx disconnect\n' >"$work/brought.play"
(cd "$work" && MQTTLAB_PORT=$port "$MQTTLAB" play --quick brought) || fail "NAME.play"
printf 'connect x\nx fly\n' >"$work/wrong"
! "$MQTTLAB" play --quick not-here -p "$port" 2>"$work/error.log" || fail "it plays nothing"
grep -q 'type exit, and mqttlab shell again' "$work/error.log" || fail "no remedy"
"$MQTTLAB" play "$work/wrong" -p "$port" 2>"$work/error.log" && fail "accepted"
grep -q 'line 2' "$work/error.log" || fail "the line is not named"
"$MQTTLAB" device thermometer -p 1 2>"$work/error.log" && fail "no broker there"
grep -q 'no broker answers' "$work/error.log" || fail "it does not say why"

# Who is refused, who is thrown out, and other doors: the names in a script may be
# those of files beside it.
stop_broker
cd "$work" || exit 1
"$MQTTLAB" passwd -b -c passwords ann secret
"$MQTTLAB" certs ca -d . >certs.log
"$MQTTLAB" certs server --san localhost -d . >>certs.log
mkdir scripts
cp ca.crt scripts
echo "lamp:00112233445566778899aabbccddeeff" >psk
chmod 600 psk
start_with <<'END'
listener PORT
allow_anonymous false
password_file passwords
message_size_limit 1000
max_messages_per_second 5
rate_limit_action disconnect
listener PORT2
certfile server.crt
keyfile server.key
END
cat >>b.conf <<END
listener $((port + 2))
psk_hint x
psk_file psk
listener $((port + 3))
protocol websockets
END
stop_broker
background broker "$MQTTLAB" broker -c b.conf
broker_pid=$pid
until_ok grep -q ' running$' broker.log
cat >scripts/doors <<END
connect stranger refused
connect wrong user ann password guess version 5 refused
connect plain user ann password secret
connect big user ann password secret version 5
big publish big {bytes 1001} qos 1
connect first id twin user ann password secret
connect second id twin user ann password secret
first lost
second disconnect
connect tls user ann password secret tls ca.crt port $port2
tls publish in tls qos 1
connect key user ann password secret psk lamp 00112233445566778899aabbccddeeff port $((port + 2))
connect nokey psk lamp 00 port $((port + 2)) refused
connect web user ann password secret ws port $((port + 3))
connect flood user ann password secret
flood publish flood {count} times 20
note "all is done"
flood lost
END
play() { # SCRIPT
    "$MQTTLAB" play --quick "$1" -p "$port" >played.log 2>error.log
}
play scripts/doors || fail "the doors: $(cat error.log)"
grep -q 'all is done' played.log || fail "it did not come to its end"
fails_with() { # MESSAGE, and the script on standard input
    cat >scripts/wrong
    ! play scripts/wrong || fail "it should fail: $1"
    grep -qF "scripts/wrong: $1" error.log || fail "not '$1' but $(cat error.log)"
}
echo 'connect a user ann password secret refused' |
    fails_with "line 1: the broker did not refuse the connection"
echo 'connect a' |
    fails_with "line 1: the broker refused the connection: not authorised"
echo 'connect a version 5' |
    fails_with "line 1: the broker refused the connection: Not authorized"
echo 'connect a port 1 refused' | fails_with "line 1: no broker answers there"
printf 'connect a user ann password secret\na cut\na lost' |
    fails_with "line 3: this client is not connected"
echo "connect a tls none.crt port $port2" | fails_with "line 1: a file that it names cannot be used"
# Whose connection is lost while the script waits is told so with the line that waits,
# also where no other line follows.
waiting=
for rest in 'a disconnect' '# the end'; do
    name=waits${#rest}
    printf '%s\n' 'connect a user ann password secret' 'note "it waits"' 'wait 60s' \
        "$rest" >"$name"
    background "$name" "$MQTTLAB" play "$name" -p "$port"
    until_ok grep -q 'it waits' "$name.log"
    waiting="$waiting $pid"
done
kill "$broker_pid"
for pid in $waiting; do
    finishes "$pid" 1
done
[ "$(cat waits*.log | grep -c ': line [23]: the connection was lost$')" = 2 ] ||
    fail "$(cat waits*.log)"
