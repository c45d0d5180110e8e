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

# What a test has to clean up itself, whatever way it ends; it says so anew.
at_end() {
    :
}

cleanup() {
    status=$?
    trap - EXIT
    at_end || true
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
            tail -n ${LOG_LINES:-20} "$log"
        done >&2
        cat "$work/failure" >&2 2>/dev/null || echo "FAIL $test_name: a command ended with $status" >&2
    fi
    return_ports
    # A program that is just ending may have written into it once more.
    rm -rf "$work" 2>/dev/null || { sleep 1 && rm -rf "$work"; } || status=1
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAIL $test_name: $*" >>"$work/failure"
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
    : >"$work/$name.log" # at once: nobody must read what an earlier one wrote
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

# A port for this script alone, with the 19 behind it: no other script gets one of them
# until this one has ended, whoever runs it.  They are below those that systems give to
# clients and those that `mqttlab lab test` and `bench` take.  Who has one is the target
# of a link in a folder common to all, for only one can make it; who was killed hours
# ago needs his no more.
port_links=${TMPDIR:-/tmp}/mqttlab-e2e-ports

# Does somebody listen on one of them all the same, as a broker that is still ending?
# Where the system does not tell, nobody does.
in_use() { # FIRST-PORT
    pattern=$(i=0; while [ $i -lt 20 ]; do
        printf '|%04X' $(($1 + i))
        i=$((i + 1))
    done)
    grep -qE ":(${pattern#|}) [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

random_port() {
    if [ ! -e "$work/.ports" ]; then
        mkdir -p "$port_links" && chmod 1777 "$port_links" 2>/dev/null || true
        find "$port_links" -type l -mmin +600 -exec rm -f {} + 2>/dev/null || true
    fi
    asked=0
    until
        number=$(od -An -N2 -tu2 /dev/urandom)
        number=$((12000 + number % 400 * 20))
        ! in_use $number && ln -s $$ "$port_links/$number" 2>/dev/null
    do
        asked=$((asked + 1))
        [ $asked -lt 2000 ] || fail "all ports are taken, as $port_links says"
    done
    echo $number >>"$work/.ports"
    echo $number
}

return_ports() {
    [ -e "$work/.ports" ] || return 0
    while read -r number; do
        rm -f "$port_links/$number"
    done <"$work/.ports"
}

# Has the process ended, or its log the line?
ended_or_says() { # PID PATTERN FILE
    ! kill -0 "$1" 2>/dev/null || grep -q "$2" "$3"
}

# Start our broker, which logs every packet; more options may follow.  Sets $port
# and $broker_pid; the log is $broker_log.
start_broker() {
    start_quiet_broker -v "$@"
}

# The same, without a line for every packet.
start_quiet_broker() {
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        background broker "$MQTTLAB" broker -p "$port" "$@"
        broker_pid=$pid
        broker_log=$work/broker.log
        until_ok ended_or_says "$pid" " running\$" "$broker_log"
        if kill -0 "$pid" 2>/dev/null; then
            return
        fi
    done
    fail "the broker does not start (attempt $attempt)"
}

# Start a broker with the configuration on standard input, after its listeners
# on $port and $port2, which it need not use.  stop_broker stops it.
start_with() {
    cat >"$work/rest.conf"
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        port2=$((port + 1))
        sed "s/PORT2/$port2/; s/PORT/$port/" "$work/rest.conf" >"$work/b.conf"
        rm -f "$work/broker.txt" # of an attempt whose port was taken
        background broker "$MQTTLAB" broker -c "$work/b.conf"
        broker_pid=$pid
        broker_log=$work/broker.log
        until_ok ended_or_says "$pid" " running\$" "$work/broker.log"
        if kill -0 "$pid" 2>/dev/null; then
            return
        fi
    done
    fail "the broker does not start (attempt $attempt)"
}

gone() { # PID
    ! kill -0 "$1" 2>/dev/null
}

# Stop it as an administrator would.  A sanitizer's report, or a leak, fails the
# test here, and so do sessions and timers that keep it from ending.
stop_broker() {
    kill "$broker_pid" || fail "the broker has ended before its time"
    until_ok gone "$broker_pid"
    finishes "$broker_pid"
}

# The process must end with this exit status.
finishes() { # PID [STATUS]
    finished=0
    wait "$1" || finished=$?
    [ "$finished" = "${2:-0}" ] ||
        fail "process $1 ended with $finished, not ${2:-0}"
}

# Run a command, which must end with this exit status.
exits() { # STATUS COMMAND...
    wanted=$1
    shift
    exited=0
    "$@" || exited=$?
    [ "$exited" = "$wanted" ] || fail "'$*' ended with $exited, not $wanted"
}

# Was the program built with sanitizers?  Then it is slower and larger.
sanitized() {
    grep -q __asan_init "$MQTTLAB"
}

# The broker must log a line with this pattern once more than it has.
logged() { # PATTERN
    grep -c -- "$1" "$broker_log" || true
}
logs_again() { # TIMES PATTERN
    [ "$(logged "$2")" -gt "$1" ]
}

# Start a client that subscribes, and wait until the broker has answered it.  ID
# is its Client Identifier; its output is in $work/ID.log, its process in $pid.
subscriber() { # ID COMMAND...
    id=$1
    before=$(logged "Sending SUBACK to $id\$")
    background "$@" -p "$port" -i "$id"
    until_ok logs_again "$before" "Sending SUBACK to $id\$"
}

# File $1 must hold exactly what standard input says.
holds() {
    cat >"$work/expected"
    diff -u "$work/expected" "$1" >"$work/difference" ||
        fail "$(basename "$1") is not as expected:
$(cat "$work/difference")"
}

# $1 must be a line of file $2.
has_line() {
    grep -qxF -- "$1" "$2" || fail "no line '$1' in $(basename "$2"):
$(cat "$2")"
}

# Link the clients' names to the program, in front of PATH.
use_names() {
    mkdir -p "$work/bin"
    for name in mosquitto mosquitto_pub mosquitto_sub mosquitto_rr mosquitto_passwd; do
        ln -sf "$MQTTLAB" "$work/bin/$name"
    done
    PATH="$work/bin:$PATH"
    export PATH
}

# Run a Python script of this folder, whose output goes to $work/SCRIPT.log.  It may
# look at the memory of the broker, but not when a sanitizer keeps what was freed.
python() { # SCRIPT ARGUMENTS...
    script=$1
    shift
    measured=$broker_pid
    ! sanitized || measured=none
    PYTHONDONTWRITEBYTECODE=1 BROKER_PID=$measured /usr/bin/python3 "$test_dir/$script" "$@" \
        >"$work/$script.log" 2>&1 || fail "$script"
}

# Memory of a process that it shares with no other, in KiB; 0 where the system does
# not tell.
private_kib() { # PID
    awk '$1 == "RssAnon:" { kib = $2 } END { print kib + 0 }' \
        "/proc/$1/status" 2>/dev/null || echo 0
}
