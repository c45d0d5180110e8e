#!/bin/sh
# paho C, the library under many other clients: the features of MQTT 5 with a
# program that is compiled here.
. "$(dirname "$0")/lib.sh"
need cc "a C compiler"
echo '#include <MQTTClient.h>' | cc -E -x c - >/dev/null 2>&1 ||
    skip "paho C is not installed (package libpaho-mqtt-dev)"
cc -std=gnu17 -Wall -o "$work/paho_c" "$test_dir/paho_c.c" -lpaho-mqtt3c \
    >"$work/cc.log" 2>&1 || fail "paho_c.c does not compile"
start_broker
"$work/paho_c" "$port" >"$work/paho_c.log" 2>&1 || fail paho_c
stop_broker
