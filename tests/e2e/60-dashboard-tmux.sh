#!/bin/sh
# The dashboard in a terminal that really draws: what a person sees at three
# sizes, live, and what is left of the terminal afterwards.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/tmux.sh
. "$(dirname "$0")/tmux.sh"
port=$(random_port)

TERM=xterm-256color tm new-session -d -x 80 -y 24 sh
tm set-option -g default-terminal screen-256color
keys "PS1='ready> '; clear" Enter
waits_for 'ready>'
keys "$MQTTLAB -p $port" Enter
waits_for 'Nothing has reached it yet'

# Live: a subscriber with a will, a publisher with QoS 2.
background subscriber "$MQTTLAB" sub -h 127.0.0.1 -p "$port" -i testSub -t debug \
    --will-topic gone --will-payload bye
subscriber=$pid
waits_for SUBACK
"$MQTTLAB" pub -h 127.0.0.1 -p "$port" -i testPub -t debug -m hello -q 2
waits_for PUBCOMP
keys 'f' 'mqtt.msgtype == 3 && lab.client == "testPub"' Enter
waits_for '[ok, mqttlab only]  1 of'
keys Enter Down Down Down
waits_for 'QoS Level: Exactly once'
keys Escape Escape
waits_for 'none, all packets are shown'

keys 2
waits_for 'BROKER'
keys 3
waits_for 'testSub'
waits_for 'CONNECTED'
kill -9 "$subscriber"
keys 5
waits_for 'FIRED: TCP connection cut, no DISCONNECT'
keys 4
waits_for 'bye'

# Every size, by a terminal that changes under it.
tm resize-window -t 0 -x 120 -y 40
waits_for '3 sessions'
sees '9 log' || fail "the large screen shows no log"
tm resize-window -t 0 -x 40 -y 12
waits_for 'Tab=next'
tm resize-window -t 0 -x 20 -y 5
waits_for 'LIVE'
tm resize-window -t 0 -x 80 -y 24
waits_for 'Topics*'

# Aside and back again.
keys C-z
waits_for 'ready>'
keys fg Enter
waits_for 'Topics*'

# And away: the shell is there as before, and so is no broker.
keys q
waits_for 'The broker ends as well'
keys y
waits_for 'ready>'
sees 'mqttlab [LIVE]' && fail "the picture is still there"
keys "echo restor""ed" Enter
waits_for 'restored'
! "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t x -m y 2>/dev/null ||
    fail "the broker still runs"

# Nor does anything stay when it crashes, the mouse's reports not either.
modes() {
    tm display-message -p -t 0 '#{alternate_on}#{mouse_any_flag}#{keypad_flag}'
}

takes_lines() { # a plain sh relies on that, too
    stty -a <"$(tm display-message -p -t 0 '#{pane_tty}')" | grep -q ' icanon'
}
# Somebody else does it for a program that is killed, and says so.
for signal in SEGV USR1 KILL; do
    keys clear Enter
    keys "sh -c 'echo \$\$ >$work/pid; exec $MQTTLAB replay $root/tests/screens/story.pcapng'" Enter
    waits_for '1Pkts'
    [ "$(modes)" = 111 ] || fail "the dashboard does not use the terminal"
    kill -s $signal "$(cat "$work/pid")"
    [ $signal != KILL ] || waits_for 'mqttlab was killed'
    until_ok takes_lines
    keys Enter
    waits_for 'ready>'
    [ "$(modes)" = 000 ] || fail "SIG$signal leaves the terminal in another mode"
    keys "echo back-$signal" Enter
    waits_for "back-$signal"
done

# A recording that comes packet by packet says how.
keys clear Enter
keys "$MQTTLAB replay --step $root/tests/screens/story.pcapng" Enter
waits_for 'Each . lets the next packet of the recording come.'
keys .
waits_for 'frame 4'
keys q
waits_for 'ready>'

# A lab goes to another port when a program that is not ours has its own, and
# says how to reach it. An id that is none is asked for again.
background other env MQTTLAB_RUNTIME_DIR="$work/other" "$MQTTLAB" broker -p "$port"
until_ok "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t x -m y
keys clear Enter
keys "MQTTLAB_HOME='$root' '$MQTTLAB' lab 1.3 -p $port" Enter
waits_for 'Your student id'
keys 'no id!' Enter
waits_for 'An id is 1 to 40 letters'
keys ann Enter
waits_for '[p] start one on port'
free=$(picture | sed -n 's/^\[p\] start one on port //p')
keys p Enter
waits_for 'Exercise 01.3'
waits_for "mqttlab shell -p $free"
"$MQTTLAB" pub -h 127.0.0.1 -p "$free" -t 'home/x/temp' -m 1
waits_for '4 pkt'
keys h
waits_for 'Hints: 1 of'
keys q
waits_for 'The broker ends as well'
keys y
waits_for 'goes on where you left'

# The next sitting counts its packets from 1, and so does what it says of them.
keys clear Enter
keys "MQTTLAB_HOME='$root' '$MQTTLAB' lab 1.3 -p $free" Enter
waits_for '0 pkt'
sees 'Near miss' && fail "a packet of the last sitting is named"
topic=$(picture | grep -o 'home/[a-z]*/temp' | head -n 1)
"$MQTTLAB" pub -h 127.0.0.1 -p "$free" -t "$topic" -m 1
waits_for 'Packet 3 has no retain'
