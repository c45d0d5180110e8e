# MQTT.js, the client of browsers and of Node-RED.  Source it behind lib.sh.
# shellcheck shell=sh
mqtt_js=$root/build/mqtt-js

# Is all of the package in this folder? A copy that was cut off has its folder too.
whole_mqtt_js() { # FOLDER
    NODE_PATH=$1/node_modules node -e 'require("mqtt")' 2>/dev/null
}

# Fetch the package, once for all scripts and runs. The programs find it by
# NODE_PATH=$mqtt_js/node_modules. False when it cannot be had.
have_mqtt_js() {
    command -v node >/dev/null || return 1
    ! whole_mqtt_js "$mqtt_js" || return 0
    command -v npm >/dev/null || return 1
    mkdir -p "$work/mqtt-js"
    npm install --prefix "$work/mqtt-js" --no-audit --no-fund --fetch-retries=0 \
        --fetch-timeout=20000 mqtt@5 >"$work/npm.log" 2>&1 || return 1
    keep_mqtt_js
    mqtt_js=$work/mqtt-js # which nobody else replaces
    whole_mqtt_js "$mqtt_js"
}

# For the next scripts: under its name it stands only when it is whole.
keep_mqtt_js() {
    made=$mqtt_js.$$
    mkdir -p "${mqtt_js%/*}"
    if cp -R "$work/mqtt-js" "$made" && ! whole_mqtt_js "$mqtt_js"; then
        rm -rf "$mqtt_js"
        mv "$made" "$mqtt_js" || true
    fi
    rm -rf "$made"
}
