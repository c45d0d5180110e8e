#!/bin/sh
# Beginning a step again: the broker forgets what it keeps, in a plain terminal and
# in the dashboard alike, and what it says about that does not count for the step.
. "$(dirname "$0")/lib.sh"
cd "$work"

mkdir -p home/labs
cat >home/labs/01-kept.md <<'END'
---
id: 01-kept
title: Kept
version: 1
---
# Kept
## Step 1: One
<!-- step one -->
```check
told   1  retained kept/a == x : it is kept
gone   1  event lab.event == "retained.cleared" : it was cleared
```
END
export MQTTLAB_HOME="$work/home"
keep() {
    "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t kept/a -m x -r
}
kept() { # N: how many are kept
    "$MQTTLAB" sub -h 127.0.0.1 -p "$port" -t 'kept/#' -W 1 >kept 2>/dev/null || true
    [ "$(wc -l <kept)" = "$1" ]
}
kept_none() {
    kept 0
}

port=$(random_port)
mkfifo typed
"$MQTTLAB" lab 1 --plain --id ann -p "$port" <typed >lab.log 2>&1 &
lab=$!
started="$started $lab"
exec 8>typed
until_ok grep -q 'Step 1 of 1' lab.log
until_ok keep
until_ok grep -q '^\[x\] 1 it is kept' lab.log
kept 1 || fail "the broker does not keep it: $(cat kept)"
echo x >&8
until_ok grep -q 'This step begins again' lab.log
until_ok kept_none
echo q >&8
finishes "$lab"
exec 8>&-
! grep -q '^\[x\] 1 it was cleared' lab.log || fail "the reset itself was counted"
[ "$(grep -c 'step one' data/mqttlab/01-kept/journal)" = 1 ] || fail "no journal"
grep -q ' reset one$' data/mqttlab/01-kept/journal || fail "the reset is not in the journal"

command -v tmux >/dev/null 2>&1 || skip "tmux is not installed"
port=$(random_port)
at_end() {
    tmux -S "$work/tmux.sock" kill-server 2>/dev/null
}
screen_says() { # WORDS
    tmux -S "$work/tmux.sock" capture-pane -p | grep -q "$1"
}
TERM=xterm-256color tmux -S "$work/tmux.sock" -f /dev/null new-session -d -x 80 -y 24 \
    "exec '$MQTTLAB' lab 1 -p $port"
until_ok screen_says 'Step 1 of 1'
until_ok keep
until_ok screen_says '\[x\] 1 it is kept'
tmux -S "$work/tmux.sock" send-keys X
until_ok screen_says 'begin this step again'
screen_says '\[x\] 1 it is kept' || fail "X did not wait for an answer"
tmux -S "$work/tmux.sock" send-keys y
until_ok kept_none
until_ok screen_says '\[ \] 1 it is kept'
screen_says '\[ \] 1 it was cleared' || fail "the reset itself was counted"
tmux -S "$work/tmux.sock" send-keys Q

# In a plain terminal the words before the first step wait, and q leaves there too.
port=$(random_port)
tmux -S "$work/tmux.sock" kill-server 2>/dev/null || true
TERM=xterm-256color tmux -S "$work/tmux.sock" -f /dev/null new-session -d -x 80 -y 24 \
    "'$MQTTLAB' lab 1 --plain -p $port; echo ended with \$?; sleep 60"
until_ok screen_says 'Enter goes on, q leaves:'
tmux -S "$work/tmux.sock" send-keys q Enter
until_ok screen_says 'ended with 0'
! screen_says 'Step 1 of 1' || fail "q went on"
