#!/bin/sh
# README.md shows what the program shows, and names nothing that is not there.
. "$(dirname "$0")/lib.sh"
cd "$root" || exit 1

# The picture is the first block.
awk '/^```/ { if (on) exit; on = 1; next } on' README.md >"$work/picture"
"$MQTTLAB" screen --utf8 -n 7 -k '<Tab>jjj' docs/hello.pcapng >"$work/screen"
holds "$work/picture" <"$work/screen"
"$MQTTLAB" screen --utf8 --svg -s 120x40 -n 7 docs/hello.pcapng |
    cmp -s - docs/dashboard.svg || fail "make screenshots makes another picture"

# Commands in blocks.
awk '/^ *```/ { on = $0 ~ /sh$/ && !on; next } on' README.md >"$work/typed"
"$MQTTLAB" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' >"$work/commands"
MAKEFLAGS='' make -s help | sed -n 's/^  make \([a-z-]*\) .*/\1/p' >"$work/targets"
sed -n 's/^ *mqttlab \([a-z]*\).*/\1/p' "$work/typed" | sort -u >"$work/used"
[ -s "$work/used" ] || fail "README.md shows no command"
while read -r command; do
    grep -qx -e "$command" "$work/commands" ||
        fail "README.md has mqttlab $command, which is no command"
done <"$work/used"
sed -n 's/^ *\(sudo \)\{0,1\}make \([a-z-]*\).*/\2/p' "$work/typed" |
    sort -u >"$work/used"
[ -s "$work/used" ] || fail "README.md shows no make"
while read -r target; do
    grep -qx -e "$target" "$work/targets" ||
        fail "README.md has make $target, which make help does not list"
done <"$work/used"

# Links within the project, in all documents.
for document in *.md docs/*.md; do
    grep -oE '\]\([^):#]+\)' "$document" | tr -d ']()' >"$work/links" || true
    while read -r link; do
        [ -e "$(dirname "$document")/$link" ] ||
            fail "$document: there is no $link"
    done <"$work/links"
done

# make shell leaves no trace of make in the shell, and does not blame a student
# whose last command failed.
variant=$(basename "$(dirname "$MQTTLAB")")
# shellcheck disable=SC2016
printf '%s\n' 'echo "[$MAKEFLAGS][$MAKELEVEL]"' 'exit 3' >"$work/typed"
MAKEFLAGS='' SHELL=/bin/sh make -o all "VARIANT=$variant" shell \
    <"$work/typed" >"$work/shell" 2>&1 || fail "make shell ended with $?"
grep -qxF '[][]' "$work/shell" || fail "make shell: $(cat "$work/shell")"
