#!/bin/sh
# make install brings a program that finds its labs, and no solutions; make
# uninstall takes all of it away again.
. "$(dirname "$0")/lib.sh"
need make

# The program under test is taken as it is: nothing is built.
to=$work/image
variant=$(basename "$(dirname "$MQTTLAB")")
install() { # TARGET
    MAKEFLAGS='' make -s -C "$root" -o "build/$variant/mqttlab" VARIANT="$variant" \
        DESTDIR="$to" PREFIX=/opt/lab "$1" >"$work/make.log" 2>&1 ||
        fail "make $1 ended with $?"
}
install install

# The example of a plugin, in C, is no solution.
solutions=$(find "$to" -name '*solution*' -o -name '*.c' ! -path '*/share/doc/*')
[ -z "$solutions" ] || fail "there are solutions: $solutions"
find "$to" -name '*.md' -path '*/exercises/*' -exec cat {} + | grep '^answer: ' |
    grep -vE '\{\{|^answer: (field|by hand)' >"$work/answers"
grep -q '^answer: scrypt:' "$work/answers" || fail "no answer is hashed"
! grep -v '^answer: scrypt:' "$work/answers" >&2 || fail "answers can be read"
for file in man/man1/mqttlab.1 man/man1/mqttlab-pub.1 \
    man/man1/mqttlab-sub.1 man/man1/mqttlab-request.1 man/man1/mqttlab-certs.1 man/man5/mqttlab.conf.5 doc/mqttlab/LICENSE \
    doc/mqttlab/filter.md; do
    [ -s "$to/opt/lab/share/$file" ] || fail "share/$file is missing"
done

# From a folder without labs of its own.
cd "$work" || exit 1
"$to/opt/lab/bin/mqttlab" lab >"$work/installed"
grep -q '^  01-plaintext ' "$work/installed" || fail "lab 1 is not found:
$(cat "$work/installed")"
[ "$(awk '/ min /{print index($0, " min ")}' "$work/installed" | sort -u | wc -l)" = 1 ] ||
    fail "the columns of the list are not straight: $(cat "$work/installed")"
for exercise in "$root"/exercises/*/exercise.md; do
    grep -q "^  $(basename "$(dirname "$exercise")") " "$work/installed" ||
        fail "$exercise is not found"
done

install uninstall
[ -z "$(find "$to" -type f)" ] || fail "uninstall left $(find "$to" -type f)"
