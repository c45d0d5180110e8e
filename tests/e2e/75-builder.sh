#!/bin/sh
# The builder track: a starter compiles and scores nothing, the solution everything,
# each wrong way fails exactly the tests that it names; and a broker runs on it.
. "$(dirname "$0")/lib.sh"
cd "$root" || exit 1

built=$(dirname "$MQTTLAB")
if [ -z "$(ls exercises/builder/*/solution.c 2>/dev/null)" ] || sanitized; then
    # Nothing that could be installed would change it.
    echo "SKIP $test_name: no solutions, or a build with sanitizers"
    exit 0
fi
[ -e "$built/flags" ] || skip "$MQTTLAB was not built here"
cc=$(sed 's/ -std=.*//' "$built/flags")
unset MAKEFLAGS MFLAGS MAKELEVEL

# Judge FILE in place of ours.
judge() { # NAME FILE WHAT
    make -s -j1 "CC=$cc" "VARIANT=$(basename "$built")" "NAME=$1" "FILE=$2" \
        "BUILT=$work/$1.$3" "$work/$1.$3/judge" >"$work/$1.$3.make" 2>&1 ||
        fail "$2 does not compile: $(cat "$work/$1.$3.make")"
    part=$(sed -n "s/^case\.$1 *:= *//p" Makefile)
    "$work/$1.$3/judge" $part >"$work/$1.$3.said" 2>&1 || true
}

# Who is told that a test failed is told what the module was given, too.
says_what_was_given() { # NAME WHAT
    awk '/^FAIL/ { if (open) exit 1; open = 1 } /^ *given |: not tried: / { open = 0 }
        END { exit open }' "$work/$1.$2.said" || fail "$1, $2: $(cat "$work/$1.$2.said")"
}

points_are() { # NAME WHAT PATTERN
    tail -1 "$work/$1.$2.said" | grep -qx "$3" ||
        fail "$1, $2: $(cat "$work/$1.$2.said")"
}

# Starter and solution of one exercise, then its wrong ways.
check_one() { # NAME
    folder=exercises/builder/$1
    judge "$1" "$folder/$1.c" starter
    points_are "$1" starter '0 of [1-9][0-9]* points'
    says_what_was_given "$1" starter
    all=$(sed -n 's/^0 of //p' "$work/$1.starter.said")
    judge "$1" "$folder/solution.c" solution
    points_are "$1" solution "${all% points} of $all"
    [ -z "${MQTTLAB_SKIP_NOTHING:-}" ] || check_wrong "$1"
}

check_wrong() { # NAME
    grep -E '^(slow )?wrong ' "$folder/wrong.txt" | sed 's/^slow //' >"$work/$1.wrong"
    [ -s "$work/$1.wrong" ] || fail "$1 has no wrong ways"
    while read -r _ what fails; do
        awk -v what="$what" '$0 == "" { on = 0 } on
            { for (i = 1; i < NF; i++) if ($i == "wrong" && $(i + 1) == what) on = 1 }' \
            "$folder/wrong.txt" >"$work/$1.sed"
        sed -f "$work/$1.sed" "$folder/solution.c" >"$work/$1.$what.c"
        ! cmp -s "$folder/solution.c" "$work/$1.$what.c" || fail "$1, $what changes nothing"
        judge "$1" "$work/$1.$what.c" "$what" </dev/null
        says_what_was_given "$1" "$what"
        sed -n 's/^FAIL *[0-9]*\/[0-9]* *//p' "$work/$1.$what.said" | tr ' ' _ | sort \
            >"$work/$1.$what.failed"
        echo "${fails#fails=}" | tr , '\n' | sort | cmp -s - "$work/$1.$what.failed" ||
            fail "$1, $what fails:
$(cat "$work/$1.$what.said")"
    done <"$work/$1.wrong"
}

pids=
for folder in exercises/builder/*/; do
    # One a processor; each tells what is wrong with it through $work/failure.
    name=$(basename "$folder")
    (trap - EXIT && check_one "$name") &
    pids="$pids $!"
done
bad=
for pid in $pids; do
    wait "$pid" || bad=1
done
[ -z "$bad" ] || exit 1

grep -q 'is this function written yet' "$work/varint.starter.said" ||
    fail "the starter: $(cat "$work/varint.starter.said")"
make -s builder >"$work/list" || fail "the list of exercises: $?"
grep -qx '4. Exactly once: make builder NAME=flow' "$work/list" || fail "$(cat "$work/list")"

# Who uses the wrong action is told which, by name; and may use default.
cat >"$work/flow.c" <<'END'
#include "mqtt/flow.h"
enum flow_action flow_receiver(enum flow_state *state, enum flow_event event)
{
    (void)state;
    switch (event) {
    case FLOW_GOT_PUBREL: return FLOW_ANSWER_PUBCOMP;
    default: return FLOW_ERROR;
    }
}
END
judge flow "$work/flow.c" mistaken
grep -q 'in FLOW_DONE, at FLOW_RECONNECTED: FLOW_ERROR is wrong, wanted FLOW_NOTHING$' \
    "$work/flow.mistaken.said" || fail "$(cat "$work/flow.mistaken.said")"

# And who decodes a number wrongly, what came of which bytes.
sed 's/if (i > 0 && in\[i\] == 0)/if (0)/' exercises/builder/varint/solution.c >"$work/varint.c"
judge varint "$work/varint.c" mistaken
grep -A1 'given 80 00$' "$work/varint.mistaken.said" |
    grep -q ': wanted the size -129 (-MQTT_MALFORMED_PACKET), got 2$' ||
    fail "$(cat "$work/varint.mistaken.said")"
if grep -q warning "$work/flow.mistaken.make"; then
    fail "$(cat "$work/flow.mistaken.make")"
fi

# A module that says itself how good it is.
forged() { # WHAT POINTS [PATTERN]: built and judged as a student does it
    cat "$work/head.c" "$root/exercises/builder/varint/varint.c" >"$work/forged.c"
    if make -s -j1 "CC=$cc" "VARIANT=$(basename "$built")" NAME=varint \
        "FILE=$work/forged.c" "BUILT=$work/forged" builder >"$work/forged.log" 2>&1; then
        fail "$1 is taken for good: $(cat "$work/forged.log")"
    fi
    grep -q "$2" "$work/forged.log" || fail "$1: $(cat "$work/forged.log")"
}
cat >"$work/head.c" <<'END'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#define LAST 3
static int forge(void)
{
    for (int fd = 1; fd < LAST; fd++)
        dprintf(fd, "ok    51/51  all of it\n51 of 51 points\n");
    return 0;
}
#define abort() _exit(forge())
END
forged "what prints a result" '^0 of 51 points$'
grep -q '^    | 51 of 51 points$' "$work/forged.log" ||
    fail "what a module prints is not shown: $(cat "$work/forged.log")"
if grep -q '^51 of 51' "$work/forged.log"; then
    fail "what a module prints looks like the judge's: $(cat "$work/forged.log")"
fi
sed 's/LAST 3/LAST 30/; s/_exit(forge())/kill(getppid(), 9 + forge())/' "$work/head.c" >"$work/head2.c"
mv "$work/head2.c" "$work/head.c"
forged "what ends the judge" '^The judge was ended'
if grep -q 'of 51 points' "$work/forged.log"; then
    fail "who has ended the judge speaks in its place: $(cat "$work/forged.log")"
fi
cat >"$work/head.c" <<'END'
#include <stdio.h>
__attribute__((constructor)) static void forge(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%s 51 of 51 points\n", argv[i]);
    fclose(stdout);
}
END
forged "what runs before the judge" 'runs by itself'
cat >"$work/head.c" <<'END'
#include <unistd.h>
int srunner_ntests_run(void *runner);
int srunner_ntests_run(void *runner) { return runner != 0; }
END
forged "what stands in for the judge" 'srunner_ntests_run is not what the module is for'

# The broker on a student's module, and on one that is not written yet.
for what in starter solution; do
    file=exercises/builder/varint/solution.c
    [ $what = solution ] || file=exercises/builder/varint/varint.c
    make -s -j1 "CC=$cc" "VARIANT=$(basename "$built")" NAME=varint "FILE=$file" \
        "BUILT=$work/varint.$what" "$work/varint.$what/mqttlab" >"$work/make.log" 2>&1
done
ours=$MQTTLAB
MQTTLAB=$work/varint.solution/mqttlab
start_broker
background pub "$ours" pub -p "$port" -r -q 2 -t builder -m "through my bytes"
finishes "$pid"
[ "$("$MQTTLAB" sub -p "$port" -t builder -C 1 -W 5)" = "through my bytes" ] ||
    fail "the broker does not serve"
stop_broker
MQTTLAB=$work/varint.starter/mqttlab
start_broker
"$ours" pub -p "$port" -t builder -m x >/dev/null 2>&1 || true
until_ok gone "$broker_pid"
finishes "$broker_pid" 134
