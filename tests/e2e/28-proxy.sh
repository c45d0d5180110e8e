#!/bin/sh
# Our clients through a SOCKS5 proxy: it is told the host's name, user name and
# password, and what it refuses is said, with the exit status of Debian's.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || skip "there is no /usr/bin/python3"
use_names
start_quiet_broker

start_proxy() { # OPTIONS...; sets $proxy, its port
    background "proxy" /usr/bin/python3 "$test_dir/socks5.py" "$@"
    proxy_pid=$pid
    until_ok grep -q . "$work/proxy.log"
    proxy=$(head -n 1 "$work/proxy.log")
}
stop_proxy() {
    kill "$proxy_pid"
    wait "$proxy_pid" 2>/dev/null || true
}
through() { # URL STATUS OPTIONS...; what the client says is in $work/said
    url=$1 wanted=$2
    shift 2
    code=0
    mosquitto_pub -p "$port" -t a -m x --proxy "$url" "$@" >"$work/said" 2>&1 ||
        code=$?
    [ $code = "$wanted" ] || fail "$url $*: ended with $code: $(cat "$work/said")"
}

start_proxy
through "socks5h://127.0.0.1:$proxy" 0 -q 2
has_line "no user, to localhost port $port kind 3" "$work/proxy.log"
through "socks5h://me:secret@127.0.0.1:$proxy" 0 -h 127.0.0.1
has_line "no user, to 127.0.0.1 port $port kind 1" "$work/proxy.log"
through "socks5h://127.0.0.1:$proxy" 16 -h no.such.host.invalid
mosquitto_sub -p "$port" -t got -C 1 -W 20 --proxy "socks5h://127.0.0.1:$proxy" \
    -d >"$work/sub.log" &
sub=$!
started="$started $sub"
until_ok grep -q "received SUBACK" "$work/sub.log"
mosquitto_pub -p "$port" -t got -m "through the proxy"
finishes $sub
has_line "through the proxy" "$work/sub.log"
stop_proxy
through "socks5h://127.0.0.1:$proxy" 1
has_line "Error: Connection refused" "$work/said"

start_proxy --user 'a@b:c:%' --split --bound 3
through "socks5h://a%40b:c%3a%25@127.0.0.1:$proxy" 0
has_line "user a@b:c:%, to localhost port $port kind 3" "$work/proxy.log"
through "socks5h://a%40b:wrong@127.0.0.1:$proxy" 16
has_line "Error: Proxy error: user name or password is wrong." "$work/said"
through "socks5h://127.0.0.1:$proxy" 11
has_line "Error: Proxy error: it wants another way to log in." "$work/said"
stop_proxy

while read -r reply status text; do
    start_proxy --reply "$reply"
    through "socks5h://127.0.0.1:$proxy" "$status"
    has_line "Error: Proxy error: $text." "$work/said"
    through "socks5h://127.0.0.1:$proxy" "$status" --quiet
    [ ! -s "$work/said" ] || fail "--quiet says $(cat "$work/said")"
    stop_proxy
done <<'END'
1 16 it failed
2 11 it is not allowed by its rules
3 4 the network of the host cannot be reached
4 4 the host cannot be reached
5 4 the host refused the connection
6 16 the host did not answer in time
END
for step in 1 2 3; do
    start_proxy --user me:pw --cut $step
    through "socks5h://me:pw@127.0.0.1:$proxy" 16
    has_line "Error: Proxy error: it closed the connection before it had answered." \
        "$work/said"
    stop_proxy
done
# What is no proxy at all.
through "socks5h://127.0.0.1:$port" 16
stop_broker
