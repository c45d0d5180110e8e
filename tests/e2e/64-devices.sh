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
"$MQTTLAB" play "$work/wrong" -p "$port" 2>"$work/error.log" && fail "accepted"
grep -q 'line 2' "$work/error.log" || fail "the line is not named"
"$MQTTLAB" device thermometer -p 1 2>"$work/error.log" && fail "no broker there"
grep -q 'no broker answers' "$work/error.log" || fail "it does not say why"
