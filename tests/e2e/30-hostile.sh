#!/bin/sh
# Garbage, half packets, bytes that come one by one, CONNECTs that never come and
# packets that are only announced: the broker closes what is wrong, and others are
# served within a second.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
echo "connect_timeout 2" >"$work/b.conf"
start_quiet_broker -c "$work/b.conf"
before=$(private_kib "$broker_pid")
python hostile.py "$port"
if ! sanitized; then
    grown=$(($(private_kib "$broker_pid") - before))
    [ $grown -lt 20000 ] || fail "the broker has grown by $grown KiB"
fi
stop_broker
