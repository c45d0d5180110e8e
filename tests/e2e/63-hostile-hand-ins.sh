#!/bin/sh
# Hand-ins that are no hand-ins, under names that are no names: each is refused in a
# line of its own that says why, in every kind of report, and nothing else happens.
. "$(dirname "$0")/lib.sh"

mkdir "$work/in" "$work/pack" "$work/in/folder.mqlab"
cd "$work/in"
: >empty.mqlab
printf 'no tar' >"$(printf 'a\033[2J\302\233b.mqlab')"
printf 'no tar' >"$(printf 'latin-\344.mqlab')"
mkfifo fifo.mqlab
ln -s /dev/zero zero.mqlab
# Folders of students, as platforms pack them, and a link that leads in circles.
mkdir -p "ann_1/deep" && printf 'no tar' >ann_1/deep/x.mqlab
ln -s .. ann_1/circle
cd "$work/pack"
printf 'lab: 01\nversion: 1\nstudent: a\n' >manifest
tar cf ../in/unsigned.mqlab manifest
tar czf ../in/packed.mqlab manifest
ln -s /etc/passwd link
tar cf ../in/link.mqlab manifest link
tar cf ../in/up.mqlab -P ../pack/manifest
mkdir sub && tar cf ../in/folders.mqlab sub
i=0
while [ $i -lt 600 ]; do : >"f$i" && i=$((i + 1)); done
tar cf ../in/many.mqlab f*
# A bomb: 300 MiB of nothing, and a byte.
printf x | dd of=large bs=1M seek=300 2>/dev/null
tar cSf ../in/large.mqlab large
# A gigabyte is in the folder, but not on the disk.
truncate -s 1G ../in/gigabyte.mqlab
# Links that are no symbolic ones, absolute names, names of the folder itself.
ln manifest hard && tar cf ../in/hard.mqlab manifest hard
tar cf ../in/absolute.mqlab -P "$work/pack/manifest"
tar cf ../in/dot.mqlab ./manifest
printf 'x\n' >"$(printf 'na\033[2Jme')"
tar cf ../in/escape.mqlab "$(printf 'na\033[2Jme')"
cd "$work"

exits 1 "$MQTTLAB" grade in --text text --tap tap --junit junit --json json --csv csv \
    --html html --similar similar -q </dev/null >grade.log 2>&1
count=$(find in -name '*.mqlab' | wc -l)
[ "$(grep -c 'not graded: ' text)" = "$count" ] || fail "not $count lines: $(cat text)"
has_line "$count hand-ins, 0 with full marks" text
for file in text tap junit json csv html similar; do
    # Outside of UTF-8 every control character and every broken one is seen.
    ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]\\|\302[\200-\237]')" $file ||
        fail "$file has control characters"
    ! LC_ALL=C.UTF-8 grep -qavx '.*' $file || fail "$file is not UTF-8"
done
has_line 'a\x1b[2J\xc2\x9bb.mqlab: not graded: is no tar file, or is damaged' text
has_line 'ann_1/deep/x.mqlab: not graded: is no tar file, or is damaged' text
has_line 'many.mqlab: not graded: holds too many files' text
has_line 'link.mqlab: not graded: holds something that is no plain file' text
has_line 'up.mqlab: not graded: holds something that is no plain file' text
has_line 'latin-\xe4.mqlab: not graded: is no tar file, or is damaged' text
has_line 'gigabyte.mqlab: not graded: is empty' text
has_line 'hard.mqlab: not graded: holds something that is no plain file' text
has_line 'absolute.mqlab: not graded: holds something that is no plain file' text
has_line 'escape.mqlab: not graded: holds something that is no plain file' text
has_line '0 pairs with something in common' similar
if command -v xmllint >/dev/null; then
    xmllint --noout --schema "$root/tests/spec/junit.xsd" junit 2>xml.log || fail "JUnit is none"
    xmllint --noout html || fail "the page is not well-formed"
fi
has_line 'large.mqlab: not graded: is too large' text

# Folders that cannot be looked into are named: somebody's hand-in may be in them.
mkdir -p deep/1/2/3/4/5/6/7/8/9
cp in/empty.mqlab deep/1
exits 2 "$MQTTLAB" grade deep >said 2>error
has_line 'mqttlab grade: deep/1/2/3/4/5/6/7/8/9: too many folders within folders; it was passed over' error
has_line '1/empty.mqlab: not graded: is no tar file, or is damaged' said
