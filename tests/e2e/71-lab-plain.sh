#!/bin/sh
# A lab in a bare terminal: check marks name the packets that prove them, leaving
# and coming back resumes, and the hand-in gets the same points in every format.
. "$(dirname "$0")/lib.sh"

port=$(random_port)
MQTTLAB_PORT=$port
MQTTLAB_HOME=$root
export MQTTLAB_PORT MQTTLAB_HOME

# What is typed goes through a pipe that stays open.
mkfifo "$work/typed"
"$MQTTLAB" lab 1 --plain --id bob -p "$port" <"$work/typed" >"$work/lab.log" 2>&1 &
lab=$!
started="$started $lab"
exec 8>"$work/typed"
until_ok grep -q 'Step 1 of 6' "$work/lab.log"

background wrong "$MQTTLAB" sub -h 127.0.0.1 -i somebody -t other
until_ok grep -q 'A client called somebody connected' "$work/lab.log"
background right "$MQTTLAB" sub -h 127.0.0.1 -i testSub -t debug
until_ok grep -Eq '^\[x\] 1 the broker granted it \(SUBACK\) \(packets [0-9]+, [0-9]+\)' "$work/lab.log"
echo 'subscribe' >&8
until_ok grep -q 'First it has to come in at all' "$work/lab.log"
echo 'help' >&8 # is no answer
until_ok awk '/^Type a letter and Enter/ {n++} END {exit n != 2}' "$work/lab.log"
"$MQTTLAB" answer q1 CONNECT
until_ok grep -q '^Step 1 is complete: 5 of 5 points' "$work/lab.log"
echo q >&8
exec 8>&-
wait "$lab" || fail "the lab ended with $?"

# Back again: what was done is done.
printf 'c\nq\n' | "$MQTTLAB" lab 1 --plain >"$work/again.log" 2>&1
grep -q "on 127\.0\.0\.1:$port," "$work/again.log" || fail "MQTTLAB_PORT is not its port"
grep -Eq '^\[x\] 1 testSub said CONNECT \(packet [0-9]+\)' "$work/again.log" ||
    fail "the marks are gone"
grep -q '5 of 26 points' "$work/again.log" || fail "the points are gone"

# A terminal that is no screen is told so, and gets the lab as text.
if command -v script >/dev/null 2>&1; then
    printf 'q\nq\n' | TERM=no-such-terminal script -qc "'$MQTTLAB' lab 1 -p $port" \
        /dev/null >"$work/no-screen.log" 2>&1
    grep -q 'TERM=no-such-terminal cannot show the dashboard' "$work/no-screen.log" ||
        fail "it does not say why there is no screen"
    grep -q '5 of 26 points' "$work/no-screen.log" || fail "no lab without a screen"
fi

# An answer is missing, and what is typed in capitals is understood.
printf 'q1\nQ1 subscribe\nq1 connect\nc\nQ\nq\n' |
    "$MQTTLAB" lab 1 --plain -p "$port" >"$work/typed.log" 2>&1
grep -q '^Type the answer behind it: q1 42' "$work/typed.log" || fail "q1 alone"
grep -q '^Question q1 is answered already, and rightly: CONNECT' "$work/typed.log" ||
    fail "right once more"
if grep -q 'First it has to come in at all' "$work/typed.log"; then
    fail "what is answered is judged once more"
fi
grep -q '^  your answer CONNECT: right' "$work/typed.log" || fail "the answer is lost"

# A question of another step is not taken for the answer to the one of this step.
printf 'n\nq1 connect\nq\n' | "$MQTTLAB" lab 1 --plain -p "$port" >"$work/other.log" 2>&1
grep -q '^q1 is a question of step 1: go back with p' "$work/other.log" ||
    fail "q1 in step 2"
if grep -q 'A client called somebody' "$work/typed.log"; then
    fail "the near miss of an earlier sitting is told again"
fi

# What files prove is known when a lab is opened again.
printf 'q1 no\nq2 no\nn\nq\n' | "$MQTTLAB" lab 2 --plain -p "$port" \
    >"$work/two.log" 2>&1
grep -q 'builds on .A list of names., which is not done' "$work/two.log" ||
    fail "the step before was not needed"
user=$(sed -n 's/.*-c passwords \([a-z]*[2-9]\) .*/\1/p' "$work/two.log")
(
    cd "$XDG_DATA_HOME/mqttlab/02-passwords" || exit 1
    "$MQTTLAB" passwd -b -c passwords sister x
    "$MQTTLAB" passwd -b passwords "$user" x
)
printf 'q\n' | "$MQTTLAB" lab 2 --plain -p "$port" >"$work/two.log" 2>&1
if grep -q 'builds on' "$work/two.log"; then
    fail "what files prove is not known yet"
fi

# A broker that ends is missed, and the next one found.
mkfifo "$work/more" # and a log of its own: the one before says the same
"$MQTTLAB" lab 2 --plain -p "$port" <"$work/more" >"$work/missed.log" 2>&1 &
lab=$!
started="$started $lab"
exec 8>"$work/more"
until_ok grep -q 'Step 2 of 7' "$work/missed.log"
until_ok [ -s "$XDG_DATA_HOME/mqttlab/02-passwords/broker.pid" ]

# What the broker has against a configuration is said in the lab, not in a log alone.
conf=$XDG_DATA_HOME/mqttlab/02-passwords/mosquitto.conf
cp "$conf" "$work/good.conf"
echo 'allow_anonymous perhaps' >>"$conf"
kill -HUP "$(cat "$XDG_DATA_HOME/mqttlab/02-passwords/broker.pid")"
until_ok grep -q '^  ! The broker has not taken its configuration' "$work/missed.log"
grep -q "allow_anonymous is 'perhaps'" "$work/missed.log" || fail "what is wrong with it"
printf 'listener %s\n' "$((port + 1))" | cat "$work/good.conf" - >"$conf"
kill -HUP "$(cat "$XDG_DATA_HOME/mqttlab/02-passwords/broker.pid")"
until_ok grep -q '^  ! The broker has read its configuration again, but' "$work/missed.log"
cp "$work/good.conf" "$conf"
kill "$(cat "$XDG_DATA_HOME/mqttlab/02-passwords/broker.pid")"
until_ok grep -q '^! The broker has ended\. Start it again, in mqttlab shell: mosquitto -c' "$work/missed.log"
background own "$MQTTLAB" broker -p "$port"
until_ok grep -q '^(attached to the broker again' "$work/missed.log"
echo q >&8
exec 8>&-
wait "$lab" || fail "the lab ended with $?"
kill "$pid"
wait "$pid" || true

# With a configuration that no broker takes: what is wrong with it is said at once.
echo 'allow_anonymous perhaps' >>"$conf"
if "$MQTTLAB" lab 2 --plain -p "$port" </dev/null >"$work/bad.log" 2>&1; then
    fail "a broker started with a bad configuration"
fi
grep -q "allow_anonymous is 'perhaps'" "$work/bad.log" || fail "$(cat "$work/bad.log")"
cp "$work/good.conf" "$conf"

# And on another machine, with a copy of the folder.
cp -R "$XDG_DATA_HOME/mqttlab/01-plaintext" "$work/copied"
printf 'c\nq\n' | XDG_DATA_HOME="$work/elsewhere" \
    "$MQTTLAB" lab 1 --plain --dir "$work/copied" -p "$port" >"$work/moved.log" 2>&1
grep -q '5 of 26 points' "$work/moved.log" || fail "a copied folder has lost the points"

# Handed in and graded.
mkdir "$work/in"
"$MQTTLAB" submit 1 -o "$work/in/01-plaintext-bob.mqlab" >/dev/null
status=0
"$MQTTLAB" grade "$work/in" --tap "$work/tap" --junit "$work/junit" \
    --json "$work/json" --csv "$work/csv" --html "$work/html" >"$work/text" || status=$?
[ "$status" = 1 ] || fail "grade ended with $status, not 1: points were lost"
grep -q 'bob, lab 01-plaintext: 5 of 26 points' "$work/text" || fail "text"
grep -q '^TAP version 14$' "$work/tap" || fail "TAP"
grep -q '^# Subtest: bob$' "$work/tap" || fail "TAP has no student"
grep -q '^        ok 1 - listen.connect' "$work/tap" || fail "TAP has no test"
grep -q '^    not ok 1 - 01-plaintext-bob.mqlab lab 01-plaintext, 5 of 26' "$work/tap" || fail "TAP"
grep -q '"points": 5,' "$work/json" || fail "JSON"
grep -q '^student,lab,points,max,unmarked,hints,resets,seconds,"listen",' "$work/csv" || fail "CSV"
grep -Eq '^"bob","01-plaintext",5,26,0,0,0,[0-9]+,5,0,' "$work/csv" || fail "CSV"
grep -q '<testcase classname="01-plaintext" name="listen.connect" time="0"/>' \
    "$work/junit" || fail "JUnit"
grep -q '<code><bdi>.*CONNECT.*testSub' "$work/html" || fail "the page shows no packet"
if command -v xmllint >/dev/null; then
    xmllint --noout --schema "$root/tests/spec/junit.xsd" "$work/junit" 2>"$work/xml.log" ||
        fail "JUnit is none"
    xmllint --noout "$work/html" || fail "the page is not well-formed"
fi
TZ=Asia/Tokyo LC_ALL=C "$MQTTLAB" grade "$work/in" --json "$work/json2" --html "$work/html2" -j 4 -q || true
cmp "$work/json" "$work/json2" || fail "the same hand-in gives other bytes"
cmp "$work/html" "$work/html2" || fail "the same hand-in gives another page"
"$MQTTLAB" grade "$work/in" --stamp --tap "$work/tap" --junit "$work/junit" \
    --json "$work/json" --csv "$work/csv" --html "$work/html" --text "$work/text" || true
stamp=$(sed -n 's/^ *"graded": "\(.*\)",*$/\1/p' "$work/json")
echo "$stamp" | grep -Eqx '20[0-9-]{8}T[0-9:]{8}Z' || fail "--stamp: '$stamp'"
for form in tap junit csv html text; do
    grep -q "$stamp" "$work/$form" || fail "--stamp: none in $form"
done
if command -v xmllint >/dev/null; then
    xmllint --noout --schema "$root/tests/spec/junit.xsd" "$work/junit" 2>"$work/xml.log" ||
        fail "JUnit with a stamp is none"
fi
"$MQTTLAB" grade "$work/in" --timeout 20s --html "$work/report/" -q || true
cmp "$work/html2" "$work/report/index.html" || fail "no page in a folder"

# Wrong usage, and a hand-in that is none.
status=0
"$MQTTLAB" grade "$work/nowhere" 2>/dev/null || status=$?
[ "$status" = 3 ] || fail "grade of nothing ended with $status"
echo garbage >"$work/in/02-broken.mqlab"
status=0
"$MQTTLAB" grade "$work/in" >"$work/text" || status=$?
[ "$status" = 1 ] || fail "grade with a broken hand-in ended with $status"
grep -q '5 of 26 points' "$work/text" || fail "a broken hand-in cost another"
grep -q '02-broken.mqlab: not graded' "$work/text" || fail "no word on the broken one"

# A pipe in the place of a file keeps nobody waiting.
mkdir "$work/odd"
mkfifo "$work/odd/journal"
for command in 'lab 01 --plain --id ann' 'submit 01'; do
    status=0
    # shellcheck disable=SC2086 # words
    "$MQTTLAB" $command --dir "$work/odd" >"$work/text" 2>&1 </dev/null || status=$?
    [ "$status" != 0 ] || fail "$command with a pipe in the place of the journal"
    grep -q "odd/journal is a named pipe, where a file belongs; mv '.*' '.*/not-a-file'" \
        "$work/text" || fail "$command: $(cat "$work/text")"
done
