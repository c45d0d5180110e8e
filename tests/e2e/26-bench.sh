#!/bin/sh
# mqttlab bench: every load runs, nothing is lost, the figures are there.
. "$(dirname "$0")/lib.sh"

start_broker

for load in pairs fan-in fan-out; do
    "$MQTTLAB" bench "$load" -p "$port" -n 10 --messages 2000 -q 0,1,2 \
        --json "$work/$load.json" >"$work/$load.log" ||
        fail "$load: $(cat "$work/$load.log")"
    [ "$(grep -c "QoS . *" "$work/$load.log")" = 3 ] || fail "$load: not three runs"
    if grep -v 'lost  *0 of .*; out of order: 0' "$work/$load.log" | grep lost; then
        fail "$load lost messages"
    fi
    if grep -q '"per_second": null' "$work/$load.json"; then
        fail "$load has no rate"
    fi
done
grep -q 'lost .* 0 of 20000;' "$work/fan-out.log" ||
    fail "2000 messages to 10 subscribers are 20000"
"$MQTTLAB" bench ping-pong connect idle -p "$port" -n 20 --seconds 0.3 \
    >"$work/rest.log" || fail "$(cat "$work/rest.log")"
grep -q 'connected .* a second' "$work/rest.log" || fail "connect says nothing"
if [ -e /proc/self/status ]; then
    grep -q 'memory .* bytes a connection' "$work/rest.log" || fail "no memory"
    grep -q 'broker CPU' "$work/pairs.log" || fail "the broker was not found"
fi
# What is retained, shared and stored.
"$MQTTLAB" bench shared retained filters messages subscribed start -p "$port" -n 20 \
    --receivers 3 --stored 20000 --seconds 0.3 --json "$work/more.json" \
    >"$work/more.log" || fail "$(cat "$work/more.log")"
grep -q '^shared 20 to 3, QoS 0, 20000 filters, window 128$' "$work/more.log" || fail "no shared"
grep -q '^retained 20000, QoS 0$' "$work/more.log" || fail "no retained"
[ "$(grep -c 'lost  *0 of .*; out of order: 0' "$work/more.log")" = 2 ] || fail "lost: $(cat "$work/more.log")"
if [ -e /proc/self/status ]; then
    grep -q 'memory .* bytes a Topic Filter' "$work/more.log" || fail "no memory of filters"
    grep -q 'memory .* bytes a retained message' "$work/more.log" || fail "no memory of messages"
fi
# Payloads too small for time or order are messages all the same.
for bytes in 0 8; do
    "$MQTTLAB" bench pairs -V 5 -p "$port" -n 2 --messages 100 --payload $bytes \
        >"$work/small.log" || fail "$(cat "$work/small.log")"
    has_line "  lost          0 of 100" "$work/small.log"
done

# Its own broker, with nothing to compare it with.
"$MQTTLAB" bench --vs no-such-broker pairs -n 2 --messages 100 --rounds 1 \
    >"$work/own.log" 2>&1 || fail "$(cat "$work/own.log")"
has_line "mqttlab bench: there is no no-such-broker here: measuring alone." "$work/own.log"

# Where files lie for a while may have a long name, and may be nowhere.
long=$work/a-folder-with-a-name/that-is-as-long-as/those-of-other-systems
mkdir -p "$long"
TMPDIR=$long "$MQTTLAB" bench --start pairs -n 2 --messages 100 --over tls \
    >"$work/long.log" || fail "$(cat "$work/long.log")"
has_line "  lost          0 of 100; out of order: 0" "$work/long.log"
[ -z "$(ls "$long")" ] || fail "left behind: $(ls "$long")"
if TMPDIR=$work/nowhere "$MQTTLAB" bench --start pairs >"$work/long.log"; then
    fail "it works without a folder"
fi
grep -q "no folder can be made in $work/nowhere: No such file" "$work/long.log" ||
    fail "$(cat "$work/long.log")"

# Side by side: with itself by a command, as another broker would be. Enough messages
# that each broker is seen at work, even where it gets the processor in slices.
"$MQTTLAB" bench --vs "$MQTTLAB broker -c {conf}" --vs "$MQTTLAB broker -p {port}" \
    pairs fan-out -n 3 --messages 100000 --rounds 2 --json "$work/vs.json" >"$work/vs.log" ||
    fail "$(cat "$work/vs.log")"
grep -q '^pairs 3, QoS 0 .*[0-9]$' "$work/vs.log" || fail "no line: $(cat "$work/vs.log")"
[ "$(grep -c '"ratio"' "$work/vs.json")" = 4 ] || fail "two loads beside two others are four ratios"
# Records are read while the load runs, and each load has a verdict; which one is for
# `make bench` alone, on a machine that does nothing else.
if [ -e /proc/self/status ]; then
    "$MQTTLAB" bench --start --quick -n 5 --stored 200 --json "$work/all.json" >"$work/all.log" ||
        fail "$(cat "$work/all.log")"
    grep -q '"read": [1-9]' "$work/all.json" || fail "no record was read"
    grep -qE '"verdict": "(ok|missed)"' "$work/all.json" || fail "nothing was compared with what it may be"
fi

# A broker that sends what is none: a topic that is longer than its packet, and an
# acknowledgement of nothing.
broken() { # TEXT HEX...
    text=$1
    shift
    background fake /usr/bin/python3 "$test_dir/fake_server.py" "$@"
    until_ok test -s "$work/fake.log"
    if "$MQTTLAB" bench subscribed -n 1 -V 5 -p "$(cat "$work/fake.log")" >"$work/broken.log"; then
        fail "it takes $*"
    fi
    grep -q "failed: $text" "$work/broken.log" || fail "$*: $(cat "$work/broken.log")"
}
if [ -x /usr/bin/python3 ]; then
    broken 'a message came back changed' 2003000000 9004000100003004ffff0000
    broken 'a message came back changed' 2003000000 900400010000300100
    broken 'PUBREC is not valid' 2003000000 9004000100005000
    broken 'PUBREL is not valid' 2003000000 900400010000620107
fi

# What cannot be.
if "$MQTTLAB" bench pairs -p 1 >"$work/none.log" 2>&1; then
    fail "it measures a broker that is not there"
fi
grep -q "failed: cannot connect to 127.0.0.1 port 1: Connection refused" "$work/none.log" ||
    fail "$(cat "$work/none.log")"
for wrong in "nonsense" "-q 3" "-q 0," "--seconds x" "--window 0" "--nonsense"; do
    code=0
    # shellcheck disable=SC2086
    "$MQTTLAB" bench $wrong >/dev/null 2>&1 || code=$?
    [ $code = 3 ] || fail "exit status $code for $wrong"
done
