#!/bin/sh
# tools/statements finds what is cited nowhere, and what is cited and not there.
# (The numbers are put together here, or they would be found in this file.)
. "$(dirname "$0")/lib.sh"
check=$root/tools/statements
five=MQTT
three=MQTT311
cd "$work"

cat >list <<END
# a comment
$five-1.0.0-1  server  what a server does
$three-1.0.0-1  both  =$five-1.0.0-1  the same, in the version before
$five-1.0.0-2  client  what a client does
END
echo "/* [$five-1.0.0-1] */" >source.c
echo "{\"$five-1.0.0-1: its case\"}," >test.c
echo "nothing" >empty.c
exits 0 "$check" list -- source.c -- test.c -- empty.c >table
holds table <<END
$five-1.0.0-1  server  what a server does
    obeyed: source.c:1
    tested: test.c:1
$three-1.0.0-1  both  the same, in the version before
    as $five-1.0.0-1
    obeyed: source.c:1
    tested: test.c:1
$five-1.0.0-2  client  what a client does
    obeyed: -
    tested: -
END

exits 1 "$check" -q list -- empty.c -- test.c -- >problems
has_line "list: $five-1.0.0-1 (what a server does) is cited nowhere in the source" \
    problems
exits 1 "$check" -q list -- source.c -- empty.c -- >problems
has_line "list: $three-1.0.0-1 (the same, in the version before) is cited in no test" \
    problems
# A number in a file that proves nothing is no proof, but must be there.
exits 1 "$check" -q list -- source.c -- empty.c -- test.c >problems
echo "[$five-9.9.9-9]" >other.c
exits 1 "$check" -q list -- source.c -- test.c -- other.c >problems
holds problems <<END
other.c:1: no such statement: $five-9.9.9-9
END
echo "$five-1.0.0-2  everybody  what nobody is" >>list
exits 1 "$check" -q list -- source.c -- test.c -- >problems
has_line "list: $five-1.0.0-2 (what a client does) is there twice, or binds nobody" problems
