#!/bin/sh
# Hand-ins that have in common what they cannot have by chance: a recording that was
# copied and given another name, and a neighbour's value in one's own packets.
. "$(dirname "$0")/lib.sh"

mkdir -p "$work/home/labs" "$work/in" "$work/forged"
cat >"$work/home/labs/31-own.md" <<'END'
---
id: 31-own
title: Own values
version: 1
param topic: lab/{hex8}
---

# Own values

## Step 1: Speak
<!-- step speak -->

Publish to {{topic}}.

```sh
mosquitto_pub -h 127.0.0.1 -t {{topic}} -m hello
```

```check
said  2  seen lab.type == "PUBLISH" && mqtt.topic == "{{topic}}" : said
```
END
export MQTTLAB_HOME="$work/home"
port=$(random_port)

sit() { # STUDENT TOPIC...: publishes to the topics, and hands in
    student=$1
    shift
    mkfifo "$work/typed-$student"
    "$MQTTLAB" lab 31 --plain --id "$student" --dir "$work/$student" -p "$port" \
        <"$work/typed-$student" >"$work/$student.out" 2>&1 &
    lab=$!
    started="$started $lab"
    exec 8>"$work/typed-$student"
    until_ok grep -q 'Step 1 of 1' "$work/$student.out"
    own=$(sed -n 's/.* -t \(lab.[0-9a-f]*\) -m hello.*/\1/p' "$work/$student.out" | head -n 1)
    for topic in "$own" "$@"; do
        "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t "$topic" -m hello
        sleep 0.01
    done
    until_ok grep -q '^\[x\] 2 said' "$work/$student.out"
    echo q >&8
    exec 8>&-
    wait "$lab" || fail "the lab ended with $?"
    exits 0 "$MQTTLAB" submit 31 --dir "$work/$student" -o "$work/in/$student.mqlab" \
        >"$work/submit.log" 2>&1
}
sit ann lab/x lab/y lab/z
anns=$own
sit bob lab/x lab/y "$anns"
sit cal lab/x

# dan has only changed the name.
cd "$work/forged"
tar xf ../in/ann.mqlab
sed -i.bak 's/^student: ann/student: dan/' manifest
LC_ALL=C sed 's/ann/dan/g' recording-001.pcapng >r && mv r recording-001.pcapng
rm -f manifest.bak
tar cf ../in/dan.mqlab -- *
cd "$work"

exits 1 "$MQTTLAB" grade in --similar similar --html html --json json -q
has_line 'ann.mqlab (ann) and bob.mqlab (bob):' similar
has_line "  bob sent '$anns', a value of ann" similar
has_line 'ann.mqlab (ann) and dan.mqlab (dan):' similar
grep -Eq '^  times of packets are equal: ([0-9]+) of \1$' similar || fail "$(cat similar)"
has_line "  dan sent '$anns', a value of ann" similar
! grep -q cal similar || fail "cal has done nothing: $(cat similar)"
grep -q '<h2>In common</h2>' html || fail "the page does not show it"
! grep -q fingerprint json || fail "fingerprints are in the report"
