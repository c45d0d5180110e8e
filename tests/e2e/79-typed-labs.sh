#!/bin/sh
# What labs show behind "$" is typed, copied from the screen, into `mqttlab shell`, and
# every check passes. Three labs; all of them when nothing may be skipped. With TYPE_ALL
# their demonstrations and benchmarks too, with TYPE_PANE within the dashboard.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
need bash
need curl
need openssl
[ -z "${TYPE_PANE:-}" ] || need tmux

labs="02-passwords 04-tls 10-authorization"
TYPE_PACE=1
if sanitized; then
    labs=10-authorization
    TYPE_PACE=4
elif [ -n "${MQTTLAB_SKIP_NOTHING:-}" ]; then
    labs=
    for lab in "$root"/labs/[0-9]*.solution.md; do
        labs="$labs $(basename "$lab" .solution.md)"
    done
fi
export MQTTLAB_HOME="$root" PYTHONDONTWRITEBYTECODE=1 TYPE_PACE root test_dir work

# Each in a home of its own; once more when it fails, for on a busy machine somebody
# who types the next line without having seen the answer may be too fast.
type_lab() { # LAB PORT HOME
    mkdir -p "$3/run"
    chmod 700 "$3/run"
    env HOME="$3" XDG_DATA_HOME="$3/data" MQTTLAB_RUNTIME_DIR="$3/run" \
        MQTTLAB_PORT="$2" MQTTLAB_TLS_PORT="$(($2 + 1))" MQTTLAB_WS_PORT="$(($2 + 2))" \
        MQTTLAB_WSS_PORT="$(($2 + 3))" \
        /usr/bin/python3 "$test_dir/type_labs.py" "$MQTTLAB" "$root/labs/$1.md" \
        ${TYPE_ALL:+--all} ${TYPE_PANE:+--pane}
}

running=
for lab in $labs; do
    port=$(random_port)
    {
        type_lab "$lab" "$port" "$work/$lab-1" ||
            type_lab "$lab" "$((port + 4))" "$work/$lab-2"
    } >"$work/$lab.log" 2>&1 &
    running="$running $!"
    started="$started $!"
done
for pid in $running; do
    wait "$pid" || fail "a command does not work as it stands in its lab"
done
