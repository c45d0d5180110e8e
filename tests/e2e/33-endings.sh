#!/bin/sh
# How our clients end when they are told to, and when their output ends: with a
# DISCONNECT, so that their Will is not published.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
use_names
sub=mosquitto_sub
start_broker

# A subscriber that hears of every Will.
subscriber watch "$sub" -t 'will/#' -W 60 -v
watch=$pid

for signal in INT TERM; do
    # A shell starts its jobs with SIGINT ignored; the client asks for it anew.
    subscriber "told-$signal" "$sub" -t a --will-topic will/$signal -W 60
    kill -$signal "$pid"
    finishes "$pid"
    until_ok logs_again 0 "Received DISCONNECT from told-$signal\$"
done
mkfifo "$work/lines"
mosquitto_pub -p "$port" -i told-pub -t a -l --will-topic will/pub <"$work/lines" &
pub=$!
started="$started $pub"
exec 9>"$work/lines"
until_ok logs_again 0 "Sending CONNACK to told-pub "
kill -TERM $pub
finishes $pub
exec 9>&-

# One that is killed says nothing.
subscriber killed "$sub" -t a --will-topic will/killed --will-payload yes -W 60
kill -9 "$pid"
finishes "$pid" 137
until_ok grep -qx "will/killed yes" "$work/watch.log"
kill "$watch"
finishes "$watch"
holds "$work/watch.log" <<END
will/killed yes
END

# The reader of the output goes away.
for i in 1 2 3 4 5; do
    mosquitto_pub -p "$port" -t read/$i -r -m "line $i"
done
{
    code=0
    mosquitto_sub -p "$port" -i headed -t 'read/#' -t later -W 60 -d || code=$?
    echo $code >"$work/code"
} | head -n 1 >"$work/head" &
reader=$!
started="$started $reader"
until_ok logs_again 0 "Sending SUBACK to headed\$"
until_ok grep -q . "$work/head"
mosquitto_pub -p "$port" -t later -m x
until_ok test -s "$work/code"
has_line 0 "$work/code"
until_ok logs_again 0 "Received DISCONNECT from headed\$"

# There is no room for it.
if [ -c /dev/full ]; then
    code=0
    mosquitto_sub -p "$port" -t read/1 -C 1 >/dev/full 2>"$work/full" || code=$?
    [ $code = 1 ] || fail "a full disk ends it with $code"
    has_line "Error: Standard output: No space left on device" "$work/full"
fi

# Retained messages as the subscriber wants them, with version 5.
kept() { # OPTIONS...; what comes until "end" is in $work/kept.log
    subscriber kept "$sub" -V 5 -t read/1 -t end -W $patience "$@"
    mosquitto_pub -p "$port" -t end -m end
    until_ok grep -qx end "$work/kept.log"
    kill "$pid"
    finishes "$pid"
}
kept --retain-handling never
holds "$work/kept.log" <<END
end
END
kept --retain-handling new -c
kept --retain-handling new -c
holds "$work/kept.log" <<END
end
END
kept --retain-handling always -c
holds "$work/kept.log" <<END
line 1
end
END
stop_broker
