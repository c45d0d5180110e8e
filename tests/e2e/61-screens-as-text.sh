#!/bin/sh
# Views of a recording as text: mqttlab screen and replay, without a terminal.
. "$(dirname "$0")/lib.sh"
story=$root/tests/screens/story.pcapng

# prints VIEW SIZE TEXT: this view in this size shows the text, and has as many
# rows as were asked for.
prints() {
    "$MQTTLAB" screen --view "$1" --size "$2" "$story" >"$work/picture.log"
    grep -qF -e "$3" "$work/picture.log" || fail "$1 at $2 does not show: $3"
    [ "$(wc -l <"$work/picture.log")" = "${2#*x}" ] ||
        fail "$1 at $2 has another number of rows"
}

prints packets 80x24 'PINGRESP'
prints packets 120x40 '3 sessions'
prints ladder 80x24 'BROKER'
prints sessions 80x24 'AWAY'
prints topics 40x12 'R stored'
prints wills 80x24 'became packet 24'
prints lab 80x24 'mqttlab lab 1'
prints stats 80x24 'PUBCOMP'
prints log 120x30 'broke a rule'
prints help 80x24 'In this view'

# Keys, a filter, a chosen packet.
"$MQTTLAB" screen --select 7 --keys '<Enter>jjjjjjjj' "$story" |
    grep -qF '[00 07]' || fail "the bytes of the chosen field are not marked"
"$MQTTLAB" screen --filter 'lab.client == "old-7"' "$story" |
    grep -qF '5 of 32 pkt' || fail "the filter does not count"
"$MQTTLAB" screen --ascii --utf8 "$story" | LC_ALL=C grep -q '[^ -~]' &&
    fail "--ascii prints other characters"
LC_ALL=C "$MQTTLAB" screen "$story" | LC_ALL=C grep -q '[^ -~]' &&
    fail "a locale without UTF-8 gets other characters"
"$MQTTLAB" screen --layer "$story" | grep -q '^cursor row' ||
    fail "--layer shows no cursor"
"$MQTTLAB" screen --mono "$story" | grep -q 'r' || fail "--mono shows nothing"

# What is wrong is said, with the right exit code.
fails() { # CODE TEXT ARGUMENTS...
    code=$1 text=$2
    shift 2
    "$MQTTLAB" "$@" >"$work/out.log" 2>&1 && fail "accepted: $*"
    "$MQTTLAB" "$@" >"$work/out.log" 2>&1 || [ $? = "$code" ] ||
        fail "another exit code: $*"
    grep -qF -e "$text" "$work/out.log" || fail "$* does not say: $text"
}
fails 3 "there is no view 'x'" screen --view x "$story"
fails 3 'is not like 80x24' screen --size 80 "$story"
fails 3 'needs a file' screen
fails 1 'did you mean mqtt.topic' screen --filter 'mqtt.topik' "$story"
fails 1 'there is no packet 99' screen --select 99 "$story"
fails 1 'No such file' screen "$work/none"
fails 1 'no broker of mqttlab runs' attach

# Without a terminal a recording is lines.
"$MQTTLAB" replay "$story" >"$work/lines.log"
[ "$(grep -c ' [<>] ' "$work/lines.log")" = 32 ] || fail "not 32 packets"
grep -q 'will FIRED' "$work/lines.log" || fail "replay shows no events"

# Or objects of JSON, one on each line, whatever the peers sent.
"$MQTTLAB" replay "$story" --json >"$work/json.log"
[ "$(grep -c '^{"time":"[0-9.]*",.*"number":[0-9]*,.*"fields":{"mqtt.hdrflags":.*}$' "$work/json.log")" = 32 ] ||
    fail "not 32 packets as JSON"
grep -q '"mqtt.topic":"lab/temp","mqtt.msgid":7,' "$work/json.log" || fail "no fields"
grep -q '"event":"will.fired","text":"client sensor-1: will FIRED' "$work/json.log" ||
    fail "no events as JSON"
[ "$(LC_ALL=C grep -c '[[:cntrl:]]' "$work/json.log")" = 0 ] || fail "control characters"
[ "$(wc -l <"$work/json.log")" = "$(wc -l <"$work/lines.log")" ] || fail "other lines as JSON"

# As fast as it was, times a number: the story of 7 seconds in less than one.
"$MQTTLAB" replay --speed 100 "$story" >"$work/paced.log"
cmp "$work/lines.log" "$work/paced.log" || fail "another replay when paced"
fails 3 'is not 0.01 to 1000' replay --speed 0 "$story"

# And so is a broker that runs, until it ends.
start_quiet_broker
background attach "$MQTTLAB" attach "$port"
attached() {
    "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t plain/topic -m hello
    grep -q 'plain/topic' "$work/attach.log"
}
until_ok attached
attach_pid=$pid
stop_broker
until_ok gone "$attach_pid"

# The tour is all that happens where there is no terminal.
"$MQTTLAB" </dev/null >"$work/tour.log" || fail "the tour fails"
grep -q 'The subscriber printed: hello' "$work/tour.log" ||
    fail "the tour does not show the message"
