# Our clients beside Debian's, told by a table: each line of client_lines_NAME.txt
# runs with both, and they print the same, complain with the same words and end with
# the same status. Source it after lib.sh, with $table set to NAME.
#
# A line is pub, sub or rr with options, or anything else a shell understands; $port
# is the broker's. Behind "~ reason" the words differ and the status does not; behind
# "~~ reason" the status does. Lines follow one another on the same broker.
# shellcheck shell=sh
need /usr/bin/mosquitto_pub mosquitto-clients
need /usr/bin/mosquitto_sub mosquitto-clients
need /usr/bin/mosquitto_rr mosquitto-clients
need /usr/bin/python3 python3
version=$(/usr/bin/mosquitto_pub --version | awk '{print $3}')
[ "$version" = 2.0.11 ] || skip "the table is about 2.0.11, not $version"
use_names
lines=$test_dir/client_lines_$table.txt

# Each side has a broker, so that both can run at once and find the same there.
start_quiet_broker
ours_port=$port
ours_broker=$broker_pid
start_quiet_broker
debians_port=$port

# What a line may call. The patience is for a program that does not end.
pub() { timeout 20 "$bin/mosquitto_pub" -p "$port" "$@"; }
sub() { timeout 20 "$bin/mosquitto_sub" -p "$port" "$@"; }
rr() { timeout 20 "$bin/mosquitto_rr" -p "$port" "$@"; }
defaults() { # PROGRAM LINE...: the file of defaults
    mkdir -p "$XDG_CONFIG_HOME"
    file=$XDG_CONFIG_HOME/mosquitto_$1
    shift
    printf '%s\n' "$@" >"$file"
}

# A server that answers each packet with the next bytes; its port is $fake.
server() { # HEX...
    rm -f fake
    /usr/bin/python3 "$test_dir/fake_server.py" "$@" >fake &
    until [ -s fake ]; do sleep 0.01; done
    fake=$(cat fake)
}

# Blank lines, what no two runs have in common and what ours guess about a server
# that ends without an answer do not count.
normal() { # FILE
    sed -e '/^$/d' -e 's/mosq-[A-Za-z0-9]*/NAME/g' -e "s/$port/PORT/g" \
        -e 's/auto-[0-9A-F]*/NAME/g' -e 's/pre[0-9][0-9]*/NAME/g' \
        -e 's/ before the broker answered; .*/./' \
        -e 's/"tst":\t*"[^"]*"/TST/' -e 's/99[89][0-9][0-9]/EXPIRY/' "$1"
}

run_lines() { # SIDE BIN PORT
    side=$work/$1 bin=$2 port=$3
    export HOME="$side/home" XDG_CONFIG_HOME="$side/config"
    mkdir -p "$side" "$HOME"
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        case $line in
        '' | '#'* | '~'*) continue ;;
        esac
        rm -rf "$XDG_CONFIG_HOME" "$side/work"
        mkdir "$side/work"
        code=0
        (cd "$side/work" && eval "$line") >"$side/out" 2>"$side/err" \
            </dev/null || code=$?
        {
            normal "$side/out"
            echo "--- errors"
            normal "$side/err"
        } >"$side/$number"
        echo "$code" >"$side/$number.status"
    done <"$lines"
}

run_lines ours "$work/bin" "$ours_port" &
ours=$!
run_lines debians /usr/bin "$debians_port" &
debians=$!
started="$started $ours $debians"
wait $ours || fail "running ours failed"
wait $debians || fail "running Debian's failed"

number=0
compared=0
mark=
: >"$work/failures"
complain() {
    {
        echo "line $number: $line"
        echo "  $1"
        echo "  ours ended with $(cat "$work/ours/$number.status")," \
            "Debian's with $(cat "$work/debians/$number.status")"
        diff -u "$work/ours/$number" "$work/debians/$number" | sed 1,2d
    } >>"$work/failures"
}
while IFS= read -r line; do
    number=$((number + 1))
    case $line in
    '' | '#'*) continue ;;
    '~'*)
        mark=${line%% *}
        continue
        ;;
    esac
    same_words=yes
    cmp -s "$work/ours/$number" "$work/debians/$number" || same_words=no
    same_status=yes
    cmp -s "$work/ours/$number.status" "$work/debians/$number.status" ||
        same_status=no
    case $mark$same_words$same_status in
    yesyes | '~noyes' | '~~nono' | '~~yesno') ;;
    '~~'*) complain "is marked to end with another status, and does not" ;;
    '~yesyes') complain "is marked to differ, and does not" ;;
    *) complain "Debian's does otherwise" ;;
    esac
    compared=$((compared + 1))
    mark=
done <"$lines"
[ ! -s "$work/failures" ] || fail "$(cat "$work/failures")"
[ "$compared" -ge 30 ] || fail "only $compared lines were compared"
stop_broker
broker_pid=$ours_broker
stop_broker
