#!/bin/sh
# What is beside a lab itself: answers for authors, waiting, putting work aside,
# one stream of TAP, exit statuses, and input that is typed ahead.
. "$(dirname "$0")/lib.sh"
cd "$work"

# An answer is all of its words.
one=$("$MQTTLAB" lab hash four packets)
case $one in
'answer: scrypt:'*:*) ;;
*) fail "lab hash said $one" ;;
esac
mkdir -p home/labs
cat >home/labs/01-small.md <<END
---
id: 01-small
title: Small
version: 1
---
# Small
## Step 1: One
<!-- step one -->
\`\`\`check
q    1  answer q : the \`question\`
far  1  file far matches x : a file
calm 0  never lab.type == "AUTH" : no AUTH
\`\`\`
\`\`\`question q
ask: How many \`packets\`?
$one
\`\`\`
END
export MQTTLAB_HOME="$work/home"

# The student's id and the first answer are there before anybody asks.
port=$(random_port)
{
    printf 'ann\nfour  Packets.\n'
    # shellcheck disable=SC2016
    until_ok sh -c 'echo x >"$0" 2>/dev/null' "$work/data/mqttlab/01-small/far"
    until_ok grep -q 'Step 1 is complete' lab.out
    echo q
} | "$MQTTLAB" lab 1 --plain -p "$port" >lab.out 2>lab.log || fail "the lab: $(cat lab.out)"
has_line 'Question q: How many packets?' lab.out
has_line '[x] 1 the question' lab.out
has_line '[x] 1 a file' lab.out
has_line '[x] no AUTH' lab.out
"$MQTTLAB" lab >list
grep -q '01-small .*done, 2 of 2 points' list || fail "the list says: $(cat list)"

# Putting the work aside.
exits 1 "$MQTTLAB" lab reset 77 2>said
has_line "mqttlab lab reset: there is no lab '77'; mqttlab lab lists them" said
exits 0 "$MQTTLAB" lab reset 1 >said
grep -q '/01-small: what was there is in backup-1 now$' said || fail "$(cat said)"
exits 1 "$MQTTLAB" lab reset 1 2>said
has_line 'mqttlab lab reset: nothing was done in 01-small yet' said

# Waiting.
exits 3 "$MQTTLAB" lab wait mqtt abc 2>said
exits 3 "$MQTTLAB" lab wait mqtt -1 2>said
exits 3 "$MQTTLAB" lab wait mqtt 1 2 2>said
exits 3 "$MQTTLAB" lab wait mqtt 99999999999999999999 2>said
exits 3 env MQTTLAB_PORT=x "$MQTTLAB" lab wait mqtt 1 2>said
exits 1 "$MQTTLAB" lab wait mqtt 0 -p "$port" 2>said

# One stream for all labs, and no commands for the terminal in it.
cp home/labs/01-small.md home/labs/02-other.md
exits 1 "$MQTTLAB" lab test 1 2 3 >tap
[ "$(grep -c '^TAP version 14$' tap)" = 1 ] || fail "not one header: $(cat tap)"
[ "$(grep -c '^1\.\.' tap)" = 1 ] || fail "not one plan: $(cat tap)"
has_line "1..3" tap
grep -q '^not ok 3 - there is such a lab: 3$' tap || fail "$(cat tap)"
printf 'x\033[2J\302\233: 1\n' >evil
sed '4r evil' home/labs/02-other.md >home/labs/03-evil.md
exits 1 "$MQTTLAB" lab lint 3 >said
! LC_ALL=C grep -q "$(printf '[\033\233]')" said || fail "lint sends escapes"
grep -q 'unknown key' said || fail "$(cat said)"

# In the empty run the lab's own clients act, and must earn nothing.
cat >home/labs/04-script.md <<'END'
---
id: 04-script
title: Script
version: 1
---
# Script
## Step 1: One
<!-- step one -->
```script robot
mosquitto_pub -i robot -t a -m b
```
```check
pub  1  seen lab.type == "PUBLISH" && lab.actor == "script" : it published
```
END
cat >home/labs/04-script.solution.md <<'END'
```solution one
true
```
END
exits 1 "$MQTTLAB" lab test 4 >tap
grep -q '^not ok 2 - the empty run scores 0: 1 points for nothing$' tap || fail "$(cat tap)"

# What the grader needs, and what is the fault of whom.
mkdir in none
: >in/x.mqlab
exits 3 "$MQTTLAB" grade in --labs "$work/nowhere" 2>said
has_line "mqttlab grade: $work/nowhere: no labs or exercises in it" said
exits 3 "$MQTTLAB" grade in --labs none 2>said
exits 2 env MQTTLAB_HOME="$work/none" "$MQTTLAB" grade in 2>said
exits 2 "$MQTTLAB" grade in -q --json "$work/none/x/y" 2>said
exits 1 "$MQTTLAB" grade in -q
echo q | "$MQTTLAB" lab 1 --plain -p "$port" >lab.out 2>lab.log
"$MQTTLAB" submit 1 -o in/x.mqlab >said
exits 1 "$MQTTLAB" grade in -q
# What cannot be graded is said to who hands it in.
folder=$XDG_DATA_HOME/mqttlab/01-small
mv "$folder/journal" kept
sed '1s/^./X/' kept >"$folder/journal"
exits 1 "$MQTTLAB" submit 1 -o damaged.mqlab >said 2>error
has_line "mqttlab submit: this will not be graded: $folder/journal: it was changed by hand" error
mv kept "$folder/journal"
echo nonsense >"$folder/recording-002.pcapng"
exits 1 "$MQTTLAB" submit 1 -o damaged.mqlab >said 2>error
grep -q "not be graded: $folder/recording-002.pcapng: " error || fail "$(cat error)"
rm "$folder/recording-002.pcapng"
sed -i.bak 's/answer q :/answer nobody :/' home/labs/01-small.md
exits 2 "$MQTTLAB" grade in >said
grep -q 'x.mqlab: not graded: the lab.s file is broken' said || fail "$(cat said)"

# Points that a person gives: listed, taken, and never lost.
mkdir essays
cat >home/labs/05-essay.md <<'END'
---
id: 05-essay
title: Essay
version: 1
---
# Essay
## Step 1: One
<!-- step one -->
```check
why  3  answer why : it is explained
```
```question why
ask: Why is it so?
answer: by hand
```
END
for who in ann bob; do
    printf '%s says: because "it" is, =so\nq\n' $who |
        "$MQTTLAB" lab 5 --plain --id $who --dir "$work/$who" -p "$port" >lab.out 2>lab.log
    grep -q '^Noted: a person reads it' lab.out || fail "$(cat lab.out)"
    grep -q '^A person reads what you wrote and gives up to 3 more' lab.out lab.log ||
        fail "$(cat lab.out lab.log)"
    "$MQTTLAB" submit 5 --dir "$work/$who" -o "essays/$who.mqlab" >said
done
exits 1 "$MQTTLAB" grade essays --marks essays/marks.csv >said
grep -q '^bob.mqlab: bob, lab 05-essay: 0 of 3 points, 3 to be marked by hand$' said ||
    fail "$(cat said)"
has_line '        answer:   ann says: because "it" is, =so' said
[ "$(grep -c '^m[0-9a-f]*,' essays/marks.csv)" = 2 ] || fail "$(cat essays/marks.csv)"
sed -i.bak 's/\(,"ann",.*\),3,,,/\1,3,2,and why is that?,/' essays/marks.csv
cp essays/marks.csv given
exits 1 "$MQTTLAB" grade essays --marks essays/marks.csv --csv grades.csv -q
grep -q '^"ann","05-essay",2,3,0,' grades.csv || fail "$(cat grades.csv)"
grep -q '^"bob","05-essay",0,3,3,' grades.csv || fail "$(cat grades.csv)"
cmp given essays/marks.csv || fail "grading has changed the marks"
sed -i.bak 's/,3,2,and/,3,4,and/' essays/marks.csv
exits 3 "$MQTTLAB" grade essays --marks essays/marks.csv 2>said
grep -q 'essays/marks.csv:2: points are a whole number' said || fail "$(cat said)"
exits 3 "$MQTTLAB" grade essays --marks - 2>said
# A question that is marked by hand has points to give.
sed 's/^why  3/why  0/' home/labs/05-essay.md >home/labs/06-none.md
exits 1 "$MQTTLAB" lab lint 6 >said
grep -q '06-none.md:12: a question that is marked by hand needs one check' said || fail "$(cat said)"

# The shell says where one is, whether a lab is open or not.
echo 'exit' | SHELL=/bin/sh "$MQTTLAB" shell -p "$port" >said
grep -q '^No lab is open: mqttlab lab 1' said || fail "$(cat said)"
has_line "$(pwd)" said
has_line "Clients connect to 127.0.0.1, port $port, when they are not told." said

# Without SHELL, as in a container, it is the one of the list of users.
users=$(awk -F: -v id="$(id -u)" '$3 == id { print $7; exit }' /etc/passwd)
case $users in
*/bash | */dash)
    echo 'ps -o args= -p $$' | (unset SHELL; "$MQTTLAB" shell -p "$port") >said
    has_line "$users" said
    ;;
esac

# A class with values of its own.
cat >home/labs/07-own.md <<'END'
---
id: 07-own
title: Own
version: 1
param code: {hex4}{hex4}
---
# Own
## Step 1: One
<!-- step one -->
Your code is {{code}}.
```check
code  1  answer code : the code
```
```question code
ask: Which?
answer: {{code}}
```
END
exits 0 "$MQTTLAB" class new key
[ "$(ls -l key | cut -c1-10)" = -rw------- ] || fail "others can read the key"
exits 1 "$MQTTLAB" class new key 2>said
exits 0 "$MQTTLAB" class seal key eve mia
exits 3 "$MQTTLAB" class seal key 'no id' 2>said
exits 1 "$MQTTLAB" class seal eve.sealed tom 2>said
has_line "mqttlab class: eve.sealed: this is no mqttlab-class file" said
code_of() { # WHO DIR: what the lab tells them
    echo q | "$MQTTLAB" lab 7 --plain --id "$1" --dir "$work/$2" -p "$port" 2>/dev/null |
        sed -n 's/^Your code is \(.*\)\.$/\1/p'
}
open=$(code_of eve open)
exits 0 "$MQTTLAB" class join eve.sealed >said
sealed=$(code_of eve sealed)
[ "$open" ] && [ "$sealed" ] && [ "$open" != "$sealed" ] || fail "'$open' and '$sealed'"
[ "$(code_of eve open)" = "$open" ] || fail "a lab that was begun has other values now"
exits 0 "$MQTTLAB" class join mia.sealed >said
[ "$(code_of eve sealed)" = "$sealed" ] || fail "a sealed lab has other values now"
[ "$(code_of mia mia)" != "$sealed" ] || fail "two students have the same values"
printf 'code %s\nq\n' "$sealed" |
    "$MQTTLAB" lab 7 --plain --dir "$work/sealed" -p "$port" >lab.out 2>&1
mkdir class
"$MQTTLAB" submit 7 --dir "$work/sealed" -o class/eve.mqlab >said
exits 1 "$MQTTLAB" grade class >said
grep -q 'not graded: it was made with a sealed file' said || fail "$(cat said)"
exits 0 "$MQTTLAB" grade class --class key >said
"$MQTTLAB" submit 7 --dir "$work/open" -o class/open.mqlab >said
exits 1 "$MQTTLAB" grade class --class key >said
grep -q 'open.mqlab: not graded: it was made without a sealed file' said || fail "$(cat said)"
"$MQTTLAB" class new other
rm class/open.mqlab
exits 1 "$MQTTLAB" grade class --class other -q
exits 3 "$MQTTLAB" grade class --class eve.sealed -q 2>said
if tar tf class/eve.mqlab | grep -q sealed; then
    fail "the secret is handed in"
fi
