# What the end-to-end tests share.  Source it first: . "$(dirname "$0")/lib.sh"
#
# $MQTTLAB is the program under test.  Each test works in a folder of its own,
# which is removed at the end; so are the processes that it started with
# `background`.  Exit status 0 passed, 77 skipped, anything else failed.
# shellcheck shell=sh
set -eu

test_name=$(basename "$0" .sh)
test_dir=$(CDPATH='' cd "$(dirname "$0")" && pwd)
root=$(CDPATH='' cd "$test_dir/../.." && pwd)
: "${MQTTLAB:=$root/build/release/mqttlab}"
export MQTTLAB

work=$(mktemp -d "${TMPDIR:-/tmp}/mqttlab-e2e.XXXXXX")
export MQTTLAB_RUNTIME_DIR="$work/run"
export HOME="$work"
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"
export LC_ALL=C.UTF-8 TZ=UTC
started=

cleanup() {
    status=$?
    trap - EXIT
    for pid in $started; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in $started; do
        wait "$pid" 2>/dev/null || true
    done
    if [ "$status" != 0 ] && [ "$status" != 77 ]; then
        for log in "$work"/*.log; do
            [ -s "$log" ] || continue
            echo "--- $(basename "$log")"
            tail -n 40 "$log"
        done
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAIL $test_name: $*" >&2
    exit 1
}

skip() {
    echo "SKIP $test_name: $*"
    exit 77
}

need() { # COMMAND [PACKAGE]
    command -v "$1" >/dev/null 2>&1 ||
        skip "$1 is not installed (package ${2:-$1})"
}

# Run in the background, output to $work/NAME.log; the pid is in $pid.
background() { # NAME COMMAND...
    name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pid=$!
    started="$started $pid"
}

# Wait until a command succeeds, 10 seconds at most.
until_ok() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "waited in vain for: $*"
        sleep 0.05
    done
}

# A port that is probably free; start_broker tries another when it is not.
random_port() {
    od -An -N2 -tu2 /dev/urandom | awk '{print 20000 + $1 % 30000}'
}

# Has the process ended, or its log the line?
ended_or_says() { # PID PATTERN FILE
    ! kill -0 "$1" 2>/dev/null || grep -q "$2" "$3"
}

# Start our broker; more options may follow.  Sets $port and $broker_pid.
start_broker() {
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        background broker "$MQTTLAB" broker -p "$port" -v "$@"
        broker_pid=$pid
        until_ok ended_or_says "$pid" "listen socket on port $port" "$work/broker.log"
        if kill -0 "$pid" 2>/dev/null; then
            return
        fi
    done
    fail "the broker does not start (attempt $attempt)"
}

# $1 must be a line of file $2.
has_line() {
    grep -qxF -- "$1" "$2" || fail "no line '$1' in $(basename "$2"):
$(cat "$2")"
}

# Link the clients' names to the program, in front of PATH.
use_names() {
    mkdir -p "$work/bin"
    for name in mosquitto mosquitto_pub mosquitto_sub; do
        ln -sf "$MQTTLAB" "$work/bin/$name"
    done
    PATH="$work/bin:$PATH"
    export PATH
}
