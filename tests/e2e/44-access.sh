#!/bin/sh
# Password files and access control lists mean what they mean to mosquitto: the same
# files, the same questions, the same answers.
. "$(dirname "$0")/lib.sh"
debian=/usr/sbin/mosquitto
[ -x $debian ] || skip "mosquitto is not installed (package mosquitto)"
need /usr/bin/mosquitto_passwd mosquitto

cd "$work"
# Each of the two programs has written a part of the password file.
mosquitto_passwd -b -c users anna anna
"$MQTTLAB" passwd -b users bert bert
"$MQTTLAB" passwd -b users root root
mosquitto_passwd -b users nobody nobody
"$MQTTLAB" passwd -b users an/na x
mosquitto_passwd -b users 'two words' x
"$MQTTLAB" passwd -b -H sha512 users old old
"$MQTTLAB" passwd -b -I 20000 users slow slow
chmod 600 users

cat >acl <<'END'
# who has no name
topic read public/#
topic write anon/in
topic deny public/secret

user anna
topic anna/#
topic read shared/+/value
topic deny anna/secret/#
topic write w/only
topic read r/only
topic readwrite rw sp ace
topic read   spaced
topic read tail  
topic dup/t
topic deny dup/t
topic deny dup2/t
topic dup2/t
topic literal/%c
topic read many/#
topic read end/all
user root
topic #
topic $other/#
topic readwrite $SYS/#
user bert
topic #
topic deny bert/deny/+
pattern readwrite dev/%c/#
pattern read u/%u/x
pattern deny dev/%c/deny
pattern write pre%cpost
pattern percent/%x
pattern percent/%%c
pattern both/%c/%u
pattern read end/all
user anna
topic late/anna
user two words
topic after/user
END

ask() { # WHAT
    PYTHONDONTWRITEBYTECODE=1 timeout 60 /usr/bin/python3 \
        "$test_dir/access_outcomes.py" "$port" "$1"
}

# The configuration $1 for both, then what both answer to the questions $2.
compare() { # CONFIGURATION QUESTIONS
    printf '%s\n' "$1" >options
    start_debian
    ask "$2" >debian.is 2>debian.err || fail "Debian's: $(cat debian.err)"
    kill "$debian_pid"
    { echo "listener 0"; cat options; } >ours.conf
    start_quiet_broker_at
    ask "$2" >ours.is 2>ours.err || fail "ours: $(cat ours.err ours.is)"
    stop_broker
    [ "$(wc -l <ours.is)" -gt 20 ] || fail "too few answers"
    diff -u debian.is ours.is >difference ||
        fail "$2 with '$1': Debian's (-) and ours (+) differ:
$(cat difference)"
}

start_debian() {
    for _ in 1 2 3 4 5; do
        port=$(random_port)
        { printf 'listener %s 127.0.0.1\nuser root\n' "$port"; cat options; } >debian.conf
        background debian $debian -c debian.conf
        debian_pid=$pid
        until_ok ended_or_says "$pid" ' running$' debian.log
        ! kill -0 "$pid" 2>/dev/null || return 0
    done
    fail "Debian's broker does not start: $(cat debian.log)"
}

start_quiet_broker_at() {
    port=$(random_port)
    sed -i "s/^listener .*/listener $port 127.0.0.1/" ours.conf
    background broker "$MQTTLAB" broker -c ours.conf
    broker_pid=$pid
    broker_log=$work/broker.log
    until_ok ended_or_says "$pid" ' running$' "$broker_log"
    kill -0 "$pid" 2>/dev/null || fail "the broker does not start"
}

both="password_file $work/users
acl_file $work/acl"
compare "allow_anonymous true
$both" outcomes
compare "password_file $work/users" logins
compare "allow_anonymous false
password_file $work/users" logins
compare "allow_anonymous true
password_file $work/users" logins
compare "allow_anonymous true" logins
compare "allow_anonymous false" logins
compare "allow_anonymous true
clientid_prefixes log" logins
compare "allow_anonymous true
clientid_prefixes lab-" logins
