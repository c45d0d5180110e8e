#!/bin/sh
# Our pub and sub are called as Debian's, print what they print and end as they
# end: every command line here runs with both programs.
. "$(dirname "$0")/lib.sh"
need /usr/bin/mosquitto_pub mosquitto-clients
need /usr/bin/mosquitto_sub mosquitto-clients
use_names
start_broker

# Run PROGRAM (pub or sub) of ours and of Debian's: same output, same errors,
# same exit status.  Input is file $input.
input=/dev/null
same() { # PROGRAM OPTIONS...
    program=mosquitto_$1
    shift
    for whose in "$work/bin" /usr/bin; do
        code=0
        "$whose/$program" -p "$port" "$@" <"$input" >"$work/out" 2>&1 ||
            code=$?
        echo "exit status $code" >>"$work/out"
        [ "$whose" != "$work/bin" ] || mv "$work/out" "$work/ours"
    done
    diff -u "$work/ours" "$work/out" >"$work/difference" ||
        fail "$program $*: Debian's does otherwise:
$(cat "$work/difference")"
}

# --- what both say of their packets
for version in 31 311 5; do
    for qos in 0 1 2; do
        same pub -i me -t a -m x -d -V $version -q $qos
        same sub -i me -t a -t b -E -d -V $version -q $qos
    done
done
same pub -i me -t a -m x -d -r
same pub -i me -t a -n -d -r
same pub -i me -t a -m x -d -c
same pub -i me -t a -m x -d -q 1 --repeat 3
same pub -i me -t a -m x -d --will-topic w --will-payload x --will-qos 2
same pub -i me -t a -m x -d -u somebody -P secret
same pub -i me -t a -m x -d -V 5 -q 1 -D publish content-type text/plain
printf 'a\n\nb\nc' >"$work/lines"
input=$work/lines
same pub -i me -t a -l -d
same pub -i me -t a -s -d -q 1
echo "one line; acknowledgements of more come when they like" >"$work/line"
input=$work/line
same pub -i me -t a -l -d -q 1
input=/dev/null
same sub -i me -t a -E -d -c
same sub -i me -t a -E -d -c
same sub -i me -t a -E -d -U a

# --- how both print a message
for topic in a a/b 'a/ä €'; do
    mosquitto_pub -p "$port" -V 5 -t "print/$topic" -r -q 1 \
        -m "$(printf '%s \001"\\' "$topic")" \
        -D publish content-type text/plain -D publish user-property a b \
        -D publish response-topic answer -D publish correlation-data x1 \
        -D publish payload-format-indicator 1
    all='%p|%t|%x|%X|%l|%q|%r|%m|%A|%C|%D|%E|%F|%P|%R|%S|\t\n\\%%@@\0'
    same sub -t "print/$topic" -C 1 -F "$all"
    same sub -t "print/$topic" -C 1 -F "$all" -V 5 -q 2
    same sub -t "print/$topic" -C 1
    same sub -t "print/$topic" -C 1 -v
    same sub -t "print/$topic" -C 1 -N
done

# --- what both refuse, and how: the words differ from version to version
version=$(/usr/bin/mosquitto_pub --version | awk '{print $3}')
if [ "$version" != 2.0.11 ]; then
    stop_broker
    echo "$test_name: messages are compared with 2.0.11, not with $version"
    exit 0
fi
same sub -t none -W 1
same sub -t
same sub -t 'a/#/b'
same sub -t 'a+'
same sub -t a -T 'a+'
same sub -t a -U 'a+'
same sub -t a -C 0
same sub -t a -W 0
same sub -t a -F
same sub -t a -F '%z'
same sub -t a -F '\z'
same sub -t a --random-filter 0
same pub -t 'a/#' -m x
same pub -t a -m x -m y
same pub -t a -m x -n
same pub -t a -m x -q 3
same pub -t a -m x -k 2
same pub -t a -m x -V 4
same pub -t a -m x --nonsense
same pub -t a -m x -p 1
same pub -t a -m x -p 70000
same pub -t a -m x -P x
same pub -t a -m x --will-payload x
same pub -t a -m x --will-topic 'a/#'
same pub -t a -m x -V 5 -D publish content-type
same pub -t a -m x -V 5 -D publish nonsense 3
same pub -t a -m x -V 5 -D nonsense content-type 3
same pub -t a -m x -V 5 -D connect content-type 3
same pub -t a -m x -V 5 -D connect receive-maximum 0
same pub -t a -f /nonexistent
stop_broker
