#!/bin/sh
# Is each promise of tests/wishes.txt proved by tests that have run, and passed?
# $1: what the tests' runner wrote (UNIT_LOG): a line for each test.
set -eu
LC_ALL=C # for the order of names
export LC_ALL
log=$1
cd "$(dirname "$0")/.."

fail() {
    echo "tests/wishes.txt: $*" >&2
    exit 1
}

# How often that has happened to a test, of any iteration or of one. Check writes
# FILE:LINE:P:CASE:TEST:ITERATION; the file is that of the latest assertion, which
# may be a helper's.
count() { # LETTERS TEST [ITERATION]
    grep -c "^[^:]*:[0-9]*:[$1]:[^:]*:$2:${3:-[0-9]*}: " "$log" || :
}

# All of its iterations have passed.
of_unit() { # FILE TEST
    grep -q "^START_TEST($2)" "$1" && [ "$(count P "$2")" -gt 0 ] &&
        [ "$(count FE "$2")" = 0 ]
}

# A script is one test, numbered in order; what is named stands in a line of it.
of_script() { # FILE TEXT
    case ${1##*/} in
    *.sh) ;;
    *) return 1 ;;
    esac
    sed '/^ *#/d' "$1" | grep -qF -e "$2" || return 1
    number=$(printf '%s\n' tests/e2e/*.sh | grep '/[0-9][^/]*$' |
        grep -nxF -e "$1" | cut -d: -f1)
    [ "$number" ] && [ "$(count P script_ends_with_success $((number - 1)))" = 1 ]
}

# Each picture is compared by one of two tests, as often as there are pictures.
compared() { # TEST PICTURE...
    pictures=$(($# - 1))
    [ "$(count P "$1")" = $pictures ]
}
of_screen() { # FILE TEXT
    grep -qF -e "$2" "$1" || return 1
    case $1 in
    */scene-*) compared a_scene_looks_as_it_did tests/screens/scene-*.txt ;;
    *) compared a_view_looks_as_it_did tests/screens/[!es]*-[0-9]*x[0-9]*.txt \
        tests/screens/s[eth]*-[0-9]*x[0-9]*.txt ;;
    esac
}

promise=
proofs=1
while IFS= read -r line; do
    case $line in
    '#'* | '') continue ;;
    W*)
        [ "$proofs" -gt 0 ] || fail "no test proves: $promise"
        promise=$line
        proofs=0
        continue
        ;;
    '    '*) ;;
    *) fail "no promise and no test: $line" ;;
    esac
    line=${line#    }
    file=${line%% *}
    test=${line#* }
    test=${test#"${test%%[! ]*}"}
    case $file in
    tests/unit/*.c) kind=of_unit ;;
    tests/e2e/*) kind=of_script ;;
    tests/screens/*) kind=of_screen ;;
    *) fail "$promise: $file is no test" ;;
    esac
    $kind "$file" "$test" || fail "$promise: '$test' of $file has not passed"
    proofs=$((proofs + 1))
done <tests/wishes.txt
[ "$proofs" -gt 0 ] || fail "no test proves: $promise"
