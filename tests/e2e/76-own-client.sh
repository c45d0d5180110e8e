#!/bin/sh
# The exercise in which a student brings a client of any language: solved with the
# programs that its two beginnings become, in Python and in JavaScript.
. "$(dirname "$0")/lib.sh"
. "$test_dir/mqtt_js.sh"
exercise=$root/exercises/20.1-your-own-client
if [ ! -e "$exercise/solution.py" ]; then
    # Nothing that could be installed would change it.
    echo "SKIP $test_name: this copy has no solutions"
    exit 0
fi

# The exercise with this program as its solution.
solve() { # NAME RUNNER PROGRAM
    mkdir -p "$work/$1"
    cp "$exercise/exercise.md" "$work/$1/"
    cat >"$work/$1/solution.md" <<END
\`\`\`solution speak
cat >own <<'OWN'
$(cat "$3")
OWN
$2 own fast &
for i in 1 2 3 4; do mqttlab lab wait 'lab.type == "PUBACK"' 30; done
sleep 0.3
\`\`\`

\`\`\`solution state
$2 own fast &
client=\$!
for i in 1 2; do mqttlab lab wait 'lab.type == "PUBLISH" && mqtt.topic == "{{name}}/temperature"' 30; done
kill -9 \$client
sleep 0.5
\`\`\`

$(sed -n '/^```solution mutual/,/^mqttlab lab wait broker/p' "$exercise/solution.md")
$2 own tls fast &
mqttlab lab wait 'lab.type == "PUBLISH" && mqtt.topic == "{{name}}/temperature" && tls' 30
sleep 0.3
\`\`\`

\`\`\`solution back
$2 own tls fast &
mqttlab lab wait 'lab.type == "PUBLISH" && mqtt.topic == "{{name}}/temperature" && tls' 30
sleep 0.3
kill \$(cat broker.pid)
while [ -e broker.pid ]; do sleep 0.05; done
mosquitto -c mosquitto.conf -v &
mqttlab lab wait broker
mqttlab lab wait 'lab.type == "PUBLISH" && mqtt.topic == "{{name}}/temperature" && tls' 30
sleep 0.3
\`\`\`
END
    "$MQTTLAB" lab test --right "$work/$1/exercise.md" >"$work/$1.log" 2>&1 ||
        fail "$1: $(grep '^not ok' "$work/$1.log")"
}

# What students get must not be the solution, and must run.
for kind in py js; do
    ! grep -q yours "$exercise/solution.$kind" || fail "solution.$kind is not written"
done

skipped=
if /usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null; then
    (trap - EXIT && solve python /usr/bin/python3 "$exercise/solution.py") &
    python=$!
else
    python=
    skipped="python3-paho-mqtt is not installed"
fi
if have_mqtt_js; then
    export NODE_PATH="$mqtt_js/node_modules"
    solve javascript node "$exercise/solution.js"
else
    skipped="${skipped:+$skipped; }node is not there, or its package mqtt cannot be fetched"
fi
[ -z "$python" ] || wait "$python" || exit 1
[ -z "$skipped" ] || skip "$skipped"
