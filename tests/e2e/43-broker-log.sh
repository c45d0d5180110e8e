#!/bin/sh
# The log as messages, and the $SYS tree: what Debian's mosquitto publishes, and how.
. "$(dirname "$0")/lib.sh"
need /usr/sbin/mosquitto
need /usr/bin/mosquitto_sub mosquitto-clients

rules="allow_anonymous true"
configure() { # NAME PORT
    cat >"$work/$1.conf" <<END
listener $2 127.0.0.1
$rules
log_dest topic
log_dest file $work/$1.txt
log_type all
sys_interval 1
END
    # Who started Debian's as root finds it under another name.
    [ "$(id -u)" != 0 ] || echo "user root" >>"$work/$1.conf"
}
runs() { # NAME
    grep -q ' running$' "$work/$1.txt"
}
start() { # NAME COMMAND...: sets $port
    who=$1
    shift
    for attempt in 1 2 3 4 5; do
        port=$(random_port)
        rm -f "$work/$who.txt"
        configure "$who" "$port"
        background "$who" "$@" -c "$work/$who.conf"
        until_ok ended_or_says "$pid" ' running$' "$work/$who.txt"
        ! kill -0 "$pid" 2>/dev/null || return 0
    done
    fail "$who does not start (attempt $attempt)"
}
start theirs /usr/sbin/mosquitto
theirs=$port
start ours "$MQTTLAB" broker
ours=$port

# What one who watches the log hears of a client that comes and subscribes.
hears() { # NAME PORT
    background "$1-watch" /usr/bin/mosquitto_sub -p "$2" -i watcher -q 2 -C 6 -W 20 \
        -t "\$SYS/broker/log/#" -F '%t %q %r %p'
    watch=$pid
    until_ok grep -q "Sending SUBACK to watcher" "$work/$1.txt"
    /usr/bin/mosquitto_sub -p "$2" -i guest -q 1 -t a/b -t c -U c -E
    finishes "$watch"
    sed -E -e 's/ [0-9]{9,}: / TIME: /' -e 's/127.0.0.1:[0-9]+/PEER/' \
        -e "s/port $2/port PORT/" "$work/$1-watch.log" >"$work/$1.heard"
}
hears theirs "$theirs"
hears ours "$ours"
diff -u "$work/theirs.heard" "$work/ours.heard" >"$work/difference" ||
    fail "the log as messages: Debian's (-) and ours (+) differ:
$(cat "$work/difference")"

# The same happens in both; then the retained topics and the form of their values:
# digits are N, and a version is a word and a number.
uses() { # NAME PORT
    background "$1-stays" /usr/bin/mosquitto_sub -p "$2" -i stays -t stays
    shift
    /usr/bin/mosquitto_pub -p "$1" -t a -m b -q 1 -r
    /usr/bin/mosquitto_sub -p "$1" -i away -c -q 1 -t "\$share/g/x" -t y -E
    /usr/bin/mosquitto_pub -p "$1" -t y -m b -q 1
}
tree() { # NAME PORT
    /usr/bin/mosquitto_sub -p "$2" -t "\$SYS/#" --retained-only -F '%t|%p' -W 1 \
        >"$work/$1.tree.raw" 2>"$work/$1.tree.log" || true
    sed -E -e '/broker\/version\|/s/\|[a-z]+ version [0-9.]+$/|VERSION/' \
        -e 's/[|][0-9]+/|N/' -e 's/[.][0-9][0-9]$/.NN/' "$work/$1.tree.raw" |
        grep -v '/broker/log/' | sort -u >"$work/$1.tree"
}
same_tree() {
    tree theirs "$theirs"
    tree ours "$ours"
    # Ours has this one besides.
    sed -i '/messages\/inflight|/d' "$work/ours.tree"
    [ "$(wc -l <"$work/theirs.tree")" -ge 50 ] &&
        diff -u "$work/theirs.tree" "$work/ours.tree" >"$work/difference"
}
uses theirs "$theirs"
uses ours "$ours"
tries=0
until same_tree; do
    tries=$((tries + 1))
    [ $tries -lt 40 ] || fail "\$SYS: Debian's (-) and ours (+) differ:
$(cat "$work/difference")"
    sleep 0.2
done

# Who is turned away is told of in the words that scripts look for; ours say why behind
# them, and know where an unknown client comes from.
/usr/bin/mosquitto_passwd -b -c "$work/users" u p
printf 'user u\ntopic read a\n' >"$work/rights"
chmod 644 "$work/users" "$work/rights"
rules="max_connections 3
allow_anonymous false
password_file $work/users
acl_file $work/rights
max_packet_size 60"
start theirs /usr/sbin/mosquitto
theirs=$port
start ours "$MQTTLAB" broker
ours=$port
turned_away() { # NAME PORT
    whose=$1
    who="-p $2 -i me -t a -m"
    # As many as there is room for, so that one that has just gone and is not forgotten
    # yet does not keep the next one out.
    guests=
    for guest in one two three; do
        background "$whose-$guest" /usr/bin/mosquitto_sub -p "$2" -i $guest -t a -u u -P p
        guests="$guests $pid"
        until_ok grep -q "Sending SUBACK to $guest" "$work/$whose.txt"
    done
    # shellcheck disable=SC2086
    ! /usr/bin/mosquitto_pub $who x -u u -P p || fail "$whose let in a fourth one"
    # shellcheck disable=SC2086
    kill $guests
    for guest in one two three; do
        until_ok grep -q "Client $guest disconnected" "$work/$whose.txt"
    done
    for version in 311 5; do
        # shellcheck disable=SC2086
        {
            /usr/bin/mosquitto_pub -V $version $who x || :
            /usr/bin/mosquitto_pub -V $version $who x -u u -P wrong || :
            /usr/bin/mosquitto_pub -V $version $who x -u u -P p -q 1
        }
    done
    # shellcheck disable=SC2086
    /usr/bin/mosquitto_pub $who "$(printf %060d 1)" -u u -P p || :
    until_ok grep -q "oversize" "$work/$whose.txt"
    sed -nE -e 's/^[0-9]+: //' -e 's/<unknown>|127.0.0.1(:[0-9]+)?/SOMEBODY/' \
        -e '/not authorised|^Denied|oversize| denied/s/(: [^:]*)?\.?$//p' \
        "$work/$whose.txt" >"$work/$whose.said"
} 2>/dev/null
turned_away theirs "$theirs"
turned_away ours "$ours"
[ "$(wc -l <"$work/theirs.said")" = 8 ] || fail "not 8 lines: $(cat "$work/theirs.said")"
diff -u "$work/theirs.said" "$work/ours.said" >"$work/difference" ||
    fail "who is turned away: Debian's (-) and ours (+) differ:
$(cat "$work/difference")"
