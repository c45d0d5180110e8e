#!/bin/sh
# A lecturer's own lab: begun, checked, proved, done and graded in a folder of theirs;
# one check tried on what was recorded.
. "$(dirname "$0")/lib.sh"
cd "$work"

mkdir -p home/labs
cd home/labs
exits 0 "$MQTTLAB" lab new 30-mine >said
has_line '30-mine.md and 30-mine.solution.md are there. mqttlab lab test ./30-mine.md proves them.' said
exits 1 "$MQTTLAB" lab new 30-mine 2>said
has_line 'mqttlab lab new: 30-mine.md: File exists' said
exits 1 "$MQTTLAB" lab new ../31 2>said
exits 0 "$MQTTLAB" lab lint ./30-mine.md >said
has_line 'no problems' said
exits 0 "$MQTTLAB" lab test ./30-mine.md >tap
grep -q '^ok .* - the solution scores full' tap || fail "$(cat tap)"

# A near miss that no wrong solution is told is an error.
sed 's/^```near$/&\nlab.type == "AUTH" : Nobody wants an AUTH here./' 30-mine.md >34-near.md
cp 30-mine.solution.md 34-near.solution.md
at=$(grep -n 'Nobody wants an AUTH' 34-near.md | cut -d: -f1)
exits 1 "$MQTTLAB" lab test ./34-near.md >tap
grep -q "^not ok .* - each near miss is told to a wrong solution: say (line $at)\$" tap ||
    fail "$(cat tap)"
[ "$(grep -c '^not ok' tap)" = 1 ] || fail "$(cat tap)"
rm 34-near.md 34-near.solution.md

# And so is a check that no wrong solution fails.
sed -i.bak '/^```wrong/,$d' 30-mine.solution.md
exits 1 "$MQTTLAB" lab test ./30-mine.md >tap
grep -q '^not ok .* - each check is failed by a wrong solution: say.said$' tap ||
    fail "$(cat tap)"
exits 0 "$MQTTLAB" lab test --right ./30-mine.md >tap
! grep -q 'wrong solution' tap || fail "$(cat tap)"

# A demonstration that cannot be played, by its lines in the lab's file.
printf '\n```play show\nconnect a\na publish + 1\n\na fly\n```\n' |
    sed '0,/^<!-- step/{
        /^<!-- step/r /dev/stdin
    }' 30-mine.md >31-demo.md
at=$(grep -n '^```play' 31-demo.md | cut -d: -f1)
exits 1 "$MQTTLAB" lab lint ./31-demo.md >said
has_line "./31-demo.md:$((at + 2)): show.play: this is no topic that one can publish to" said
has_line "./31-demo.md:$((at + 4)): show.play: a client can subscribe, publish, disconnect, cut and be lost" said

# Links, points and limits that cannot be.
printf '\nSee [that](none.md), [this](30-mine.md#x "a") and [all](https://example.org).\n' |
    sed '0,/^<!-- step/{
        s/^<!-- step \([a-z]*\)/<!-- step \1 points=99 limit=1s/
        /^<!-- step/r /dev/stdin
    }' 30-mine.md >32-links.md
sed 's/^mosquitto_pub/sleep 1.2\nmosquitto_pub/' 30-mine.solution.md >32-links.solution.md
exits 1 "$MQTTLAB" lab lint ./32-links.md >said
grep -q '^./32-links.md:[0-9]*: a link to none.md, which is not there$' said || fail "$(cat said)"
grep -q ': points=99, but its checks have' said || fail "$(cat said)"
[ "$(wc -l <said)" = 2 ] || fail "$(cat said)"
sed -i.bak 's/ points=99//; s/.that.(none.md), //' 32-links.md
exits 1 "$MQTTLAB" lab test --right ./32-links.md >tap
grep -Eq 'took [1-9][0-9]* s, and its limit is 1 s' tap || fail "$(cat tap)"

# A command with a word in quotes that is longer than a line of a small terminal.
long="printf 'listener 8883\\ncertfile server.crt\\nkeyfile server.key\\n'"
printf '\n```sh\nls -l\n%s >>mosquitto.conf\n```\n' "$long" |
    sed '0,/^<!-- step/{
        /^<!-- step/r /dev/stdin
    }' 30-mine.md >33-long.md
at=$(grep -n '^## Step' 33-long.md | head -1 | cut -d: -f1)
exits 1 "$MQTTLAB" lab lint ./33-long.md >said
has_line "./33-long.md:$at: in 80 columns this command cannot be broken so that a shell takes it: ${long#printf } >>mosquitto.conf" said
rm 33-long.md

# A student does it, and it is graded.
cd "$work"
export MQTTLAB_HOME="$work/home"
port=$(random_port)
mkfifo typed
"$MQTTLAB" lab 30 --plain --id ann -p "$port" <typed >lab.out 2>lab.log &
lab=$!
started="$started $lab"
exec 8>typed
until_ok grep -q 'mosquitto_pub -h 127.0.0.1 -t lab/word -m ' lab.out
word=$(sed -n 's/.*-t lab.word -m //p' lab.out | head -n 1)
until_ok "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t lab/word -m "$word"
until_ok grep -q 'The whole lab is done' lab.out
echo w >&8
until_ok grep -q 'In a few words. Your packets:' lab.out
echo q >&8
finishes "$lab"
exec 8>&-
grep -q "^ .*PUBLISH .*lab/word" lab.out || fail "no packet on the last page: $(cat lab.out)"
mkdir in
"$MQTTLAB" submit 30 -o in/30.mqlab >/dev/null
exits 0 "$MQTTLAB" grade in --labs home >said
grep -q 'ann, lab 30-mine: 1 of 1 points' said || fail "$(cat said)"

# One check on the recording.
recording=data/mqttlab/30-mine/recording-001.pcapng
exits 0 "$MQTTLAB" lab try-check "$recording" 'seen mqtt.topic == "lab/word"' >said
grep -q '^passed: 1 matched$' said || fail "$(cat said)"
grep -q "PUBLISH .*$word" said || fail "$(cat said)"
exits 1 "$MQTTLAB" lab try-check "$recording" 'at least 9 mqtt.topic == "lab/word"' >said
grep -q '^failed: 1 matched$' said || fail "$(cat said)"
exits 3 "$MQTTLAB" lab try-check "$recording" 'sometimes mqtt' 2>said
exits 3 "$MQTTLAB" lab try-check nowhere 'seen mqtt' 2>said
has_line 'mqttlab lab try-check: nowhere: No such file or directory' said
