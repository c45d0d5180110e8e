#!/bin/sh
# A lab whose checks run what students have written: a program that crashes, never ends,
# pretends, writes without end or looks around costs only its author.
. "$(dirname "$0")/lib.sh"
need pgrep procps

mkdir -p "$work/home/labs" "$work/in" "$work/pack"
cat >"$work/home/labs/31-run.md" <<'END'
---
id: 31-run
title: Run
version: 1
---

# Run

## Step 1: Write
<!-- step write -->

```check
said  2  file notes matches ^done : notes are done
works 3  shell sh ./program 2 | grep -x 4 : the program doubles
```
END

# One recording for all: the step was begun. What was handed in differs.
export MQTTLAB_HOME="$work/home"
printf 'q\n' | exits 0 "$MQTTLAB" lab 31 --plain --id ann --dir "$work/dir" \
    -p "$(random_port)" >"$work/lab.log" 2>&1
echo 'done' >"$work/dir/notes"
hand_in() { # NAME, the program on standard input
    cat >"$work/dir/program"
    exits 0 "$MQTTLAB" submit 31 --dir "$work/dir" -o "$work/in/$1.mqlab" >"$work/$1.log" 2>&1
}
echo "secret of the lecturer" >"$work/secret"
hand_in 01-good <<'END'
echo $(($1 * 2))
END
hand_in 02-crash <<'END'
kill -SEGV $$
END
hand_in 03-exit0 <<'END'
exit 0
END
hand_in 04-kills <<'END'
kill -9 $PPID 0
END
hand_in 05-flood <<'END'
yes
END
hand_in 06-files <<'END'
dd if=/dev/zero of=$TMPDIR/x bs=1M count=1024 && echo 4
END
hand_in 08-leaves <<'END'
(setsid sleep 1000.517 >/dev/null 2>&1 &)
echo $(($1 * 2))
END
hand_in 10-loop <<'END'
while :; do :; done
END
hand_in 11-good <<'END'
echo 4
END

# What only a kernel with namespaces for everybody keeps from happening.
if unshare -Urn true 2>/dev/null; then
    shut_off=yes
    hand_in 07-changes <<END
echo 4; echo forged >notes; echo forged >journal; rm -f "$work/in/01-good.mqlab"
END
    hand_in 09-looks <<END
grep -q lecturer "$work/secret" 2>/dev/null && echo 4
END
fi

exits 1 "$MQTTLAB" grade "$work/in" -j 6 --csv "$work/csv" -q
points() { # NAME: what it got
    awk -F, -v name="\"$1.mqlab\"" '$0 ~ name {print $3}' "$work/csv"
}
for name in 01-good 08-leaves 11-good; do
    [ "$(points $name)" = 5 ] || fail "$name has not full marks: $(cat "$work/csv")"
done
for name in 02-crash 03-exit0 04-kills 05-flood 06-files 10-loop; do
    [ "$(points $name)" = 2 ] || fail "$name should have the notes alone: $(cat "$work/csv")"
done
! pgrep -f 'sleep 1000.517' >/dev/null || fail "something still runs"
if [ "${shut_off:-}" ]; then
    [ -e "$work/in/01-good.mqlab" ] || fail "a hand-in has removed another"
    [ "$(points 09-looks)" = 2 ] || fail "it has read a file of the lecturer"
    [ "$(points 07-changes)" = 5 ] || fail "it has changed what was handed in"
fi
# The same again gives the same bytes, whatever they have tried, and in whatever order.
rm "$work/in/05-flood.mqlab" "$work/in/10-loop.mqlab"
exits 1 "$MQTTLAB" grade "$work/in" -j 8 --json "$work/json" -q
exits 1 "$MQTTLAB" grade "$work/in" -j 1 --json "$work/json2" -q
cmp "$work/json" "$work/json2" || fail "the same hand-ins give other bytes"

# Who stops the grader finds nothing left of what was unpacked.
: >"$work/dir/left-$$"
hand_in 12-late <<'END'
while :; do :; done
END
unpacked() {
    ls /tmp/mqttlab-grade.*/left-$$
}
background stopped "$MQTTLAB" grade "$work/in/12-late.mqlab" -q
until_ok unpacked
kill "$pid"
finishes "$pid" 143
! unpacked >/dev/null 2>&1 || fail "it has left $(unpacked)"

# One that holds the grader up beyond its time is not graded.
exits 1 "$MQTTLAB" grade "$work/in/12-late.mqlab" --timeout 1 >"$work/late"
has_line '12-late.mqlab: not graded: grading it took too long' "$work/late"

# Each check has a process of its own: when that ends before its time, whatever ended
# it, the check has proved nothing, and the others count.
[ "$(uname)" = Linux ] || exit 0
in_its_check() {
    worker=$(pgrep -P "$pid") && checking=$(pgrep -P "$worker") &&
        pgrep -P "$checking" >/dev/null
}
background ended "$MQTTLAB" grade "$work/in/12-late.mqlab" --timeout 50 --json "$work/json" -q
until_ok in_its_check
# Who grades a hand-in has limits of its own, whatever is in it: no core, no more time than
# that, no file that is larger than a hand-in, 2 GiB of memory.
limited() { # NAME LIMIT
    grep -Eq "^Max $1 +$2 +$2 " "/proc/$worker/limits" || fail "$(cat "/proc/$worker/limits")"
}
limited 'core file size' 0
limited 'cpu time' 50
limited 'file size' 268435456
sanitized || limited 'address space' 2147483648
kill -9 "$checking"
finishes "$pid" 1
[ "$(grep -c '"result": "crashed"' "$work/json")" = 1 ] || fail "$(cat "$work/json")"
grep -q '"points": 2,' "$work/json" || fail "the other check does not count"
! unpacked >/dev/null 2>&1 || fail "a hand-in that was graded is still in /tmp: $(unpacked)"
