#!/bin/sh
# Dashboards of a broker that runs elsewhere: several at once, one that may hold
# packets, one that only watches, and one that hangs.
. "$(dirname "$0")/lib.sh"
need tmux
start_quiet_broker

session="$work/tmux.sock"
tm() {
    tmux -S "$session" -f /dev/null "$@"
}
picture() { # WINDOW
    tm capture-pane -p -t "$1"
}
waits_for() { # WINDOW TEXT
    tries=0
    until picture "$1" | grep -qF -e "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || {
            picture "$1" >"$work/screen.log"
            fail "window $1 never shows: $2"
        }
        sleep 0.05
    done
}
at_end() {
    tm kill-server 2>/dev/null
}

TERM=xterm-256color tm new-session -d -x 80 -y 24 -n may \
    "'$MQTTLAB' attach $port --control"
tm new-window -n sees "'$MQTTLAB' attach $port"
tm new-window -n hangs "'$MQTTLAB' attach $port"
waits_for may 'Pkts*'
waits_for sees 'Pkts*'
waits_for hangs 'Pkts*'
hung=$(tm list-panes -t hangs -F '#{pane_pid}')
kill -STOP "$hung"

# Who only watches is told so.
tm send-keys -t sees p
waits_for sees 'this only watches'

# A PUBLISH is held: the subscriber has nothing before it is let go.
background sub "$MQTTLAB" sub -h 127.0.0.1 -p "$port" -t t -q 2
tm send-keys -t may i
waits_for may 'hold what matches'
tm send-keys -t may 'lab.type == "PUBLISH" && lab.dir == "c2b"' Enter
waits_for may 'holds what matches'
background pub "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t t -m held -q 2
pub=$pid
waits_for may 'held 1'
waits_for sees 'held 1'
! grep -q held "$work/sub.log" || fail "the message came though it was held"
tm send-keys -t may .
waits_for may 'held 0'
until_ok grep -q held "$work/sub.log"
until_ok gone "$pub"
tm send-keys -t may i
waits_for may 'nothing is held any more'

# A lost PUBACK: the publisher waits for ever.
tm send-keys -t may : 'drop mqtt.msgtype == 4' Enter
waits_for may 'rule: '
background pub "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t t -m lost -q 1
pub=$pid
waits_for may 'drop 1'
until_ok grep -q lost "$work/sub.log"
kill -0 "$pub" || fail "the publisher ended without its PUBACK"

# Rules end with the dashboard that set them; the others go on, and the broker
# never noticed the one that hangs.
tm send-keys -t may : 'drop always mqtt.msgtype == 3' Enter
waits_for may 'drop always'
tm send-keys -t may Q
passes() { # WORD
    "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t t -m "$1" -q 0
    grep -q "$1" "$work/sub.log"
}
until_ok passes after
waits_for sees 'after'
kill -KILL "$hung"
until_ok passes still
waits_for sees 'still'
