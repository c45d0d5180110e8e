#!/bin/sh
# A class on one screen: progress comes as retained messages, who leaves says so, and
# the will speaks for whose connection broke.
. "$(dirname "$0")/lib.sh"

need pgrep procps
start_quiet_broker
class=$port
MQTTLAB_HOME=$root
export MQTTLAB_HOME
MQTTLAB_BOARD=mqtt://127.0.0.1:$class/class-a
export MQTTLAB_BOARD
background board "$MQTTLAB" board -p "$class" -t class-a

sit_down() { # NAME PORT
    mkfifo "$work/typed-$1"
    MQTTLAB_PORT=$2 "$MQTTLAB" lab 1 --plain --id "$1" --dir "$work/dir-$1" -p "$2" \
        <"$work/typed-$1" >"$work/$1.out" 2>&1 &
    lab=$!
    started="$started $lab"
}

sit_down ann@home $((class + 1))
ann=$lab
exec 8>"$work/typed-ann@home"
says() {
    grep -q "$1" "$work/board.log"
}
until_ok says '^ann@home, lab 01-plaintext: step 1 of 6, 0 of 26 points, 0 hints; is here$'
background sub "$MQTTLAB" sub -h 127.0.0.1 -p $((class + 1)) -i testSub -t debug
until_ok says '^ann@home, lab 01-plaintext: step 1 of 6, [1-9] of 26 points'
echo h >&8
until_ok says ' points, 1 hint; is here$'

sit_down bob $((class + 2))
exec 9>"$work/typed-bob"
until_ok says '^bob, lab 01-plaintext: step 1 of 6, 0 of 26 points, 0 hints; is here$'
"$MQTTLAB" board -p "$class" -t class-a --once >"$work/table" || fail "--once"
has_line '2 students, 2 here, 0 gone' "$work/table"
grep -Eq '^ann@home     01     1/6 +[1-9]/26 +0m$' "$work/table" || fail "$(cat "$work/table")"
grep -Eq '^bob          01     1/6 +0/26 +0m$' "$work/table" || fail "$(cat "$work/table")"

# Who tells without end holds up nobody's table.
background endless "$MQTTLAB" pub -p "$class" -t class-a/mallory/01-x/progress \
    -m '{"step":1,"steps":9,"moved":1}' --repeat 100000 --repeat-delay 0.05
endless=$pid
until_ok says '^mallory, lab 01-x: step 1 of 9'
background once "$MQTTLAB" board -p "$class" -t class-a --once
until_ok grep -q '^3 students, 2 here, 0 gone$' "$work/once.log"
kill "$endless"

# One closes the lab; of the other the broker hears no more.
echo q >&8
exec 8>&-
wait "$ann" || fail "the lab ended with $?"
until_ok says '^ann@home, .* points, 1 hint; has left$'
publisher=$(pgrep -f -- "$MQTTLAB pub -L $MQTTLAB_BOARD/bob/01-plaintext/progress" | head -n 1)
kill -9 "$publisher"
until_ok says '^bob, .* is gone: the connection broke$'
# And is told of again when the student's end has noticed.
until_ok awk '/^bob, .* is gone/ {gone = 1} gone && /^bob, .* is here$/ {back = 1} END {exit !back}' \
    "$work/board.log"
exec 9>&-

# Whoever answers at no port is said to be no broker; a lab goes on without a board.
exits 1 "$MQTTLAB" board -p $((class + 5)) --once 2>"$work/none"
has_line 'mqttlab board: no broker answers there' "$work/none"
printf 'q\n' | exits 0 "$MQTTLAB" lab 1 --plain --id cal --dir "$work/cal.d" \
    -p $((class + 3)) --board 127.0.0.1:$((class + 5)) >"$work/cal.out"
exits 1 "$MQTTLAB" lab 1 --plain --id dan --dir "$work/dan.d" -p $((class + 3)) \
    --board 'gopher://x' </dev/null 2>"$work/dan"
grep -q 'gopher://x is no URL of a class board' "$work/dan" || fail "$(cat "$work/dan")"

# With passwords: none is seen among anybody's arguments, or it is warned of.
"$MQTTLAB" passwd -c -b -I 1000 "$work/users" eve "word-$class" || fail "passwd"
"$MQTTLAB" passwd -b -I 1000 "$work/users" lecturer "other-$class" || fail "passwd"
start_with <<END
listener PORT 127.0.0.1
password_file $work/users
END
MQTTLAB_PASSWORD=other-$class background board2 "$MQTTLAB" board -p "$port" -u lecturer
mkfifo "$work/typed-eve"
MQTTLAB_BOARD=mqtt://eve:word-$class@127.0.0.1:$port \
    "$MQTTLAB" lab 1 --plain --id eve --dir "$work/eve.d" -p $((class + 4)) \
    <"$work/typed-eve" >"$work/eve.out" 2>&1 &
lab=$!
started="$started $lab"
exec 7>"$work/typed-eve"
until_ok grep -q '^eve, lab 01-plaintext: step 1 of 6, .*; is here$' "$work/board2.log"
! ps -A -ww -o args | grep -e "[w]ord-$class" -e "[o]ther-$class" ||
    fail "a password can be seen"
echo q >&7
exec 7>&-
wait "$lab" || fail "the lab ended with $?"
! grep -q 'see the password' "$work/eve.out" || fail "a warning without a reason"
until_ok grep -q '^eve, .*; has left$' "$work/board2.log"
printf 'q\n' | exits 0 "$MQTTLAB" lab 1 --plain --id eve --dir "$work/eve.d" -p $((class + 4)) \
    --board "mqtt://eve:word-$class@127.0.0.1:$port" >"$work/warned" 2>&1
grep -q 'everybody on this machine can see the password in --board' "$work/warned" ||
    fail "no warning: $(cat "$work/warned")"
