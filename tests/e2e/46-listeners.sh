#!/bin/sh
# Listeners: several, of both kinds of addresses, Unix sockets, a mount_point; and
# those that cannot be opened.
. "$(dirname "$0")/lib.sh"
need /usr/bin/mosquitto_pub mosquitto-clients

sends() { # PORT OPTIONS...
    at=$1
    shift
    /usr/bin/mosquitto_pub -p "$at" -q 1 "$@" >"$work/pub.log" 2>&1
}
publishes() { # PORT [OPTIONS]
    sends "$@" -t t -m m
}
over_unix() { # PATH
    "$MQTTLAB" pub --unix "$1" -t t -m m -q 1 >"$work/pub.log" 2>&1
}
has_ipv6() {
    [ -e /proc/net/if_inet6 ] && [ -s /proc/net/if_inet6 ]
}

# --- several, and a Unix socket that is gone at the end
start_with <<END
allow_anonymous true
listener PORT
listener PORT2 127.0.0.2
listener 0 $work/sock
END
publishes "$port" || fail "the first of three listeners does not answer"
publishes "$port2" -h 127.0.0.2 || fail "the second of three does not answer"
! publishes "$port2" || fail "a listener on 127.0.0.2 answers on 127.0.0.1"
over_unix "$work/sock" || fail "the Unix socket does not answer"
[ "$(stat -c %a "$work/sock" 2>/dev/null || stat -f %Lp "$work/sock")" = 660 ] ||
    fail "the Unix socket is open to others"
grep -q "Opening unix listen socket on path $work/sock" "$broker_log" ||
    fail "the Unix socket is not logged"
echo "listener 0 $work/sock" >"$work/twice.conf"
exits 1 "$MQTTLAB" broker -c "$work/twice.conf" 2>"$work/out"
grep -q "Unix socket $work/sock is taken" "$work/out" || fail "not told: $(cat "$work/out")"
stop_broker
[ ! -e "$work/sock" ] || fail "the Unix socket is still there"

# --- one that a killed broker left behind is taken over
start_with <<END
listener 0 $work/sock
allow_anonymous true
END
kill -9 "$broker_pid"
until_ok gone "$broker_pid"
[ -S "$work/sock" ] || fail "no socket is left behind"
start_with <<END
listener 0 $work/sock
allow_anonymous true
END
over_unix "$work/sock" || fail "a socket that was left behind is not taken over"
stop_broker

# --- addresses of one kind
if has_ipv6; then
    start_with <<END
allow_anonymous true
listener PORT ::1
listener PORT2 ::
socket_domain ipv6
END
    publishes "$port" -h ::1 || fail "::1 does not answer"
    ! publishes "$port" || fail "::1 answers on 127.0.0.1"
    publishes "$port2" -h ::1 || fail ":: does not answer on ::1"
    ! publishes "$port2" || fail "socket_domain ipv6 answers on 127.0.0.1"
    stop_broker
fi
printf '%s\n' "listener $port 127.0.0.1" "socket_domain ipv6" >"$work/kind.conf"
exits 1 "$MQTTLAB" broker -c "$work/kind.conf" 2>"$work/out"
grep -q "no host of this name" "$work/out" || fail "not told: $(cat "$work/out")"

# --- an interface
if [ -e /sys/class/net/lo ]; then
    printf '%s\n' "listener $port 192.0.2.1" "bind_interface lo" \
        "allow_anonymous true" >"$work/lo.conf"
    background lo "$MQTTLAB" broker -c "$work/lo.conf"
    until_ok ended_or_says "$pid" ' running$' "$work/lo.log"
    if kill -0 "$pid" 2>/dev/null; then
        publishes "$port" || fail "bind_interface lo does not answer"
        kill "$pid"
        finishes "$pid"
    else
        grep -q "Operation not permitted" "$work/lo.log" || fail "bind_interface lo"
    fi
fi
printf '%s\n' "listener $port" "bind_interface nosuch0" >"$work/if.conf"
exits 1 "$MQTTLAB" broker -c "$work/if.conf" 2>"$work/out"
grep -q "there is no interface of this name" "$work/out" || fail "not told"

# --- -p repeats a port of the file, and adds one
start_with <<END
listener PORT
allow_anonymous true
END
stop_broker
background again "$MQTTLAB" broker -c "$work/b.conf" -p "$port" -p "$port2"
until_ok ended_or_says "$pid" ' running$' "$work/again.log"
publishes "$port" || fail "-p with the port of the file: nobody answers"
publishes "$port2" || fail "-p beside a file: nobody answers"
kill "$pid"
finishes "$pid"

# --- a mount_point, with Debian's clients
start_with <<END
allow_anonymous true
listener PORT
listener PORT2
mount_point room1/
END
for where in "$port all" "$port2 room"; do
    background "${where#* }" /usr/bin/mosquitto_sub -p "${where% *}" -t '#' -q 1 \
        -i "${where#* }" -v -C 3
done
subscribed() {
    [ "$(/usr/bin/mosquitto_sub -p "$port" -t "\$SYS/broker/subscriptions/count" \
        -C 1 -W 5)" -ge 2 ]
}
until_ok subscribed
sends "$port2" -t a/b -m inside -r
sends "$port" -t room1/x -m down
sends "$port" -t outside -m unseen
sends "$port2" -t last -m inside
until_ok test -s "$work/all.log"
until_ok grep -q last "$work/room.log"
holds "$work/room.log" <<'END'
a/b inside
x down
last inside
END
holds "$work/all.log" <<'END'
room1/a/b inside
room1/x down
outside unseen
END
stop_broker
