#!/bin/sh
# persistence: what survives kill -9 and a clean stop;
# what cannot be started; what sqlite3 shows.
. "$(dirname "$0")/lib.sh"
use_names
need sqlite3

configure() { # LINES...
    printf '%s\n' "listener $port" "allow_anonymous true" "persistence true" \
        "persistence_location $work" "$@" >"$work/b.conf"
}
start() { # SYNC
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        configure "persistence_sync $1"
        background broker mosquitto -c "$work/b.conf"
        broker_pid=$pid
        until_ok ended_or_says "$pid" ' running$' "$work/broker.log"
        if ! gone "$pid"; then
            return
        fi
    done
    fail "the broker does not start (attempt $attempt)"
}
end() { # SIGNAL
    kill "-$1" "$broker_pid"
    wait "$broker_pid" 2>"$work/end.log" || true
}
shows() { # SQL EXPECTED
    is=$(sqlite3 "$work/mqttlab.db" "$1")
    [ "$is" = "$2" ] || fail "$1 says \"$is\", not \"$2\""
}
pub() {
    mosquitto_pub -h 127.0.0.1 -p "$port" "$@"
}
sub() {
    mosquitto_sub -h 127.0.0.1 -p "$port" -W 10 "$@"
}

for end in KILL TERM; do
    rm -f "$work"/mqttlab.db*
    start normal
    sub -i keeper -c -q 2 -t 'a/#' -E
    pub -t a/1 -q 1 -m one
    pub -t a/2 -q 2 -m two
    pub -t r -q 1 -r -m kept
    shows 'SELECT client_id, topic_filter FROM client_subscriptions' 'keeper|a/#'
    shows 'SELECT payload FROM queued_messages' 'one
two'
    shows 'SELECT topic, payload FROM retained_messages' 'r|kept'
    end $end
    start full
    got=$(sub -i keeper -c -q 2 -t 'a/#' -C 2 | sort | tr '\n' ' ')
    [ "$got" = "one two " ] || fail "after $end came \"$got\""
    [ "$(sub -t r -C 1)" = kept ] || fail "after $end nothing is retained"
    end $end
done
[ -z "$(find "$work" -name '*-wal')" ] || fail "a clean stop leaves its log"
[ "$(stat -c %a "$work/mqttlab.db" 2>/dev/null || echo 600)" = 600 ] ||
    fail "others may read the store"

# --- stored on request only
start off
sub -i asked -c -q 1 -t b -E
shows "SELECT count(*) FROM sessions WHERE client_id = 'asked'" 0
kill -USR1 "$broker_pid"
stored() {
    [ "$(sqlite3 "$work/mqttlab.db" \
        "SELECT count(*) FROM client_subscriptions WHERE topic_filter = 'b'")" = 1 ]
}
until_ok stored

# --- what is no start
refused() { # PATTERN
    status=0
    mosquitto -c "$work/c.conf" >"$work/refused.log" 2>&1 || status=$?
    [ $status = 1 ] || fail "exit status $status: $1"
    grep -q "$1" "$work/refused.log" || fail "does not say: $1"
}
other=$(random_port)
sed "s/^listener .*/listener $other/" "$work/b.conf" >"$work/c.conf"
refused "is in use by another broker (process $broker_pid)"
end TERM
cp "$work/mqttlab.db" "$work/good"
head -c 9000 "$work/good" >"$work/mqttlab.db"
refused 'is damaged'
printf '\000\265\000mosquitto db' >"$work/mqttlab.db"
refused "is mosquitto's store"
: >"$work/mqttlab.db"
refused 'is empty'
[ ! -s "$work/mqttlab.db" ] || fail "a store was made in place of an empty file"
cp "$work/good" "$work/mqttlab.db"
sqlite3 "$work/mqttlab.db" 'PRAGMA user_version = 9'
refused 'newer mqttlab'
