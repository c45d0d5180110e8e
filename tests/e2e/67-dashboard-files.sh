#!/bin/sh
# What goes from the dashboard into the clipboard and files, and comes back: all
# while a broker's packets are watched.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/tmux.sh
. "$(dirname "$0")/tmux.sh"
port=$(random_port)

TERM=xterm-256color tm new-session -d -x 80 -y 24 "'$MQTTLAB' -p $port"
tm set-option -g set-clipboard on
waits_for 'Nothing has reached it yet'
"$MQTTLAB" pub -h 127.0.0.1 -p "$port" -i ann -t lab/env -m '{"watt":80,"wind":{"speed":4}}'
waits_for '4 pkt'

# OSC 52: tmux keeps what a program copies.
keys ':3' Enter y
waits_for 'copy as:'
keys h
waits_for 'copied as hex'
clipboard() {
    tm show-buffer 2>/dev/null | grep -q '^30 27 00 07 6c 61 62 2f 65 6e 76 7b'
}
until_ok clipboard
keys ":copy filter $work/filter.txt" Enter
waits_for 'is in'
[ "$(cat "$work/filter.txt")" = 'lab.packet == 3' ] || fail "a wrong filter"

# A member of the JSON over time.
keys ':plot wind.speed' Enter
waits_for 'wind.speed: 4, the last of 1 value up to here'
keys M

# A recording is written, for its owner alone, and opened over what is live,
# which goes on below it.
keys ":write $work/one.pcapng" Enter
waits_for 'written to'
[ "$(stat -c %a "$work/one.pcapng" 2>/dev/null || stat -f %Lp "$work/one.pcapng")" = 600 ] ||
    fail "others can read the recording"
keys L
waits_for 'open a recording'
keys "$work/none.pcapng" Enter
waits_for 'No such file'
keys L "$work/one.pcapng" Enter
waits_for '[REPLAY]'
waits_for '4 of 4 pkt'
"$MQTTLAB" pub -h 127.0.0.1 -p "$port" -i bob -t lab/x -m 1
keys q
waits_for '[LIVE]'
# A file that was cut says so, and shows what is there; so it does as text.
head -c 3000 "$root/tests/screens/story.pcapng" >"$work/cut.pcapng"
keys L "$work/cut.pcapng" Enter
waits_for 'the file ends in the middle of a block'
keys q
waits_for '[LIVE]'
for pace in '' '--speed=1000'; do
    # shellcheck disable=SC2086 # no option at all, or one
    "$MQTTLAB" replay --plain $pace "$work/cut.pcapng" >"$work/rows" 2>"$work/why" &&
        fail "a damaged recording is no failure"
    grep -q 'the file ends in the middle of a block' "$work/why" || fail "no word of the damage"
    grep -q CONNECT "$work/rows" || fail "nothing is shown of a file that was cut"
done
waits_for '8 of 8 pkt'
keys q
waits_for 'The broker ends as well'
keys y
gone() {
    ! tm list-sessions >/dev/null 2>&1
}
until_ok gone
