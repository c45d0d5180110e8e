#!/bin/sh
# Who sends more than it may in a second waits and loses nothing, or is disconnected;
# Debian's client and ours.
. "$(dirname "$0")/lib.sh"
need mosquitto_pub mosquitto-clients

awk 'BEGIN { for (i = 1; i <= 60; i++) print i }' >"$work/lines"
too_much='sends more than max_messages_per_second'

echo "max_messages_per_second 20" >"$work/delay.conf"
start_broker -c "$work/delay.conf"
for who in debian own; do
    subscriber "sub-$who" "$MQTTLAB" sub -t "$who" -q 1 -C 60
    sub=$pid
    case $who in
        debian) mosquitto_pub -p "$port" -i "$who" -t "$who" -q 1 -l <"$work/lines" ;;
        own) "$MQTTLAB" pub -p "$port" -i "$who" -t "$who" -q 1 -l <"$work/lines" ;;
    esac
    finishes "$sub"
    holds "$work/sub-$who.log" <"$work/lines"
    grep -q "Client $who $too_much" "$broker_log" || fail "nothing was logged of $who"
done
stop_broker

echo "rate_limit_action disconnect" >>"$work/delay.conf"
start_broker -c "$work/delay.conf"
# It may have sent everything, and ended, before it learns that this was too much.
"$MQTTLAB" pub -V 5 -p "$port" -i own -t own -l <"$work/lines" || true
until_ok grep -q "Client own .*$too_much" "$broker_log"
until_ok grep -q "Sending DISCONNECT to own (150)" "$broker_log"
stop_broker
