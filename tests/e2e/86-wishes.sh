#!/bin/sh
# Each promise of tests/wishes.txt has a test that is there.
. "$(dirname "$0")/lib.sh"
cd "$root"

promise=
proofs=1
while IFS= read -r line; do
    case $line in
    '#'* | '') ;;
    W*)
        [ "$proofs" -gt 0 ] || fail "no test proves: $promise"
        promise=$line
        proofs=0
        ;;
    '    '*)
        file=${line#    }
        test=${file#* }
        file=${file%% *}
        test=${test#"${test%%[! ]*}"}
        grep -qF -e "$test" "$file" || fail "$promise: $file has no '$test'"
        proofs=$((proofs + 1))
        ;;
    *) fail "no promise and no test: $line" ;;
    esac
done <tests/wishes.txt
[ "$proofs" -gt 0 ] || fail "no test proves: $promise"
