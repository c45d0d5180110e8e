#!/bin/sh
# MQTT.js, what browsers and Node-RED speak, here over TCP: the features of MQTT 5.
. "$(dirname "$0")/lib.sh"
. "$test_dir/mqtt_js.sh"
need node nodejs
need npm

# A package that was cut off on its way is fetched again, into the right place.
mkdir -p "$work/bin" "$work/half/node_modules/mqtt"
cat >"$work/bin/npm" <<'END'
#!/bin/sh
mkdir -p "$3/node_modules/mqtt"
echo 'exports.connect = 1' >"$3/node_modules/mqtt/index.js"
END
chmod +x "$work/bin/npm"
(
    PATH=$work/bin:$PATH
    mqtt_js=$work/half
    have_mqtt_js || fail "what is half there is not fetched again"
)
whole_mqtt_js "$work/half" || fail "what was fetched is not kept"
[ "$(ls "$work/half")" = node_modules ] || fail "one folder lies in the other"
rm -rf "$work/mqtt-js"

have_mqtt_js || skip "the npm package mqtt cannot be fetched"
start_broker
NODE_PATH=$mqtt_js/node_modules node "$test_dir/mqtt_js.js" "$port" \
    >"$work/mqtt_js.log" 2>&1 || fail mqtt_js.js
stop_broker
