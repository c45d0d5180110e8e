#!/bin/sh
# 200 hand-ins of 5,000 recorded packets each are graded in less than five minutes by
# two processes. Not a part of `make check`: make nightly.
. "$(dirname "$0")/lib.sh"

count=${HAND_INS:-200}
port=$(random_port)
MQTTLAB_PORT=$port
MQTTLAB_HOME=$root
export MQTTLAB_PORT MQTTLAB_HOME

mkfifo "$work/typed"
"$MQTTLAB" lab 7 --plain --id ann -p "$port" <"$work/typed" >"$work/lab.log" 2>&1 &
lab=$!
started="$started $lab"
exec 8>"$work/typed"
until_ok grep -q 'Step 1 of' "$work/lab.log"
# QoS 2 is four packets a message.
seq 1250 | "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -i testPub -t lab/many -q 2 -l
sleep 2
echo q >&8
exec 8>&-
wait "$lab" || fail "the lab ended with $?"
mkdir "$work/in"
"$MQTTLAB" submit 7 -o "$work/in/0.mqlab" >"$work/submit.log" 2>&1
tar xOf "$work/in/0.mqlab" recording-001.pcapng >"$work/recording.pcapng"
packets=$("$MQTTLAB" inspect "$work/recording.pcapng" | grep -c ' [<>] [A-Z]')
[ "$packets" -ge 5000 ] || fail "only $packets packets are in it"
i=1
while [ $i -lt "$count" ]; do
    cp "$work/in/0.mqlab" "$work/in/$i.mqlab"
    i=$((i + 1))
done

begin=$(date +%s)
"$MQTTLAB" grade "$work/in" -j 2 --json "$work/json" --csv "$work/csv" --junit "$work/junit" \
    --tap "$work/tap" --html "$work/html" --similar "$work/similar" -q || [ $? = 1 ]
took=$(($(date +%s) - begin))
[ "$(grep -c '"07-qos"' "$work/csv")" = "$count" ] || fail "not all were graded"
echo "$count hand-ins of $packets packets: $took s, $(wc -c <"$work/html") bytes of HTML"
[ $took -lt 300 ] || fail "that is more than five minutes"
