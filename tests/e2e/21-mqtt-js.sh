#!/bin/sh
# MQTT.js, what browsers and Node-RED speak, here over TCP: the features of MQTT 5.
# The package is fetched once and kept under build/.
. "$(dirname "$0")/lib.sh"
need node nodejs
need npm
modules=$root/build/mqtt-js
if [ ! -d "$modules/node_modules/mqtt" ]; then
    mkdir -p "$modules"
    npm install --prefix "$modules" --no-audit --no-fund --fetch-retries=0 \
        --fetch-timeout=20000 mqtt@5 >"$work/npm.log" 2>&1 || {
        rm -rf "$modules"
        skip "the npm package mqtt cannot be fetched"
    }
fi
start_broker
NODE_PATH=$modules/node_modules node "$test_dir/mqtt_js.js" "$port" \
    >"$work/mqtt_js.log" 2>&1 || fail mqtt_js.js
stop_broker
