#!/bin/sh
# sub prints JSON, widths and mistakes in formats as Debian's does: each runs with
# both programs, and what they print is compared.
. "$(dirname "$0")/lib.sh"
need /usr/bin/mosquitto_sub mosquitto-clients
use_names
start_broker

# The time differs, and nothing else may.
same() { # OPTIONS...
    for whose in "$work/bin" /usr/bin; do
        code=0
        "$whose/mosquitto_sub" -p "$port" "$@" >"$work/out" 2>&1 || code=$?
        sed 's/"20[0-9]*-[0-9T:.Z+-]*"/"?"/g' "$work/out" >"$work/text"
        echo "exit status $code" >>"$work/text"
        [ "$whose" != "$work/bin" ] || mv "$work/text" "$work/ours"
    done
    diff -u "$work/ours" "$work/text" >"$work/difference" ||
        fail "$*: Debian's does otherwise:
$(cat "$work/difference")"
}

number=0
while IFS= read -r payload; do
    number=$((number + 1))
    mosquitto_pub -p "$port" -V 5 -t "json/$number/\"ü\"" -r -q 1 -m "$payload" \
        -D publish content-type 'a "b"' -D publish user-property k v
    for format in %j %J '%J %j|%t'; do
        same -t "json/$number/#" -C 1 -q 1 -V 5 -F "$format"
        same -t "json/$number/#" -C 1 -F "$format" --pretty
    done
done <<'END'
{"a": 1.50, "b": [1, {"c": null}, [], [2,3]], "d": true, "e": "x\u00e9\n\"\\/"}
[ 1, -2, 3e2, 0.1, 12345678901 ]
"text"
12
 true
[18446744073709551615, 21.299999999999997, 0.30000000000000004, 3.14159265358979312]
not JSON, but text
{"half":
END
[ "$number" = 8 ] || fail "only $number payloads"

mosquitto_pub -p "$port" -V 5 -t wide -r -q 1 -m '{"a": 1.50}' \
    -D publish content-type text/plain -D publish message-expiry-interval 100
for format in '[%10l][%-10l][%010l][%-010l]' '[%8t][%-8t][%.2t][%6.2t][%08t]' \
    '[%4m][%04m][%-4m]' '[%25p][%-25p][%.3p]' '[%14C][%.4C][%-14C]' \
    '[%4A][%04A][%-4A][%5S][%05S]' '[%5q][%5r]' '[%5R][%.1R]' '[%3F][%03F]'; do
    same -t wide -C 1 -q 1 -V 5 -F "$format"
done
mosquitto_pub -p "$port" -t bare -r -m x
for format in '[%5C][%-5C]' '[%5R]' '[%5A][%5E][%5F][%5S]'; do
    same -t bare -C 1 -F "$format"
done
for mistake in '%' '%10' '%10.' '%-5' '%.z' '%--5t' '@' '\' 'a\z' '%z'; do
    same -t wide -C 1 -F "$mistake"
done
stop_broker
