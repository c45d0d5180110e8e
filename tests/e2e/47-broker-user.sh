#!/bin/sh
# user: root becomes somebody else as soon as the ports are open; others stay who
# they are.
. "$(dirname "$0")/lib.sh"
need ps procps

runs_as() { # NAME
    [ "$(ps -o user= -p "$broker_pid")" = "$1" ]
}
me=$(id -un)

start_with <<END
listener PORT
END
runs_as "$me" || fail "without user it is not $me"
stop_broker

printf 'user no.such.user\nlistener %s\n' "$port" >"$work/none.conf"
if [ "$me" != root ]; then
    start_with <<END
listener PORT
user root
END
    runs_as "$me" || fail "user changed who it is"
    stop_broker
    exit 0
fi
echo "pid_file $work/none.pid" >>"$work/none.conf"
exits 1 "$MQTTLAB" broker -c "$work/none.conf" 2>"$work/out"
[ ! -e "$work/none.pid" ] || fail "a broker that did not start leaves its pid_file"
grep -q "user no.such.user: there is no such user" "$work/out" ||
    fail "not told: $(cat "$work/out")"

start_with <<END
listener PORT
user nobody
allow_anonymous true
pid_file $work/pid
END
runs_as nobody || fail "user nobody: it is $(ps -o user= -p "$broker_pid")"
[ "$(cat "$work/pid")" = "$broker_pid" ] || fail "the pid_file is wrong"
"$MQTTLAB" pub -p "$port" -t a -m b -q 1 || fail "it does not answer"
stop_broker

start_with <<END
listener PORT
user mosquitto
END
who=mosquitto
id mosquitto >/dev/null 2>&1 || who=nobody
# ps shows no more than so many letters of a name.
runs_as "$who" || runs_as "$(id -u "$who")" || fail "user mosquitto: it is not $who"
stop_broker
