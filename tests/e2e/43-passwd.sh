#!/bin/sh
# mqttlab passwd is called as mosquitto_passwd, says what it says and ends as it ends.
. "$(dirname "$0")/lib.sh"

mkdir "$work/bin"
ln -s "$MQTTLAB" "$work/bin/mosquitto_passwd"
ours=$work/bin/mosquitto_passwd
debian=/usr/bin/mosquitto_passwd

# --- what is ours
cd "$work"
exits 0 "$MQTTLAB" passwd --help >help
grep -q -- '-H HASH' help || fail "--help does not name -H"
exits 0 "$ours" -b -c file anna secret
[ "$(stat -c %a file)" = 600 ] || fail "others can read a new password file"
grep -qE '^anna:\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$' file ||
    fail "not as mosquitto writes it: $(cat file)"
printf '# kept\n\n' >>file
chmod 644 file
exits 0 "$ours" -b -I 20000 file bert secret
grep -q '^# kept$' file || fail "a comment was removed"
grep -q '^bert:\$7\$20000\$' file || fail "-I was not obeyed"
[ "$(stat -c %a file)" = 600 ] || fail "others can still read the file"
chmod 640 file
exits 0 "$ours" -b file bert secret
[ "$(stat -c %a file)" = 640 ] || fail "the group cannot read the file any more"
exits 0 "$ours" -b -I 20000 file bert secret
exits 0 "$ours" -b -H scram-sha-256 file carl secret
grep -qE '^carl:\$scram-sha-256\$4096\$[^$]+\$[^$]+\$[^$]+$' file ||
    fail "no line for SCRAM: $(cat file)"
exits 0 "$ours" -bH sha512 file dora secret
cp file before
exits 1 "$ours" -b nowhere/file u p 2>error
exits 1 "$ours" -b file 'two
lines' p 2>error
grep -q "one line" error || fail "a name of two lines: $(cat error)"
exits 1 "$ours" -b file '' p 2>error
exits 1 "$ours" -b file '#anna' p 2>error
grep -q "a comment" error || fail "a name that is a comment: $(cat error)"
exits 1 "$ours" -b file "$(printf 'anna\377')" p 2>error
grep -q "UTF-8" error || fail "a name that is no text: $(cat error)"
exits 1 "$ours" -I 10000001 -b file u p 2>error
cmp file before || fail "a mistake changed the file"
ln -s file link
exits 0 "$ours" -D link dora
[ -L link ] || fail "a link was replaced by a file"
! grep -q '^dora:' file || fail "the user is still there"
[ "$(ls)" = "$(printf '%s\n' before bin error file help link)" ] ||
    fail "files were left behind: $(ls)"

# A terminal does not show what is typed.
if command -v script >/dev/null 2>&1; then
    (
        until_ok grep -q Password: shown
        echo hidden
        until_ok grep -q Reenter shown
        echo hidden
    ) | script -qc "$ours -c typed erna" /dev/null >shown 2>&1
    ! grep -q '^hidden.*Reenter' shown || fail "the password was shown"
    grep -q '^erna:' typed || fail "nothing was written: $(cat shown)"
    # Who gives up can see again what is typed.
    cat >asked.sh <<EOF
trap 'stty -a >after' INT
'$ours' -c given-up erna
stty -a >after
EOF
    (
        until_ok grep -q Password: asked
        printf '\003'
        until_ok [ -s after ]
    ) | script -qc "sh asked.sh" /dev/null >asked 2>&1
    grep -q ' echo ' after || fail "the terminal stays blind: $(cat after)"
    [ ! -e given-up ] || fail "it went on after an interrupt"
fi

# --- both alike
[ -x $debian ] || skip "mosquitto_passwd is not installed (package mosquitto)"
version=$(dpkg-query -W -f '${Version}' mosquitto 2>/dev/null || true)
case $version in
2.0.11*) ;;
*) skip "messages are compared with 2.0.11, not with '$version'" ;;
esac

# Each runs in a folder of its own.  Salts and hashes are random; the usage is in
# words of our own.
input=/dev/null
same() { # OPTIONS...
    for whose in ours debian; do
        mkdir -p "$work/$whose"
        cd "$work/$whose"
        eval "program=\$$whose"
        code=0
        "$program" "$@" <"$input" >"$work/out" 2>"$work/err" || code=$?
        if grep -q '^Usage' "$work/out"; then echo usage >"$work/out"; fi
        {
            echo "exit status $code"
            cat "$work/out" "$work/err"
            for file in *; do
                [ ! -f "$file" ] || {
                    echo "--- $file"
                    sed 's/\$[^$]\{16\}\$[^$]*==$/$SALT$HASH/' "$file"
                }
            done
        } >"$work/$whose.is"
    done
    cd "$work"
    diff -u ours.is debian.is >difference ||
        fail "mosquitto_passwd $*: Debian's does otherwise:
$(cat difference)"
}

same
same -h
same -x
same -b f
same -b f u
same -b f u p
same -b -c f u p
same -b -c f u p
same -c -b f u p
same -b f u2 p2
same -b f u p3
same -D f nobody
same -D f u2
same -D f
same -D nofile u
same -b -H sha512 f old pw
same -b -H md5 f old pw
same -H
same -H sha512
same -I
same -b -I 5000 f it pw
same -I 0 -b f it pw
same -I x -b f it pw
same -I -5 -b f it pw
same -b f a:b pw
same -b f e ''
same -U nofile
same -c -D f u
same -c -U f
same -c f
same -b -D f u p
same a b c d
same f u p
same f
same -b -c /nowhere/f u p
for typed in 'pp\npp\n' 'pp\nqq\n' '\n\n' 'pp\n' 'pp' '' 'a b\na b\n'; do
    # shellcheck disable=SC2059
    printf "$typed" >typed.in
    input=$work/typed.in
    same f u
    same -c g u
done
input=/dev/null
for text in 'x:plain\ny:pw2\n' 'bad\n' 'x:\n' 'x:a b c\n'; do
    for whose in ours debian; do
        # shellcheck disable=SC2059
        printf "$text" >"$work/$whose/plain"
    done
    same -U plain
done
