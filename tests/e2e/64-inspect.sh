#!/bin/sh
# mqttlab inspect: captures of all kinds, as tshark tells them too.
. "$(dirname "$0")/lib.sh"
story=$root/tests/screens/story.pcapng

# Formats.
"$MQTTLAB" inspect "$story" >"$work/text.log"
[ "$(grep -c ' [<>] ' "$work/text.log")" = 32 ] || fail "not 32 packets"
head -1 "$work/text.log" | grep -qx ' frame packet time .*' ||
    fail "nothing says what the numbers are"
grep -q '^    13      7 .* PUBLISH .*lab/temp' "$work/text.log" ||
    fail "frame and packet have other numbers"
[ "$("$MQTTLAB" inspect -Y 'lab.packet == 7' -e frame.number "$story")" = 13 ] ||
    fail "there is no way from a packet of the dashboard to its frame"
grep -q 'will FIRED' "$work/text.log" || fail "a recording's events are lost"
[ "$("$MQTTLAB" inspect -T json "$story" | wc -l)" = 32 ] || fail "not 32 objects"
"$MQTTLAB" inspect -T tree "$story" >"$work/tree.log"
grep -q '0011 .... = Message Type: Publish Message (3)' "$work/tree.log" ||
    fail "no tree"
"$MQTTLAB" inspect -e mqtt.topic -e mqtt.qos -E header=y -E separator=, \
    -Y 'mqtt.topic == "lab/temp"' "$story" >"$work/fields.log"
printf 'mqtt.topic,mqtt.qos\nlab/temp,2\nlab/temp,1\n' |
    diff - "$work/fields.log" >&2 || fail "-e shows other fields"
"$MQTTLAB" inspect - <"$story" | diff "$work/text.log" - >&2 ||
    fail "a pipe is read in another way"

# Written again.
"$MQTTLAB" inspect -w "$work/copy.pcapng" "$story"
"$MQTTLAB" inspect "$work/copy.pcapng" | diff "$work/text.log" - >&2 ||
    fail "-w loses something"

"$MQTTLAB" inspect -w "$work/copy.pcap" "$story"
when() { # FILE: as tshark has them, from the first frame on
    "$MQTTLAB" inspect -e frame.number -e frame.time_relative -e mqtt.msgtype "$1"
}
when "$story" >"$work/times.log"
grep -qx '4.0.0010*.1' "$work/times.log" || fail "the first frame is not the first"
when "$work/copy.pcap" | diff "$work/times.log" - >&2 ||
    fail "a file in the older format has other packets"

"$MQTTLAB" inspect -Y 'mqtt.msgtype == 3' -w "$work/some.pcapng" "$story"
[ "$("$MQTTLAB" inspect -Y 'lab.client == "sensor-1"' "$work/some.pcapng" |
    grep -c ' PUBLISH ')" = \
    "$("$MQTTLAB" inspect -Y 'lab.client == "sensor-1" && mqtt.msgtype == 3' "$story" |
        grep -c ' PUBLISH ')" ] || fail "-w forgets whose packets they are"

cp "$story" "$work/own.pcapng"
"$MQTTLAB" inspect -w "$work/own.pcapng" "$work/own.pcapng" 2>/dev/null &&
    fail "-w takes the file that is read"
cmp "$story" "$work/own.pcapng" || fail "-w writes over the file that is read"
"$MQTTLAB" inspect -w "$work/own.pcapng" "$work/none.pcapng" 2>/dev/null &&
    fail "a file that is not there is read"
cmp "$story" "$work/own.pcapng" || fail "-w costs a file when the input has a wrong name"
if [ -c /dev/full ]; then
    "$MQTTLAB" inspect "$story" 2>"$work/full.log" >/dev/full &&
        fail "a full disk under standard output is no error"
    grep -q 'standard output: No space' "$work/full.log" || fail "it is not told"
fi
"$MQTTLAB" inspect "$story" | head -n 1 >/dev/null

# A key log may come through a pipe; all of it is read.
mkfifo "$work/keys"
{ head -c 300000 /dev/zero | tr '\0' '\n' >"$work/keys" && echo yes >"$work/all"; } &
writer=$!
"$MQTTLAB" inspect --keylog "$work/keys" "$story" | diff "$work/text.log" - >&2 ||
    fail "a key log from a pipe changes what is shown"
wait "$writer" || :
[ -f "$work/all" ] || fail "a key log from a pipe is not read"

# What is wrong is said.
fails() { # CODE TEXT ARGUMENTS...
    code=$1 text=$2
    shift 2
    status=0
    "$MQTTLAB" inspect "$@" >"$work/out.log" 2>&1 || status=$?
    [ $status = "$code" ] || fail "exit code $status of: $*"
    grep -qF -e "$text" "$work/out.log" || fail "$* does not say: $text"
}
head -c 3000 "$story" >"$work/cut"
fails 1 'the file ends in the middle of a block' "$work/cut"
grep -qc 'CONNECT' "$work/out.log" || fail "nothing of a file that was cut"
fails 1 'byte 0: not a capture' "$root/README.md"
fails 1 'byte 0: there is nothing in it' /dev/null
fails 1 'No such file' "$work/none"
fails 1 'no broker has this port or control socket' --tap 9
fails 3 'column 1: unknown field mqtt.topik, did you mean mqtt.topic?' \
    -Y mqtt.topik "$story"
fails 3 'did you mean mqtt.topic?' -e mqtt.topik "$story"
fails 3 "-T: 'xml' is none of text, fields, json, tree" -T xml "$story"
fails 3 "-d: '1883'" -d 1883 "$story"
fails 3 'say a file' -T json
for option in '-d 1884=ws' '--keylog keys' '--psk 00' --outside; do
    # shellcheck disable=SC2086 # a name and its value
    fails 3 "${option%% *} is for a file" --tap 1 $option
done
for option in '--cert c --key k' '--cafile c' --insecure; do
    # shellcheck disable=SC2086
    fails 3 "${option%% *} belongs to --listen" "$story" $option
done

need python3
need openssl
LOSSY_ROUNDS=4 python3 "$test_dir/inspect_lossy.py" "$MQTTLAB" "$work" \
    >"$work/lossy.log" || fail "packets are lost, or made up"

need tshark
case $(tshark -v 2>/dev/null | head -1) in
*' 4.0.'*) ;;
*) skip "tshark is not 4.0" ;;
esac
python3 "$test_dir/inspect_tshark.py" "$MQTTLAB" "$work" >"$work/tshark.log" ||
    fail "tshark tells other things"
