#!/bin/sh
# Without a terminal mqttlab takes a tour: real packets as text, exit status 0, and
# nothing is left running, even when nobody reads to the end.
. "$(dirname "$0")/lib.sh"

# What the user wants from clients elsewhere does not change it.
mkdir -p "$XDG_CONFIG_HOME"
printf '%s\n' '-V 5' '--nonsense' | tee "$XDG_CONFIG_HOME/mqttlab_sub" \
    >"$XDG_CONFIG_HOME/mqttlab_pub"
"$MQTTLAB" </dev/null >"$work/tour.log" 2>&1 || fail "exit status $?"

# Every packet of the story was seen, once, in both directions.
sees() { # CLIENT DIRECTION TYPE
    [ "$(grep -cE " $1 +$2 $3( |\$)" "$work/tour.log")" = 1 ] ||
        fail "not once: $1 $2 $3"
}
for client in testSub testPub; do
    sees $client '>' CONNECT
    sees $client '<' CONNACK
    sees $client '>' DISCONNECT
done
sees testSub '>' SUBSCRIBE
sees testSub '<' SUBACK
sees testPub '>' PUBLISH
sees testPub '<' PUBREC
sees testPub '>' PUBREL
sees testPub '<' PUBCOMP
sees testSub '<' PUBLISH
sees testSub '>' PUBREC
sees testSub '<' PUBREL
sees testSub '>' PUBCOMP
has_line '0000  34 0e 00 05 64 65 62 75  67 00 01 68 65 6c 6c 6f   4...debug..hello' \
    "$work/tour.log"
has_line 'The subscriber printed: hello' "$work/tour.log"

# The broker of the tour announces itself in this folder as long as it runs.
nothing_runs() {
    [ -z "$(ls "$MQTTLAB_RUNTIME_DIR")" ]
}
nothing_runs || fail "something still runs: $(ls "$MQTTLAB_RUNTIME_DIR")"
"$MQTTLAB" </dev/null | head -n 1 >"$work/head.log"
nothing_runs || fail "something still runs behind head"
grep -q 'a short tour' "$work/head.log" || fail "no first line"
if [ -e /dev/full ]; then
    code=0
    "$MQTTLAB" </dev/null >/dev/full 2>&1 || code=$?
    [ $code = 1 ] || fail "exit status $code though nothing could be written"
fi

# A command that there is not.
code=0
"$MQTTLAB" publish -t a 2>"$work/said" || code=$?
[ "$code" = 3 ] || fail "publish: exit status $code"
grep -q "no command 'publish'; did you mean pub?" "$work/said" ||
    fail "it says $(cat "$work/said")"
