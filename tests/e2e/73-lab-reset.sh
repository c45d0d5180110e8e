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
broker: pid_file broker.pid
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

# The same in the dashboard.  The window stays when it ends: what it said is seen.
. "$test_dir/tmux.sh"
port=$(random_port)
TERM=xterm-256color tm new-session -d -x 80 -y 24 "'$MQTTLAB' lab 1 -p $port; sleep 60"
waits_for 'Step 1 of 1'
until_ok keep
waits_for '[x] 1 it is kept'
keys X
waits_for 'begin this step again'
sees '[x] 1 it is kept' || fail "X did not wait for an answer"
keys y
until_ok kept_none
waits_for '[ ] 1 it is kept'
sees '[ ] 1 it was cleared' || fail "the reset itself was counted"
# A broker that ends is missed, with a word on how to go on.
kill "$(cat data/mqttlab/01-kept/broker.pid)"
waits_for 'The broker has ended'
keys Q

# In a plain terminal the words before the first step wait, and q leaves there too.
# The same server: one that was just ended is in the way of the next.
port=$(random_port)
tm respawn-window -k -t 0 "'$MQTTLAB' lab 1 --plain -p $port; echo ended with \$?; sleep 60"
waits_for 'Enter goes on, q leaves:'
keys q Enter
waits_for 'ended with 0'
! sees 'Step 1 of 1' || fail "q went on"
