# MQTT.js, the client of browsers and of Node-RED.  Source it behind lib.sh.
# shellcheck shell=sh
mqtt_js=$root/build/mqtt-js

# Fetch the package, once for all scripts and runs. The programs find it by
# NODE_PATH=$mqtt_js/node_modules. False when it cannot be had.
have_mqtt_js() {
    [ ! -d "$mqtt_js/node_modules/mqtt" ] || return 0
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    mkdir -p "$work/mqtt-js" "$root/build"
    npm install --prefix "$work/mqtt-js" --no-audit --no-fund --fetch-retries=0 \
        --fetch-timeout=20000 mqtt@5 >"$work/npm.log" 2>&1 || return 1
    # Another script may have been faster; a folder is never moved into one half made.
    [ -d "$mqtt_js" ] || mv "$work/mqtt-js" "$mqtt_js" 2>/dev/null || true
    [ -d "$mqtt_js/node_modules/mqtt" ]
}
