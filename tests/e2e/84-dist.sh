#!/bin/sh
# What students get has no solutions: .gitattributes keeps them out of archives.
. "$(dirname "$0")/lib.sh"
need git
cd "$root" || exit 1
[ -e .git ] || skip "this copy is no git repository"

git ls-files '*solution.md' >"$work/solutions"
[ -s "$work/solutions" ] || skip "this repository has no solutions"
git archive HEAD | tar t >"$work/files"
grep -qx 'labs/01-plaintext.md' "$work/files" || fail "lab 1 is not packed"
! grep -q "solution\.md\$" "$work/files" ||
    fail "solutions are packed: $(grep 'solution\.md$' "$work/files")"
