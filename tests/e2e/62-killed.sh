#!/bin/sh
# Dashboard and lab are killed without a chance to clean up: what they have started
# ends with them, and the next one starts as if nothing had been.
. "$(dirname "$0")/lib.sh"
[ "$(uname)" = Linux ] || skip "only Linux tells children of their parent's end"

nobody_listens() {
    ! "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t x -m y
}
broker_runs() {
    "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t x -m y
}

# Kill what listens to nobody; its broker must go, by itself.
kill_hard() { # PID
    kill -9 "$1"
    wait "$1" 2>/dev/null || true
    until_ok nobody_listens
}

port=$(random_port)
mkfifo "$work/never"
for _ in 1 2; do
    # shellcheck disable=SC2016
    background lab sh -c 'exec "$0" lab 1 --plain --id me --port "$1" <>"$2"' \
        "$MQTTLAB" "$port" "$work/never"
    until_ok broker_runs
    kill_hard "$pid"
done

# A lab with a client of its own, beside a broker that lives on.
start_broker
hidden_runs() {
    grep -q 'as hidden ' "$broker_log"
}
hidden_is_gone() {
    grep -q 'Client hidden ' "$broker_log"
}
# shellcheck disable=SC2016
background lab sh -c 'exec "$0" lab 1.2 --plain --id me --port "$1" <>"$2"' \
    "$MQTTLAB" "$port" "$work/never"
until_ok hidden_runs
kill -9 "$pid"
until_ok hidden_is_gone
stop_broker

# The dashboard, in a terminal.
if command -v tmux >/dev/null 2>&1; then
    port=$(random_port)
    at_end() {
        tmux -S "$work/tmux.sock" kill-server 2>/dev/null
    }
    TERM=xterm-256color tmux -S "$work/tmux.sock" -f /dev/null new-session -d \
        "exec '$MQTTLAB' -p $port"
    until_ok broker_runs
    kill -9 "$(tmux -S "$work/tmux.sock" list-panes -F '#{pane_pid}')"
    until_ok nobody_listens
fi
