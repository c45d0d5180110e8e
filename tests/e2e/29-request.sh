#!/bin/sh
# Request and response with our client: the response goes where the request says,
# Correlation Data comes back, and who is not allowed to ask is told so.
. "$(dirname "$0")/lib.sh"
. "$test_dir/clients.sh"
use_names
cat >"$work/acl" <<END
topic readwrite ask/#
topic readwrite answer/#
topic read closed
END
cat >"$work/request.conf" <<END
acl_file $work/acl
allow_anonymous true
END
start_broker -c "$work/request.conf"

asks() { # STATUS OPTIONS...; what it prints is in $work/response
    wanted=$1
    shift
    code=0
    mosquitto_rr -p "$port" -W 20 "$@" >"$work/response" 2>"$work/errors" ||
        code=$?
    [ $code = "$wanted" ] || fail "$*: ended with $code: $(cat "$work/errors")"
}

# Somebody who answers: two words for each request.
responder() {
    while read -r topic data text; do
        mosquitto_pub -p "$port" -V 5 -t "$topic" -m "heard $text" \
            -D publish correlation-data "$data"
    done
}
mkfifo "$work/requests"
responder <"$work/requests" &
started="$started $!"
id=responder
mosquitto_sub -p "$port" -i $id -V 5 -t 'ask/#' -F '%R %D %p' >"$work/requests" &
started="$started $!"
until_ok logs_again 0 "Sending SUBACK to $id\$"

asks 0 -t ask/time -e answer/1 -m 'what time' -D publish correlation-data c1
holds "$work/response" <<END
heard what time
END
asks 0 -t ask/time -e answer/2 -m again -q 2 -D publish correlation-data c2 \
    -F '%t %p (%D)'
holds "$work/response" <<END
answer/2 heard again (c2)
END
printf "from a file" >"$work/file"
asks 0 -t ask -e answer/3 -f "$work/file" -D publish correlation-data c3 -v
holds "$work/response" <<END
answer/3 heard from a file
END
asks 0 -t ask -e answer/4 -s -D publish correlation-data c4 <"$work/file"
holds "$work/response" <<END
heard from a file
END
asks 0 -t ask -e answer/5 -m json -D publish correlation-data c5 -F '%j'
grep -q '"correlation-data":"c5"},"payload":"heard json"}$' "$work/response" ||
    fail "JSON: $(cat "$work/response")"

# Before version 5 both know where the answer goes; here it is the request.
for version in 31 311; do
    asks 0 -V $version -t ask/self -e ask/self -m myself
    holds "$work/response" <<END
myself
END
done

# What is there already is not the answer, with -R. The second request has its own
# topic: the answer to the first one may still be on its way.
mosquitto_pub -p "$port" -t answer/old -r -m old
mosquitto_pub -p "$port" -t answer/older -r -m older
asks 0 -t ask -e answer/old -m new
holds "$work/response" <<END
old
END
asks 0 -t ask -e answer/older -m new -R -D publish correlation-data c6
holds "$work/response" <<END
heard new
END

# A Will is not published by a client that has got its answer.
subscriber watch mosquitto_sub -t answer/gone -t answer/end -C 1 -W $patience
asks 0 -t ask -e answer/7 -m x -D publish correlation-data c7 \
    --will-topic answer/gone --will-payload gone
run_pub() { mosquitto_pub -p "$port" "$@"; }
run_pub -t answer/end -m end
finishes "$pid"
holds "$work/watch.log" <<END
end
END

asks 27 -t closed/and/quiet -e answer/8 -m x -W 1
has_line "Timed out" "$work/errors"
asks 135 -t closed -e answer/9 -m x -q 1
has_line "Warning: Publish 2 failed: Not authorized." "$work/errors"
asks 1 -t ask -e answer/+ -m x
asks 1 -t ask -m x
asks 1 -t ask -e answer/x -m x -D publish response-topic other
has_line "Error in PUBLISH properties: Duplicate response topic." "$work/errors"
stop_broker
