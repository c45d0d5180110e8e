# A terminal that really draws, for tests of the dashboard.  Source it behind
# lib.sh.  One window, 0, with a shell in it.
# shellcheck shell=sh
need tmux
session="$work/tmux.sock"
LOG_LINES=60 # a failure shows all of the screen

tm() {
    tmux -S "$session" -f /dev/null "$@"
}

picture() {
    tm capture-pane -p -t 0
}

sees() { # TEXT
    picture | grep -qF -e "$1"
}

keys() {
    tm send-keys -t 0 "$@"
}

waits_for() { # TEXT
    tries=0
    until sees "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || {
            picture >"$work/screen.log"
            fail "the screen never shows: $1"
        }
        sleep 0.05
    done
}

at_end() {
    tm kill-server 2>/dev/null
}
