# What clients must be able to do with our broker, told with the command lines of
# mosquitto_pub and mosquitto_sub.  Source it after lib.sh, set $pub and $sub to the
# programs, start_broker, and call the tests; each uses topics of its own.
# shellcheck shell=sh

# Seconds after which a subscriber gives up waiting, so that a lost message fails
# the test and does not hang it.
patience=20

versions='31 311 5'

run_pub() { # OPTIONS...
    "$pub" -p "$port" "$@" || fail "$pub $* ended with $?"
}

# Subscribe until it ends by itself; output to $work/NAME.log.
run_sub() { # NAME OPTIONS...
    name=$1
    shift
    "$sub" -p "$port" -W $patience "$@" >"$work/$name.log" ||
        fail "$sub $* ended with $?"
}

# Every version and QoS published, received by every version and QoS: a message
# comes with the lower of both QoS [MQTT-3.8.4-8], once, in order [MQTT-4.6.0-6].
# Order holds for each topic and QoS: a client shows a message of QoS 2 when PUBREL
# comes, another may overtake it.
passes_every_qos() {
    pids=
    for version in $versions; do
        for qos in 0 1 2; do
            subscriber "qos-$version-$qos" "$sub" -V "$version" -t 'qos/#' \
                -q $qos -C 9 -W $patience -F '%t %q %r %p'
            pids="$pids $pid"
        done
    done
    for version in $versions; do
        for qos in 0 1 2; do
            run_pub -V "$version" -t "qos/$version" -q $qos -m "$version at $qos"
        done
    done
    for pid in $pids; do
        finishes "$pid"
    done
    for version in $versions; do
        for qos in 0 1 2; do
            sort -s -k 1,1 -o "$work/qos-$version-$qos.log" \
                "$work/qos-$version-$qos.log"
            holds "$work/qos-$version-$qos.log" <<END
qos/31 0 0 31 at 0
qos/31 $((qos < 1 ? qos : 1)) 0 31 at 1
qos/31 $qos 0 31 at 2
qos/311 0 0 311 at 0
qos/311 $((qos < 1 ? qos : 1)) 0 311 at 1
qos/311 $qos 0 311 at 2
qos/5 0 0 5 at 0
qos/5 $((qos < 1 ? qos : 1)) 0 5 at 1
qos/5 $qos 0 5 at 2
END
        done
    done
}

# A payload is bytes: none, a NUL, a megabyte of whatever, arrive as they are.
passes_any_payload() {
    head -c 1000000 /dev/urandom >"$work/payload"
    printf 'a\0b\377' >>"$work/payload"
    subscriber payload "$sub" -t payload -q 2 -C 1 -W $patience -N
    run_pub -t payload -q 2 -f "$work/payload"
    finishes "$pid"
    mv "$work/payload.log" "$work/received"
    cmp "$work/payload" "$work/received" || fail "the payload was changed"
    subscriber nothing "$sub" -t payload -C 1 -W $patience -F '%t has %l bytes'
    run_pub -t payload -n
    finishes "$pid"
    holds "$work/nothing.log" <<END
payload has 0 bytes
END
}

# A retained message waits for those who subscribe later, is sent with RETAIN set
# to them and not set to those who were there [MQTT-3.3.1-8]; the last one
# counts; one of no bytes takes it away [MQTT-3.3.1-6].
keeps_retained() {
    subscriber retained-there "$sub" -t 'retained/#' -q 1 -C 4 -W $patience \
        -F '%t %q %r %p'
    there=$pid
    run_pub -t retained/a -q 1 -r -m old
    run_pub -t retained/a -q 1 -r -m new
    run_pub -t retained/b -q 0 -r -m other
    for version in $versions; do
        run_sub retained-late -V "$version" -t retained/a -t retained/b -q 1 \
            -C 2 -F '%t %q %r %p'
        sort -o "$work/retained-late.log" "$work/retained-late.log"
        holds "$work/retained-late.log" <<END
retained/a 1 1 new
retained/b 0 1 other
END
    done
    run_pub -t retained/a -q 1 -r -n
    finishes "$there"
    holds "$work/retained-there.log" <<END
retained/a 1 0 old
retained/a 1 0 new
retained/b 0 0 other
retained/a 1 0 
END
    run_sub retained-left -t 'retained/#' -C 1 -F '%t %r %p'
    holds "$work/retained-left.log" <<END
retained/b 1 other
END
}

# sub's options about retained messages.
chooses_retained() {
    run_pub -t choose/a -q 1 -r -m a
    run_pub -t choose/b -q 1 -r -m b
    subscriber choose-live "$sub" -t 'choose/#' -R -C 1 -W $patience -v
    live=$pid
    subscriber choose-kept "$sub" -t 'choose/#' --retained-only -W $patience -v
    kept=$pid
    run_pub -t choose/c -q 1 -m c
    finishes "$live"
    finishes "$kept"
    holds "$work/choose-live.log" <<END
choose/c c
END
    sort -o "$work/choose-kept.log" "$work/choose-kept.log"
    holds "$work/choose-kept.log" <<END
choose/a a
choose/b b
END
    before=$(logged "Received PUBLISH from choose-remove")
    subscriber choose-remove "$sub" -t 'choose/#' --remove-retained -W $patience
    until_ok logs_again $((before + 1)) "Received PUBLISH from choose-remove"
    kill "$pid"
    subscriber choose-none "$sub" -t 'choose/#' -C 1 -W $patience -v
    run_pub -t choose/d -m d
    finishes "$pid"
    holds "$work/choose-none.log" <<END
choose/d d
END
}

# A client that is killed has its will published, with the QoS and RETAIN it asked
# for; one that says DISCONNECT has not [MQTT-3.1.2-8] [MQTT-3.1.2-10].
fires_wills() {
    subscriber will-watch "$sub" -t 'will/#' -q 2 -C 4 -W $patience \
        -F '%t %q %r %p'
    watch=$pid
    for version in $versions; do
        subscriber "will-$version" "$sub" -V "$version" -t none -W $patience \
            --will-topic "will/$version" --will-payload "killed" --will-qos 2 \
            --will-retain
        before=$(logged "Sending PUBLISH to will-watch")
        kill -9 "$pid"
        until_ok logs_again "$before" "Sending PUBLISH to will-watch"
        run_sub will-kept -t "will/$version" -C 1 -F '%r %p'
        holds "$work/will-kept.log" <<END
1 killed
END
    done
    subscriber will-not "$sub" -t none -W $patience --will-topic will/not \
        --will-payload "said goodbye"
    kill -TERM "$pid"
    finishes "$pid"
    run_pub -t will/end -m end
    finishes "$watch"
    holds "$work/will-watch.log" <<END
will/31 2 0 killed
will/311 2 0 killed
will/5 2 0 killed
will/end 0 0 end
END
}

# A session outlives its connection when the client asks for it: the subscription
# holds, QoS 1 and 2 are kept in order [MQTT-4.6.0-6], QoS 0 is not; Clean Session
# ends it.
keeps_sessions() {
    for version in $versions; do
        id=session-$version
        run_sub subscribed -V "$version" -c -i "$id" -t "$id/#" -q 2 -E
        run_pub -t "$id/a" -q 1 -m one
        run_pub -t "$id/a" -q 0 -m "nobody keeps this"
        run_pub -t "$id/a" -q 1 -m two
        run_pub -t "$id/b" -q 2 -m three
        subscriber "$id" "$sub" -V "$version" -c -t "$id/#" -q 2 -C 4 \
            -W $patience -F '%t %q %p'
        run_pub -t "$id/c" -q 0 -m four
        finishes "$pid"
        sort -s -k 1,1 -o "$work/$id.log" "$work/$id.log"
        holds "$work/$id.log" <<END
$id/a 1 one
$id/a 1 two
$id/b 2 three
$id/c 0 four
END
        run_pub -t "$id/a" -q 1 -m "for nobody"
        subscriber "$id" "$sub" -V "$version" -t "$id/x" -C 1 -W $patience -v
        run_pub -t "$id/x" -m fresh
        finishes "$pid"
        holds "$work/$id.log" <<END
$id/x fresh
END
    done
}

# With version 5 the client says for how many seconds [MQTT-3.1.2-23].
expires_sessions() {
    run_sub subscribed -V 5 -c -x 1 -i expiring -t expiring -q 1 -E
    run_sub subscribed -V 5 -c -x 100 -i staying -t expiring -q 1 -E
    until_ok grep -q "Expiring client expiring due to timeout" "$broker_log"
    run_pub -t expiring -q 1 -m kept
    subscriber expiring "$sub" -V 5 -c -t expiring -q 1 -C 1 -W $patience
    expired=$pid
    subscriber staying "$sub" -V 5 -c -t expiring -q 1 -C 2 -W $patience
    run_pub -t expiring -q 1 -m live
    finishes "$expired"
    finishes "$pid"
    holds "$work/expiring.log" <<END
live
END
    holds "$work/staying.log" <<END
kept
live
END
}

# Properties of a version 5 PUBLISH reach the subscriber unchanged, in order
# [MQTT-3.3.2-17] [MQTT-3.3.2-18]; the Subscription Identifier is its own.
passes_properties() {
    subscriber properties "$sub" -V 5 -t properties -q 1 -C 1 -W $patience \
        -D subscribe subscription-identifier 268435455 \
        -F 'type %C answer %R data %D format %F user %P identifier %S'
    new=$pid
    subscriber properties-311 "$sub" -t properties -q 1 -C 1 -W $patience
    run_pub -V 5 -t properties -q 1 -m body \
        -D publish content-type text/plain \
        -D publish response-topic answers/here \
        -D publish correlation-data c-1 \
        -D publish payload-format-indicator 1 \
        -D publish user-property b first \
        -D publish user-property a second
    finishes "$new"
    finishes "$pid"
    holds "$work/properties.log" <<END
type text/plain answer answers/here data c-1 format 1 user b:first a:second identifier 268435455
END
    holds "$work/properties-311.log" <<END
body
END
}

# A message that matches two subscriptions of one client comes with the higher
# QoS [MQTT-3.3.4-2]; one that matches none does not come.
joins_overlapping() {
    subscriber overlap "$sub" -t 'overlap/#' -t 'overlap/+/x' -t 'other/+' -q 2 \
        -U 'other/+' -W $patience -F '%t %q %p'
    run_pub -t overlap/a -q 2 -m one
    run_pub -t overlap/a/x -q 2 -m two
    run_pub -t other/a -q 2 -m "not subscribed any more"
    run_pub -t overlap/end -q 2 -m end
    until_ok grep -q end "$work/overlap.log"
    uniq "$work/overlap.log" >"$work/overlap-once.log"
    holds "$work/overlap-once.log" <<END
overlap/a 2 one
overlap/a/x 2 two
overlap/end 2 end
END
    kill "$pid"
}

# \$SYS is there for who asks, and not for who asks for everything
# [MQTT-4.7.2-1].
shows_sys() {
    run_sub version -t '$SYS/broker/version' -C 1
    has_line "mqttlab version $("$MQTTLAB" --version | awk '{print $2}')" \
        "$work/version.log"
    run_sub connected -t '$SYS/broker/clients/connected' -C 1
    has_line 1 "$work/connected.log"
    subscriber everything "$sub" -t '#' -W $patience -F %t
    run_pub -t everything -m end
    until_ok grep -qx everything "$work/everything.log"
    kill "$pid"
    ! grep '^\$SYS' "$work/everything.log" || fail "# brings \$SYS"
}

# The members of a group share its messages [MQTT-4.8.2-1], none gets another's; a
# group gets no retained messages.
shares_messages() {
    run_pub -t share -q 1 -r -m "kept, not for a group"
    for member in one two; do
        subscriber "share-$member" "$sub" -V 5 -t '$share/g/share' -q 1 -C 3 \
            -W $patience
        eval "$member=\$pid"
    done
    for number in 1 2 3 4 5 6; do
        run_pub -t share -q 1 -m "$number"
    done
    # shellcheck disable=SC2154
    finishes "$one"
    # shellcheck disable=SC2154
    finishes "$two"
    sort "$work/share-one.log" "$work/share-two.log" >"$work/share.log"
    holds "$work/share.log" <<END
1
2
3
4
5
6
END
    run_pub -t share -r -n
}

# A will that is delayed is not published when its client is back in time
# [MQTT-3.1.3-9], and then is when it is not.
delays_wills() {
    subscriber delay-watch "$sub" -t delayed -C 1 -W 60 -v
    watch=$pid
    for life in 1 2; do
        subscriber delayed "$sub" -V 5 -c -x 100 -t none -W 60 \
            --will-topic delayed --will-payload "dead in life $life" \
            -D will will-delay-interval 5
        kill -9 "$pid"
    done
    finishes "$watch"
    holds "$work/delay-watch.log" <<END
delayed dead in life 2
END
}

# A client that takes one message at a time gets all of them [MQTT-3.3.4-9].
respects_the_window() {
    run_sub subscribed -V 5 -c -x 100 -i window -t window -q 2 -E
    for number in 1 2 3 4 5 6; do
        run_pub -t window -q $((1 + number % 2)) -m "$number"
    done
    run_sub window -V 5 -c -x 0 -i window -t window -q 2 -C 6 \
        -D connect receive-maximum 1
    sort -o "$work/window.log" "$work/window.log"
    holds "$work/window.log" <<END
1
2
3
4
5
6
END
}
