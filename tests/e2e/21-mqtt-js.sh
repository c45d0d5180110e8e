#!/bin/sh
# MQTT.js, what browsers and Node-RED speak, here over TCP: the features of MQTT 5.
. "$(dirname "$0")/lib.sh"
. "$test_dir/mqtt_js.sh"
need node nodejs
need npm
have_mqtt_js || skip "the npm package mqtt cannot be fetched"
start_broker
NODE_PATH=$mqtt_js/node_modules node "$test_dir/mqtt_js.js" "$port" \
    >"$work/mqtt_js.log" 2>&1 || fail mqtt_js.js
stop_broker
