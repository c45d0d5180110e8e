#!/bin/sh
# Our pub and sub: where a message comes from, how it is printed, and the exit
# statuses that scripts rely on.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
use_names
pub=mosquitto_pub
sub=mosquitto_sub
start_broker

# --- where it comes from
subscriber sources "$sub" -t 'from/#' -q 1 -C 9 -W $patience -F '%t %l %p'
run_pub -t from/m -m 'a message'
printf 'two\nlines' >"$work/file"
run_pub -t from/f -q 1 -f "$work/file"
printf 'all\nof it\n' | run_pub -t from/s -q 1 -s
printf 'first\n\nno end of line' | run_pub -t from/l -q 1 -l
run_pub -t from/n -n
run_pub -t from/repeat -q 1 -m again --repeat 2
finishes "$pid"
holds "$work/sources.log" <<'END'
from/m 9 a message
from/f 9 two
lines
from/s 10 all
of it

from/l 5 first
from/l 0 
from/l 14 no end of line
from/n 0 
from/repeat 5 again
from/repeat 5 again
END
seq 1 1000 >"$work/numbers"
subscriber many "$sub" -t many -q 2 -C 1000 -W 60
run_pub -t many -q 2 -l <"$work/numbers"
finishes "$pid"
cmp "$work/numbers" "$work/many.log" || fail "lines at QoS 2 came otherwise than sent"

# --- how it is printed
run_pub -t print/a -q 1 -r -m "$(printf 'caf\303\251')"
prints() { # OPTIONS...; expected output on standard input
    run_sub print -t print/a -q 1 -C 1 "$@"
    holds "$work/print.log"
}
prints <<'END'
café
END
prints -v <<'END'
print/a café
END
prints -F '%t|%p|%x|%X|%l|%q|%r|%m|100%%|\t|\\|@@' <<'END'
print/a|café|636166c3a9|636166C3A9|5|1|1|1|100%|	|\|@
END
prints -N -F '[%p]\n' <<'END'
[café]
END
run_sub json -t print/a -C 1 -F %j
sed 's/"tst":"[0-9T:.Z+-]*"/"tst":"?"/' "$work/json.log" >"$work/json"
holds "$work/json" <<'END'
{"tst":"?","topic":"print/a","qos":0,"retain":1,"payloadlen":5,"payload":"café"}
END
run_sub time -t print/a -C 1 -F '%I %U @Y-@m-@d'
grep -qE '^20[0-9-]{8}T[0-9:]{8}[+]0000 [0-9]{10}[.][0-9]{9} 20[0-9-]{8}$' \
    "$work/time.log" || fail "time: $(cat "$work/time.log")"

# --- exit statuses
# Run quietly; says what it printed when the status is not the one expected.
ends() { # STATUS COMMAND...
    wanted=$1
    shift
    code=0
    "$@" >"$work/out" 2>&1 || code=$?
    [ "$code" = "$wanted" ] || fail "exit status $code, not $wanted: $*
$(cat "$work/out")"
}
ends 0 "$MQTTLAB" pub --help
ends 0 "$MQTTLAB" sub --version
ends 1 "$pub" -p "$port" -t a
ends 1 "$pub" -p "$port" -t 'a/#' -m x
ends 1 "$pub" -p "$port" -t a -m x --nonsense
ends 1 "$sub" -p "$port"
ends 1 "$sub" -p "$port" -t 'a/#/b'
ends 1 "$pub" -p 1 -t a -m nobody-listens-there
ends 0 "$sub" -p "$port" -t a -E
ends 27 "$sub" -p "$port" -t none -W 1
ends 0 "$MQTTLAB" pub -p "$port" -t a -m x
ends 0 "$pub" -L "mqtt://127.0.0.1:$port/a" -m x

# Some services start programs without standard input, output and error.
"$pub" -p "$port" -t a -r -m bare <&- >&- 2>&- || fail "pub without standard files: $?"
"$pub" -p "$port" -t a -l <&- || fail "pub -l without standard input: $?"
"$sub" -p "$port" -t a -C 1 <&- >&- 2>&- || fail "sub without standard files: $?"
"$sub" -p "$port" -t a -C 1 <&- 2>&- >"$work/out" || fail "sub with output alone: $?"
has_line bare "$work/out"
kill "$broker_pid"
until_ok gone "$broker_pid"

# What cannot be sent is said once, not for each line that was read before.
cat >"$work/small.conf" <<END
listener $port
allow_anonymous true
max_packet_size 50
END
background broker "$MQTTLAB" broker -c "$work/small.conf"
broker_pid=$pid
until_ok grep -q running "$broker_log"
awk 'BEGIN { for (i = 0; i < 9; i++) printf "%060d\n", i }' >"$work/lines"
ends 25 "$pub" -p "$port" -V 5 -t a -l <"$work/lines"
holds "$work/out" <<'END'
Error: Message payload is too large.
END
stop_broker

# A broker that wants nobody: 3.1.1 has Return Code 5, version 5 has 0x87.
cat >"$work/closed.conf" <<END
listener $port
allow_anonymous false
END
background broker "$MQTTLAB" broker -c "$work/closed.conf"
broker_pid=$pid
until_ok grep -q running "$broker_log"
ends 5 "$sub" -p "$port" -t a
ends 135 "$sub" -p "$port" -t a -V 5
ends 5 "$pub" -p "$port" -t a -m x
stop_broker
