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

# make dist and make dist-lecturer, in a copy of this repository: what students get is
# the same but for solutions.
need make
git clone -q --shared . "$work/copy" 2>"$work/clone.log"
cd "$work/copy" || exit 1
MAKEFLAGS='' make -s SEAL="$MQTTLAB lab seal" dist dist-lecturer >"$work/make.log" 2>&1 || fail "make dist"
for kind in students lecturers; do
    archive=$(find . -maxdepth 1 -name 'mqttlab-*.tar.gz' |
        if [ $kind = lecturers ]; then grep lecturer; else grep -v lecturer; fi)
    [ -s "$archive" ] || fail "there is no archive for $kind"
    tar tzf "$archive" | sed 's|^[^/]*/||' | grep -v '/$' | grep . | sort >"$work/$kind"
done
# What is in both is all but the solutions; in the lecturer's is all that there is.
git ls-files | sort >"$work/all"
diff "$work/all" "$work/lecturers" >"$work/diff.log" || fail "the lecturer's archive"
git ls-files | git check-attr --stdin export-ignore |
    sed -n 's/: export-ignore: set$//p' | sort >"$work/kept"
comm -23 "$work/all" "$work/kept" | diff - "$work/students" >"$work/diff.log" ||
    fail "the students' archive"
! grep -E 'solution\.md$|^exercises/.*(solution\.(c|py|js)|wrong\.txt)$' "$work/students" >"$work/diff.log" ||
    fail "solutions are packed"
grep -qx 'labs/06-topics.solution.md' "$work/kept" || fail "a solution is not kept back"

# Nor can answers that all students share be read in it; those who get all read them.
for kind in students lecturers; do
    archive=$(find . -maxdepth 1 -name 'mqttlab-*.tar.gz' |
        if [ $kind = lecturers ]; then grep lecturer; else grep -v lecturer; fi)
    mkdir "$work/$kind.files"
    tar xzf "$archive" -C "$work/$kind.files"
    find "$work/$kind.files" -name '*.md' -path '*/exercises/*' -exec cat {} + |
        grep '^answer: ' | grep -vE '\{\{|^answer: (field|by hand)' >"$work/$kind.answers"
done
grep -qx 'answer: 8883' "$work/lecturers.answers" || fail "the lecturer's answers are sealed"
grep -q '^answer: scrypt:' "$work/students.answers" || fail "no answer is sealed"
! grep -v '^answer: scrypt:' "$work/students.answers" >"$work/diff.log" ||
    fail "answers can be read"
