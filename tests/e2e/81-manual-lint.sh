#!/bin/sh
# The manual pages are well-formed.
. "$(dirname "$0")/lib.sh"
need mandoc

for page in "$root"/docs/*.[1-9]; do
    mandoc -T lint -W warning "$page" >"$work/lint" || fail "$(cat "$work/lint")"
done
